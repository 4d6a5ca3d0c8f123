import { describe, expect, it } from 'vitest';
import { NO_FAILURES, hasEnded, look, windowMs } from './escalating.ts';

const MINUTE = 60_000;
const BASE = { baseMs: MINUTE, failureThreshold: 15 };

/** Minutes from the last line to the end, with probes at this many ms after it and every minute. */
function endsAfter(phaseMs: number, failureThreshold: number): number {
  const escalation = { ...BASE, failureThreshold };
  let memory = { ...NO_FAILURES, dueAt: phaseMs };
  for (let now = phaseMs; ; now += MINUTE) {
    memory = look(memory, now, now, escalation);
    if (hasEnded(memory, escalation)) return now / MINUTE;
  }
}

it('grows by the failures in a row', () => {
  const windows = Array.from({ length: 15 }, (_, failures) => windowMs(failures, MINUTE) / 1000);
  expect(windows).toEqual([60, 60, 180, 360, 600, 900, 1260, 1680, 2160, 2700, 3300, 3960, 4680, 5460, 6300]);
});

describe.each([
  [3, 3, 4],
  [5, 14, 15],
  [8, 32, 33],
  [10, 53, 54],
  [12, 66, 67],
  [15, 111, 112],
  [20, 206, 207],
])('with %i failures', (failureThreshold, from, to) => {
  it(`ends ${from} to ${to} minutes after the last line, whenever the probes are made`, () => {
    for (let phaseMs = 1; phaseMs < MINUTE; phaseMs += 997) {
      const minutes = endsAfter(phaseMs, failureThreshold);
      expect(minutes).toBeGreaterThanOrEqual(from);
      expect(minutes).toBeLessThanOrEqual(to);
    }
  });
});

it('changes nothing between two probes, and begins anew with a line', () => {
  let memory = look(NO_FAILURES, 90_000, 1_000_000, BASE);
  expect(memory).toEqual({ failures: 1, dueAt: 1_060_000 });
  expect(look(memory, 100_000, 1_010_000, BASE)).toBe(memory);
  memory = look(memory, 150_000, 1_060_000, BASE);
  expect(memory.failures).toBe(2);
  expect(look(memory, 1000, 1_120_000, BASE).failures).toBe(0);
});

it('counts one probe where many were missed', () => {
  const memory = look({ failures: 1, dueAt: 1_000_000 }, 10 * MINUTE, 1_000_000 + 5.5 * MINUTE, BASE);
  expect(memory).toEqual({ failures: 2, dueAt: 1_000_000 + 6 * MINUTE });
});
