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
