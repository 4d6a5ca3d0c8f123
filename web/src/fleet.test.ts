import { describe, expect, it } from 'vitest';
import {
  countFleet,
  countShown,
  differs,
  type FleetItem,
  fleetItems,
  type FleetView,
  foldId,
  groupFleet,
  isFine,
  type NodeBrief,
  nodesOf,
  troubleOf,
} from './fleet.ts';

const COUNTS = { ok: 20, problem: 0, unknown: 0, absent: 2 };
const node = (name: string, changes: Partial<NodeBrief> = {}): NodeBrief => ({
  node: name,
  status: 'ok',
  role: 'worker',
  ageSeconds: 1,
  counts: COUNTS,
  ...changes,
});
const GONE = { member: 'unreachable', freshness: 'stale', status: 'unknown' } as const;
const ALL: FleetView = { name: '', state: 'all', turned: new Set() };
const words = (items: readonly FleetItem[]): string[] =>
  items.map((item) =>
    item.kind === 'node'
      ? item.node.node
      : item.kind === 'group'
        ? `[${item.group.id} ${item.count}]`
        : `(${item.count} fine)`,
  );
const many = (count: number, changes: (index: number) => Partial<NodeBrief> = () => ({})): NodeBrief[] =>
  Array.from({ length: count }, (_, index) => node(`w${index}`, changes(index)));

describe('order', () => {
  it('puts the control plane first, then the gravest trouble; numbers count as numbers', () => {
    const nodes = [
      node('w10'),
      node('w9'),
      node('w8', { status: 'problem', severity: 'warning' }),
      node('w7', GONE),
      node('w6', { status: 'unknown' }),
      node('w5', { status: 'problem', severity: 'critical' }),
      node('k2', { role: 'control-plane' }),
    ];
    expect(words(fleetItems(groupFleet(nodes), ALL))).toEqual(['k2', 'w5', 'w7', 'w8', 'w6', 'w9', 'w10']);
  });

  it('groups by role and zone, with a row for each group where the nodes are many', () => {
    const nodes = [
      ...many(15, (index) => ({ zone: index % 2 === 0 ? 'eu-1b' : 'eu-1a' })),
      node('m1', { role: 'control-plane', zone: 'eu-1a' }),
      { node: 'new', status: 'unknown' as const, ageSeconds: null },
    ];
    const rows = words(fleetItems(groupFleet(nodes), ALL));
    expect(rows.filter((row) => row.startsWith('['))).toEqual([
      '[control-plane 1]',
      '[worker/eu-1a 7]',
      '[worker/eu-1b 8]',
      '[unknown 1]',
    ]);
    expect(words(fleetItems(groupFleet(nodes.slice(1)), ALL)).some((row) => row.startsWith('['))).toBe(false);
  });

  it('folds what is fine in a large cluster, and nothing else', () => {
    const nodes = many(5000, (index) => (index === 77 ? GONE : index === 4000 ? { status: 'unknown' } : {}));
    const groups = groupFleet(nodes);
    expect(words(fleetItems(groups, ALL))).toEqual(['w77', 'w4000', '(4998 fine)']);
    const open = fleetItems(groups, { ...ALL, turned: new Set([foldId('worker')]) });
    expect(open).toHaveLength(5001);
    expect(countShown(open)).toBe(5000);
    expect(countShown(fleetItems(groups, ALL))).toBe(5000);
  });

  it('closes a group when it is told to', () => {
    const nodes = many(20, (index) => ({ zone: `z${index % 2}` }));
    const items = fleetItems(groupFleet(nodes), { ...ALL, turned: new Set(['worker/z0']) });
    expect(words(items).slice(0, 3)).toEqual(['[worker/z0 10]', '[worker/z1 10]', 'w1']);
  });
});

describe('filter', () => {
  it('finds parts of names in any case, also among those that are fine', () => {
    const nodes = [node('ip-10-0-0-1.eu'), node('ip-10-0-0-2.EU'), node('gpu-1'), ...many(200)];
    expect(words(fleetItems(groupFleet(nodes), { ...ALL, name: ' Eu ' }))).toEqual([
      'ip-10-0-0-1.eu',
      'ip-10-0-0-2.EU',
    ]);
  });

  it('hides only what is fine: not what is unknown, late, in doubt or has never been heard', () => {
    const odd = [
      node('problem', { status: 'problem' }),
      node('unknown', { status: 'unknown' }),
      node('lagging', { freshness: 'lagging' }),
      node('suspect', { member: 'suspect' }),
      node('silent', { ageSeconds: null }),
      node('gone', { freshness: 'stale' }),
    ];
    const fine = [node('own'), node('peer', { freshness: 'current', member: 'alive' })];
    const shown = fleetItems(groupFleet([...odd, ...fine]), { ...ALL, state: 'troubled' });
    expect(words(shown).toSorted()).toEqual(odd.map((one) => one.node).toSorted());
    expect(fine.every(isFine)).toBe(true);
  });

  it.each([
    ['problem', ['critical', 'warning']],
    ['gone', ['gone']],
    ['unknown', ['unknown']],
    ['fine', ['fine']],
  ] as const)('shows only %s', (state, expected) => {
    const nodes = [
      node('critical', { status: 'problem', severity: 'critical' }),
      node('warning', { status: 'problem', severity: 'warning' }),
      node('gone', { ...GONE, severity: 'critical' }),
      node('unknown', { status: 'unknown' }),
      node('fine'),
    ];
    expect(nodes.map(troubleOf)).toEqual(nodes.map((one) => one.node));
    expect(words(fleetItems(groupFleet(nodes), { ...ALL, state }))).toEqual(expected);
  });
});

it('counts a node that is not connected as that, whatever it last said', () => {
  const nodes = [
    node('a'),
    node('b', { status: 'problem' }),
    node('c', { status: 'problem', freshness: 'stale' }),
    node('d', { status: 'ok', member: 'agent-down' }),
    node('e', { status: 'unknown' }),
  ];
  expect(countFleet(nodes)).toEqual({ all: 5, problem: 1, unknown: 1, gone: 2, troubled: 4, fine: 1 });
});

it('takes nodes that are only named for fine ones', () => {
  const short = { node: 'w1', status: 'problem', sentence: '', ageSeconds: 1, counts: COUNTS } as const;
  const nodes = nodesOf({ nodes: [short], fine: [{ role: 'worker', zone: 'eu-1a', nodes: ['w2', 'w3'] }] });
  expect(nodes.map((one) => [one.node, troubleOf(one), one.zone])).toEqual([
    ['w1', 'warning', undefined],
    ['w2', 'fine', 'eu-1a'],
    ['w3', 'fine', 'eu-1a'],
  ]);
});

it('tells a change from a mere age', () => {
  expect(differs(node('a'), node('a', { ageSeconds: 9, sentence: 'else' }))).toBe(false);
  expect(differs(node('a'), node('a', { member: 'suspect' }))).toBe(true);
  expect(differs(node('a'), node('a', { counts: { ...COUNTS, ok: 19, problem: 1 } }))).toBe(true);
  const named: NodeBrief = { node: 'a', status: 'ok' };
  expect(differs(named, node('a', { member: 'alive', freshness: 'current' }))).toBe(false);
  expect(differs(named, node('a', { status: 'problem' }))).toBe(true);
});
