import { expect, it } from 'vitest';
import { createPauses } from './pauses.ts';

/** A clock whose ticks come only when the test makes them. */
function setUp() {
  let now = 0;
  let tick = (): void => {};
  const pauses = createPauses({
    monotonic: () => now,
    every: (_periodMs, action) => {
      tick = action;
      return () => {};
    },
  });
  return {
    pauses,
    /** Lets time pass; a process that stands still has no ticks. */
    pass: (ms: number) => {
      now += ms;
    },
    tick: () => tick(),
  };
}

it('sees no pause in ticks that are a little late', () => {
  const { pauses, pass, tick } = setUp();
  for (const ms of [1000, 1900, 1001, 2000]) {
    pass(ms);
    tick();
    expect(pauses.catchingUp()).toBe(false);
  }
});

it('catches up for 10 s after a pause', () => {
  const { pauses, pass, tick } = setUp();
  expect(pauses.resumedAt()).toBeUndefined();
  pass(15_000);
  tick();
  expect(pauses.catchingUp()).toBe(true);
  expect(pauses.resumedAt()).toBe(15_000);
  for (let second = 0; second < 10; second += 1) {
    pass(1000);
    tick();
  }
  expect(pauses.catchingUp()).toBe(true);
  pass(1000);
  tick();
  expect(pauses.catchingUp()).toBe(false);
});

it('knows it before the tick that is due', () => {
  const { pauses, pass } = setUp();
  pass(15_000);
  expect(pauses.catchingUp()).toBe(true);
});
