import { expect, it } from 'vitest';
import { createConflicts } from './conflicts.ts';

function setUp() {
  const state = { now: 0 };
  return { state, conflicts: createConflicts(() => state.now) };
}

it('is new once, until somebody else answers', () => {
  const { state, conflicts } = setUp();
  expect(conflicts.note('x:1', 'p', 'q')).toBe(true);
  state.now = 1000;
  expect(conflicts.note('x:1', 'p', 'q')).toBe(false);
  expect(conflicts.note('x:1', 'p', 'r')).toBe(true);
  state.now = 3000;
  expect(conflicts.list()).toEqual([{ address: 'x:1', expectedPeerId: 'p', actualPeerId: 'r', ageMs: 2000 }]);
});

it('ends when the expected peer answers there, is forgotten, or nobody looked for long', () => {
  const { state, conflicts } = setUp();
  for (const address of ['x:1', 'x:2', 'x:3']) conflicts.note(address, 'p', 'q');
  conflicts.note('x:4', 'o', 'q');
  conflicts.clear('p', 'x:2');
  expect(conflicts.list().map(({ address }) => address)).toEqual(['x:1', 'x:3', 'x:4']);
  conflicts.clear('p');
  expect(conflicts.list().map(({ address }) => address)).toEqual(['x:4']);
  state.now = 15 * 60_000 + 1;
  expect(conflicts.list()).toEqual([]);
});

it('stays bounded', () => {
  const { conflicts } = setUp();
  for (let i = 0; i < 1000; i += 1) conflicts.note(`x:${i}`, 'p', 'q');
  expect(conflicts.list()).toHaveLength(256);
  expect(conflicts.list().at(-1)?.address).toBe('x:999');
});
