import { expect, it } from 'vitest';
import { createMisses, missesToConclude } from './misses.ts';

it.each([
  [0, 6],
  [0.05, 6],
  [0.1, 6],
  [0.2, 9],
  [0.36, 14],
  [0.5, 16],
  [1, 16],
])('an edge that misses %d of its probes needs %i misses in a row', (share, misses) => {
  expect(missesToConclude(share)).toBe(misses);
});

it('needs more misses after the edge lost many, and fewer again when it is clean', () => {
  const misses = createMisses();
  const isLongAfter = (count: number): boolean => {
    misses.forget();
    for (let miss = 0; miss < count; miss += 1) misses.missed(0);
    const isLong = misses.isLong(10_000);
    misses.forget();
    return isLong;
  };
  expect(isLongAfter(6)).toBe(true);
  for (let round = 0; round < 50; round += 1) {
    misses.missed(0);
    misses.answered();
    misses.answered();
  }
  expect(isLongAfter(6)).toBe(false);
  expect(isLongAfter(16)).toBe(true);
  for (let round = 0; round < 60; round += 1) misses.answered();
  expect(isLongAfter(6)).toBe(true);
});

it('does not take an outage for a lossy edge', () => {
  const misses = createMisses();
  for (let miss = 0; miss < 500; miss += 1) misses.missed(miss);
  misses.answered();
  for (let miss = 0; miss < 6; miss += 1) misses.missed(1000);

  expect(misses.isLong(3000)).toBe(true);
});
