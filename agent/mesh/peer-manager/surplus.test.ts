import { expect, it } from 'vitest';
import { surplusOf } from './surplus.ts';

const NOW = 100_000;
const connected = (count: number, at = 0): Map<string, number> =>
  new Map(Array.from({ length: count }, (_, index) => [`p${index}`, at]));
const ids = (count: number): Set<string> => new Set(connected(count).keys());

it.each([
  ['as many as neighbours and four', connected(7), ids(3), undefined],
  ['one more', connected(8), ids(3), 'p3'],
  ['neighbours only', connected(8), ids(8), undefined],
  ['new ones', connected(20, NOW - 29_999), ids(3), undefined],
  ['sixteen without neighbours', connected(16), ids(0), undefined],
  ['seventeen without neighbours', connected(17), ids(0), 'p0'],
])('of %s', (_name, connectedAt, neighbours, expected) => {
  expect(surplusOf(connectedAt, neighbours, NOW, () => 0)).toBe(expected);
});

it('chooses by chance', () => {
  expect(surplusOf(connected(8), ids(3), NOW, () => 0.99)).toBe('p7');
});
