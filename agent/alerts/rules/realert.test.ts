import { describe, expect, it } from 'vitest';
import { type Pause, type Pauses, isForgettable, isPaused, nextPause, pauseAfter } from './realert.ts';

const MINUTE = 60_000;

/** The minutes at which people hear of it, if it matches every `every` ms. */
function toldAt(pauses: Pauses, most: number, every = 1000): number[] {
  const told: number[] = [];
  let pause: Pause | undefined;
  for (let now = 0; told.length < most; now += every) {
    if (isPaused(pause, now)) continue;
    pause = nextPause(pause, pauses, now);
    told.push(now / MINUTE);
  }
  return told;
}

describe('exponential realert', () => {
  it('vector 5m-1h: what fires all the time is told at 0, 5, 15, 35, 75, 135, 195 min', () => {
    const pauses = { realertMs: 5 * MINUTE, exponentialRealertMs: 60 * MINUTE };
    expect(toldAt(pauses, 7)).toEqual([0, 5, 15, 35, 75, 135, 195]);
  });

  it('vector 10m-1h: what fires all the time is told at 0, 10, 30, 70, 130 min', () => {
    const pauses = { realertMs: 10 * MINUTE, exponentialRealertMs: 60 * MINUTE };
    expect(toldAt(pauses, 5)).toEqual([0, 10, 30, 70, 130]);
  });

  it('vector doc-example: told at 1:00 and 1:15 it is silent until 1:35', () => {
    const pauses = { realertMs: 10 * MINUTE, exponentialRealertMs: 60 * MINUTE };
    const first = nextPause(undefined, pauses, 60 * MINUTE);
    expect(nextPause(first, pauses, 75 * MINUTE)).toEqual({ untilMs: 95 * MINUTE, exponent: 1 });
  });

  it('vector plain: without a longest pause all are the same', () => {
    expect(toldAt({ realertMs: 5 * MINUTE }, 4)).toEqual([0, 5, 10, 15]);
    expect(toldAt({ realertMs: 0 }, 3, MINUTE)).toEqual([0, 1, 2]);
  });

  it('shrinks by one for each pause that it was quiet', () => {
    const pauses = { realertMs: 10 * MINUTE, exponentialRealertMs: 600 * MINUTE };
    const before = { untilMs: 0, exponent: 3 };
    expect(nextPause(before, pauses, 79 * MINUTE).exponent).toBe(4);
    expect(nextPause(before, pauses, 80 * MINUTE).exponent).toBe(3);
    expect(nextPause(before, pauses, 81 * MINUTE).exponent).toBe(2);
    expect(nextPause(before, pauses, 121 * MINUTE).exponent).toBe(1);
    expect(nextPause(before, pauses, 500 * MINUTE).exponent).toBe(0);
  });

  it('is known from how often and how long people were told, as if each time was as soon as it could be', () => {
    const pauses = { realertMs: 5 * MINUTE, exponentialRealertMs: 60 * MINUTE };
    let pause: Pause | undefined;
    for (const [index, minute] of [0, 5, 15, 35, 75, 135, 195].entries()) {
      const lastMs = minute * MINUTE;
      pause = nextPause(pause, pauses, lastMs);
      expect(pauseAfter({ rounds: index + 1, firstMs: 0, lastMs }, pauses)).toEqual(pause);
    }
    // Most of them are of times that are over.
    expect(pauseAfter({ rounds: 99_999, firstMs: MINUTE, lastMs: MINUTE }, pauses).untilMs).toBe(6 * MINUTE);
    expect(pauseAfter({ rounds: 9, firstMs: 0, lastMs: MINUTE }, { realertMs: 0 }).untilMs).toBe(MINUTE);
  });

  it('is forgotten when it would be as if there had never been one, and not before', () => {
    const pauses = { realertMs: 10 * MINUTE, exponentialRealertMs: 600 * MINUTE };
    const before = { untilMs: 0, exponent: 2 };
    expect([-1, 0, 40, 61, 70, 71].map((minute) => isForgettable(before, pauses, minute * MINUTE))).toEqual([
      false,
      false,
      false,
      true,
      true,
      true,
    ]);
    for (let minute = 61; minute < 500; minute += 1)
      expect(nextPause(before, pauses, minute * MINUTE)).toEqual(nextPause(undefined, pauses, minute * MINUTE));
  });
});
