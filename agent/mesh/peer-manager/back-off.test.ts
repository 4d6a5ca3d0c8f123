import { expect, it } from 'vitest';
import { LONGEST_MS, pauseMs } from './back-off.ts';

it.each([
  [0, 0, 0],
  [1, 0, 500],
  [1, 0.999, 1000],
  [4, 0.999, 8000],
  [7, 0, 30_000],
  [7, 0.999, 60_000],
  [1_000_000, 0.999, 60_000],
])('after %i failures with %f pauses about %i ms', (failures, random, expected) => {
  expect(pauseMs(failures, random)).toBeCloseTo(expected, -2);
  expect(pauseMs(failures, random)).toBeLessThanOrEqual(LONGEST_MS);
});
