import { expect, it } from 'vitest';
import { createFlappingWatch } from './flapping.ts';

it('is one fact from the third fall in two minutes until a minute without', () => {
  const watch = createFlappingWatch();
  watch.fell(1000);
  watch.fell(10_000);
  expect(watch.state(10_000)).toBeUndefined();
  watch.fell(19_000);
  expect(watch.state(19_000)).toEqual({ falls: 3, sinceMs: 1000 });
  expect(watch.endsAtMs(19_000)).toBe(79_000);
  expect(watch.state(78_999)).toBeDefined();
  expect(watch.state(79_000)).toBeUndefined();
  expect(watch.endsAtMs(79_000)).toBe(Infinity);
});

it('forgets falls of long ago', () => {
  const watch = createFlappingWatch();
  for (const atMs of [0, 100_000, 200_000, 300_000]) watch.fell(atMs);

  expect(watch.state(300_000)).toBeUndefined();
});
