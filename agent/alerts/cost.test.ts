/** What a look costs in a cluster of five thousand. */
import { expect, it } from 'vitest';
import { made, placeOfAnybody, placeOfWitness, sendersFor } from './ranks.ts';

const NAMES = Array.from({ length: 5000 }, (_, index) => `node-${index}`);
const DESTINATIONS = ['aaaabbbbccccdddd', 'bbbbccccddddeeee', 'ccccddddeeeeffff'];

it('finds who tells a receiver once for the same agents, and hashes only who is new', () => {
  const look = (present: readonly string[]): number => {
    const before = made.digests;
    for (const destination of DESTINATIONS) {
      sendersFor(destination, present, new Set([present[0] ?? '']));
      placeOfWitness('node-7', destination, present, NAMES);
      placeOfAnybody('node-7', destination, present);
    }
    return made.digests - before;
  };
  expect(look(NAMES)).toBe(15_000);
  // Each look has a list of its own.
  for (let second = 0; second < 60; second += 1) expect(look([...NAMES])).toBe(0);
  expect(look(NAMES.slice(1))).toBe(0);
  expect(look([...NAMES, 'another'])).toBe(3);
});

it('has the same order as if all were sorted', () => {
  const present = NAMES.slice(0, 300);
  const [first, ...rest] = sendersFor('aaaabbbbccccdddd', present, new Set());
  expect(rest).toHaveLength(8);
  expect(sendersFor('aaaabbbbccccdddd', present.toReversed(), new Set())).toEqual([first, ...rest]);
  expect(
    sendersFor(
      'aaaabbbbccccdddd',
      present.filter((name) => name !== first),
      new Set(),
    ).slice(0, 8),
  ).toEqual(rest);
});
