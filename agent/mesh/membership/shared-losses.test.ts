import { expect, it } from 'vitest';
import { createSharedLosses } from './shared-losses.ts';

it('are those of three members within 15 s, also of members that follow', () => {
  const losses = createSharedLosses(120_000);
  losses.lost('a', 1000);
  losses.lost('b', 2000);
  expect(losses.isShared('a', 1000)).toBe(false);
  losses.lost('c', 16_000);
  expect([losses.isShared('a', 1000), losses.isShared('b', 2000), losses.isShared('c', 16_000)]).toEqual([
    true,
    true,
    true,
  ]);
});

it('are not those of one or two members, however often', () => {
  const losses = createSharedLosses(120_000);
  for (const atMs of [1000, 3000, 5000, 7000]) for (const name of ['a', 'b']) losses.lost(name, atMs);
  expect(losses.isShared('a', 5000)).toBe(false);
});

it('are forgotten when nobody asks any more', () => {
  const losses = createSharedLosses(120_000);
  for (const name of ['a', 'b', 'c']) losses.lost(name, 1000);
  losses.lost('a', 130_000);
  expect(losses.isShared('a', 1000)).toBe(true);
  losses.lost('a', 137_000);
  expect(losses.isShared('a', 1000)).toBe(false);
});
