import { expect, it } from 'vitest';
import type { Clock } from './clock.ts';
import { createTimedClock } from './lateness.ts';

/** A clock whose timers run when the test says so. */
function aClock() {
  let now = 0;
  const actions: (() => void)[] = [];
  const keep = (_: number, action: () => void): (() => void) => {
    actions.push(action);
    return () => {};
  };
  const clock: Clock = { now: () => now, monotonic: () => now, after: keep, every: keep, sleep: async () => {} };
  return {
    clock,
    runAt: (at: number, index: number): void => {
      now = at;
      actions[index]?.();
    },
  };
}

it('says how late timers were, for two minutes', () => {
  const { clock, runAt } = aClock();
  const timed = createTimedClock(clock);
  let ran = 0;
  timed.clock.every(100, () => (ran += 1));
  timed.clock.after(250, () => (ran += 1));
  expect(timed.lateness.read(0)).toEqual({ median: 0, p99: 0, max: 0 });
  runAt(100, 0);
  runAt(200, 0);
  runAt(750, 1);

  expect(ran).toBe(3);
  expect(timed.lateness.read(60_000).max).toBeCloseTo(0.5, 1);
  expect(timed.lateness.read(119_000).max).toBeCloseTo(0.5, 1);
  timed.lateness.read(120_000);
  expect(timed.lateness.read(121_000).max).toBe(0);
});

it('counts from when an interval ran last', () => {
  const { clock, runAt } = aClock();
  const timed = createTimedClock(clock);
  timed.clock.every(1000, () => {});
  runAt(1400, 0);
  runAt(2400, 0);

  const { median, max } = timed.lateness.read(3000);
  expect(max).toBeCloseTo(0.4, 1);
  expect(median).toBe(0);
});
