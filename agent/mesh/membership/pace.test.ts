import { expect, it } from 'vitest';
import { createPace, withinBudget } from './pace.ts';

it('probes once a second, four times in doubt, once a second for a minute, then ever less often', () => {
  const pace = createPace();
  expect(pace.intervalMs(0)).toBe(1000);

  pace.missed(1000);
  expect(pace.intervalMs(1000)).toBe(250);
  expect(pace.isSlow(6999)).toBe(false);
  expect(pace.intervalMs(7000)).toBe(1000);
  expect(pace.isSlow(7000)).toBe(true);
  expect(pace.intervalMs(60_999)).toBe(1000);
  const later = [61_000, 63_000, 67_000, 75_000, 90_000].map((nowMs) => {
    pace.missed(nowMs);
    return pace.intervalMs(nowMs);
  });
  expect(later).toEqual([2000, 4000, 8000, 15_000, 15_000]);

  pace.hasten(100_000);
  expect(pace.intervalMs(100_000)).toBe(1000);
  expect(pace.intervalMs(153_999)).toBe(1000);
  pace.answered();
  expect(pace.intervalMs(200_000)).toBe(1000);
  expect(pace.isSlow(200_000)).toBe(false);
});

it('does not slow down an edge in doubt when it is hastened', () => {
  const pace = createPace();
  pace.missed(0);
  pace.hasten(1000);

  expect(pace.intervalMs(1000)).toBe(250);
});

it.each([
  [1000, 8, 1000],
  [1000, 32, 1000],
  [1000, 64, 2000],
  [15_000, 64, 15_000],
  [1000, 5000, 156_250],
])('%i ms each for %i lost edges become %i ms', (intervalMs, edges, result) => {
  expect(withinBudget(intervalMs, edges)).toBe(result);
});
