import { describe, expect, it } from 'vitest';
import type { Member } from '../model/member.ts';
import { readNode } from './objects/node.ts';
import { countLinux, rosterEntries } from './roster-entries.ts';
import { type NodeOptions, aMember, aNode } from './testing.ts';

const nodesOf = (nodes: Record<string, NodeOptions>) =>
  new Map(
    Object.entries(nodes).flatMap(([name, options]) => {
      const node = readNode(aNode(name, options));
      return node === undefined ? [] : [[name, node] as const];
    }),
  );
const entriesOf = (
  nodes: Record<string, NodeOptions>,
  members: readonly Member[] = [],
  contested: readonly string[] = [],
) =>
  rosterEntries({
    nodes: nodesOf(nodes),
    members,
    contested: new Set(contested),
    anew: new Map(),
    cordonedSince: () => 1000,
    leaseOf: () => undefined,
    nowMs: 61_000,
  });

describe('entries', () => {
  it('are not made of plain nodes with a living agent', () => {
    expect(entriesOf({ w1: {}, w2: {} }, [aMember('w1'), aMember('w2')])).toEqual([]);
  });

  it('tell what matters most first', () => {
    const entries = entriesOf(
      {
        a: {},
        b: { ready: 'False' },
        c: { spec: { unschedulable: true } },
        d: { labels: { 'node-role.kubernetes.io/control-plane': '' } },
        f: {},
      },
      ['b', 'c', 'd'].map((name) => aMember(name)).concat(aMember('f', { state: 'unreachable' })),
    );

    expect(entries.map(({ name }) => name)).toEqual(['f', 'd', 'c', 'b', 'a']);
    expect(entries.find(({ name }) => name === 'c')?.cordonedForMs).toBe(60_000);
    expect(entries.find(({ name }) => name === 'b')).toMatchObject({
      ready: 'false',
      notReadyBecause: 'KubeletNotReady',
    });
    expect(entries.find(({ name }) => name === 'a')?.hasNoAgent).toBe(true);
  });

  it('tell of a ready node that is short of something, and what a kubelet says of itself', () => {
    const members = [aMember('w1'), aMember('w2')];
    const nodes = {
      w1: { troubles: ['DiskPressure'] },
      w2: { ready: 'False', message: 'PLEG is not healthy' },
    } as const;

    expect(entriesOf(nodes, members)).toMatchObject([
      { name: 'w1', ready: 'true', troubles: ['DiskPressure'] },
      { name: 'w2', ready: 'false', notReadyMessage: 'PLEG is not healthy' },
    ]);
  });

  it('tell of a name that is contested whose Node it is', () => {
    const entries = entriesOf({ w1: {}, w2: {} }, [aMember('w1'), aMember('w2')], ['w2', 'w3']);

    expect(entries).toMatchObject([{ name: 'w2', uid: 'uid-of-w2' }]);
  });

  it('leave out what runs no Linux', () => {
    const nodes = { w1: { labels: { 'kubernetes.io/os': 'windows' } }, w2: {} };

    expect(entriesOf(nodes).map(({ name }) => name)).toEqual(['w2']);
    expect(countLinux(nodesOf(nodes))).toBe(1);
  });
});
