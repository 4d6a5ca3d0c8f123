import { expect, it } from 'vitest';
import { createAttention } from './attention.ts';

it('was away when a step comes more than 200 ms late, for one second', () => {
  const attention = createAttention();
  expect(attention.arrive(0)).toBe(false);
  attention.expect(1000);
  expect(attention.arrive(1200)).toBe(false);
  expect(attention.isAway(1200)).toBe(false);
  expect(attention.arrive(9000)).toBe(true);
  expect(attention.isAway(9999)).toBe(true);
  expect(attention.isAway(10_000)).toBe(false);
});

it('believes others of the process that it was away', () => {
  const attention = createAttention();
  attention.wasAway(500);

  expect(attention.isAway(1000)).toBe(true);
});

it('is away for long when it is late again and again for five seconds, and not after one long pause', () => {
  const attention = createAttention();
  attention.expect(1000);
  attention.arrive(60_000);
  expect(attention.isAwayForLong(60_500)).toBe(false);
  for (let nowMs = 60_800; nowMs < 65_000; nowMs += 800) attention.wasAway(nowMs);
  expect(attention.isAwayForLong(64_999)).toBe(false);
  expect(attention.isAwayForLong(65_100)).toBe(true);
  expect(attention.isAwayForLong(66_000)).toBe(false);
  attention.wasAway(70_000);
  expect(attention.isAwayForLong(70_500)).toBe(false);
});
