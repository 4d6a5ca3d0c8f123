import { describe, expect, it } from 'vitest';
import type { ApiLink } from '../../agent/http/contract/links.ts';
import { orderBySides, patternsOf } from './sides.ts';

const SINCE = '2026-11-20T02:00:00Z';
const link = (from: string, to: string, changes: Partial<ApiLink> = {}): ApiLink => ({
  from,
  to,
  state: 'good',
  since: SINCE,
  ...changes,
});
/** Everybody looks at everybody. */
function mesh(
  names: readonly string[],
  change: (from: string, to: string) => Partial<ApiLink> = () => ({}),
): ApiLink[] {
  return names.flatMap((from) => names.filter((to) => to !== from).map((to) => link(from, to, change(from, to))));
}
const order = (names: readonly string[], links: readonly ApiLink[], self = names[0] ?? '') =>
  orderBySides(names, links, self, () => 0);

const NAMES = ['a1', 'b1', 'a2', 'b2', 'a3'];
const isCut = (from: string, to: string): boolean => from[0] !== to[0];

describe('sides', () => {
  it('are one while everybody sees everybody', () => {
    expect(order(NAMES, mesh(NAMES)).sides).toEqual([['a1', 'a2', 'a3', 'b1', 'b2']]);
  });

  it('are two blocks in a partition, the own side first', () => {
    const links = mesh(NAMES, (from, to) => (isCut(from, to) ? { state: 'lost' } : {}));
    expect(order(NAMES, links).nodes).toEqual(['a1', 'a2', 'a3', 'b1', 'b2']);
    expect(order(NAMES, links, 'b2').sides).toEqual([
      ['b1', 'b2'],
      ['a1', 'a2', 'a3'],
    ]);
  });

  it('are told by what the own side says now, not by what the other said before', () => {
    const links = mesh(NAMES, (from, to) =>
      from.startsWith('b') ? { stale: true } : isCut(from, to) ? { state: 'lost' } : {},
    );
    expect(order(NAMES, links).sides).toEqual([
      ['a1', 'a2', 'a3'],
      ['b1', 'b2'],
    ]);
  });

  it('are joined by no link that is not known', () => {
    const { state: _state, ...unknown } = link('a', 'b');
    expect(order(['a', 'b'], [unknown]).sides).toHaveLength(2);
  });

  it('keep the order that was given within a side', () => {
    const names = ['w10', 'w9', 'm1'];
    const ranked = orderBySides(names, mesh(names), 'w9', (node) => (node === 'm1' ? 0 : 1));
    expect(ranked.nodes).toEqual(['m1', 'w9', 'w10']);
  });
});

describe('patterns', () => {
  const patterns = (names: readonly string[], links: readonly ApiLink[]) => patternsOf(order(names, links), links);

  it('are none while all is good, or only one link loses probes', () => {
    expect(patterns(NAMES, mesh(NAMES))).toEqual([]);
    const lossy = mesh(NAMES, (from, to) => (from === 'a1' && to === 'a2' ? { lossTo: 0.5 } : {}));
    expect(patterns(NAMES, lossy)).toEqual([]);
  });

  it('tell a partition once, and none of its nodes again', () => {
    const links = mesh(NAMES, (from, to) => (isCut(from, to) ? { state: 'lost' } : {}));
    expect(patterns(NAMES, links)).toEqual([
      {
        kind: 'sides',
        sides: [
          ['a1', 'a2', 'a3'],
          ['b1', 'b2'],
        ],
      },
    ]);
  });

  it('tell a bad column: a node that nobody sees', () => {
    const links = mesh(NAMES, (from, to) => (from === 'b2' ? { stale: true } : to === 'b2' ? { state: 'lost' } : {}));
    expect(patterns(NAMES, links)).toEqual([{ kind: 'unseen', node: 'b2', by: 4, of: 4 }]);
  });

  it('tell a bad row: a node that sees nobody and is seen', () => {
    const links = mesh(NAMES, (from) => (from === 'b2' ? { state: 'lost' } : {}));
    expect(patterns(NAMES, links)).toEqual([{ kind: 'blind', node: 'b2', sees: 4, of: 4 }]);
  });

  it('tell which way a link is broken, and where both are', () => {
    const oneWay = mesh(NAMES, (from, to) => (from === 'a1' && to === 'a2' ? { state: 'lost' } : {}));
    expect(patterns(NAMES, oneWay)).toEqual([{ kind: 'one-way', from: 'a1', to: 'a2' }]);
    const both = mesh(NAMES, (from, to) => ([from, to].toSorted().join() === 'a1,a2' ? { state: 'lost' } : {}));
    expect(patterns(NAMES, both)).toEqual([{ kind: 'pair', nodes: ['a1', 'a2'] }]);
  });

  it('do not accuse a node on the word of one', () => {
    const links = [link('a', 'b', { state: 'lost' }), link('b', 'a', { stale: true })];
    expect(patterns(['a', 'b'], links)).toEqual([]);
  });
});
