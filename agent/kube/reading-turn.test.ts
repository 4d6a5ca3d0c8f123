import { expect, it } from 'vitest';
import type { Member } from '../model/member.ts';
import type { HeardRoster } from '../model/roster.ts';
import { createReadingTurn } from './reading-turn.ts';
import { aMember, heard } from './testing.ts';

const THREE = ['a', 'b', 'c'].map((name) => aMember(name));
const readership = (members: readonly Member[], rosters: readonly HeardRoster[] = [], more = {}) => ({
  members,
  rosters,
  size: members.length,
  isOnly: false,
  ...more,
});

it('waits until the others are known, from when it has met the first', () => {
  const turn = createReadingTurn('a', () => 0);
  expect(turn.review(readership([]), 100_000)).toBe('stop');
  expect(turn.review(readership(THREE), 100_000)).toBe('stop');
  expect(turn.review(readership(THREE), 114_999)).toBe('stop');
  expect(turn.review(readership(THREE), 115_000)).toBe('read');
});

it.each([
  [{ isOnly: true }, 15_000],
  [{ isOnly: false }, 60_000],
])('waits longer while it is alone and does not know that it is the only one: %j', (more, ms) => {
  const turn = createReadingTurn('a', () => 0);
  const alone = readership([aMember('a')], [], more);
  turn.review(alone, 0);
  expect(turn.review(alone, ms - 1)).toBe('stop');
  expect(turn.review(alone, ms)).toBe('read');
});

it('goes on for a minute when others read, and stops then', () => {
  const turn = createReadingTurn('a', () => 0);
  turn.review(readership(THREE), 0);
  expect(turn.review(readership(THREE), 20_000)).toBe('read');
  const four = ['a', 'b', 'c', 'd'].map((name) => aMember(name));
  const others = readership(
    four,
    ['b', 'c', 'd'].map((name) => heard(name)),
  );
  expect(turn.review(others, 30_000)).toBe('wait');
  expect(turn.review(others, 79_999)).toBe('wait');
  expect(turn.review(others, 80_000)).toBe('stop');
});

it('begins later in a small piece of a mesh, by chance within the time that all pieces have', () => {
  const five = ['a', 'b', 'c', 'd', 'e'].map((name) => aMember(name, { inComponent: name <= 'b' }));
  const turn = createReadingTurn('a', () => 0.5);
  turn.review(readership(five), 0);
  expect(turn.review(readership(five), 15_000)).toBe('wait');
  expect(turn.review(readership(five), 22_499)).toBe('wait');
  expect(turn.review(readership(five), 22_500)).toBe('read');
});
