import { expect, it } from 'vitest';
import { sharedIntervalMs } from './schedule.ts';

it('is the usual interval where nobody shares what is looked at', () => {
  expect(sharedIntervalMs(10_000, undefined, 5000)).toBe(10_000);
});

it.each([
  [1, 10_000],
  [128, 10_000],
  [200, 12_800],
  [256, 12_800],
  [257, 25_600],
  [5000, 409_600],
])('lets %i agents together look 20 times a second at most', (members, intervalMs) => {
  expect(sharedIntervalMs(10_000, 20, members)).toBe(intervalMs);
});
