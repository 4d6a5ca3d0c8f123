import { expect, it } from 'vitest';
import { findTargets } from './search.ts';

const PLACES = {
  nodes: ['w1', 'w10', 'm-w1'],
  checks: new Map([['etcd', 'etcd']]),
  checksOf: 'w1',
  findings: [],
};
const texts = (text: string): string[] => findTargets(text, PLACES).map((target) => target.text);

it('finds by a part of the name, those that begin with it first', () => {
  expect(texts('W1')).toEqual(['w1', 'w10', 'm-w1', 'etcd · w1']);
  expect(texts(' etc')).toEqual(['etcd · w1']);
  expect(texts('nothing')).toEqual([]);
});

it('leads to what it names', () => {
  expect(findTargets('etcd', PLACES)).toEqual([{ kind: 'check', text: 'etcd · w1', address: '#/node/w1/check/etcd' }]);
  expect(findTargets('w10', PLACES)[0]?.address).toBe('#/node/w10');
});

it('lists a dozen at most', () => {
  const nodes = Array.from({ length: 5000 }, (_, index) => `w${index}`);
  expect(findTargets('', { ...PLACES, nodes }).length).toBe(12);
});
