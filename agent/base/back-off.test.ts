import { expect, it } from 'vitest';
import { backOffMs } from './back-off.ts';

const BOUNDS = { firstMs: 1000, longestMs: 60_000 };

it.each([
  [0, 0, 0],
  [1, 0, 500],
  [1, 0.999, 1000],
  [4, 0.999, 8000],
  [7, 0, 30_000],
  [7, 0.999, 60_000],
  [1_000_000, 0.999, 60_000],
])('after %i failures with %f pauses about %i ms', (failures, random, expected) => {
  expect(backOffMs(failures, random, BOUNDS)).toBeCloseTo(expected, -2);
  expect(backOffMs(failures, random, BOUNDS)).toBeLessThanOrEqual(BOUNDS.longestMs);
});
