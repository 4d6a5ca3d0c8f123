import { describe, expect, it } from 'vitest';
import type { ClusterState, NodeState } from '../model/cluster-state.ts';
import type { Edge } from '../model/member.ts';
import { statedEdges } from '../model/stated-edges.ts';
import { diagnose } from './diagnose.ts';
import { CATALOGUE, NOW, NOW_MS, SINCE, type Scene, createScene } from './testing.ts';

const five = (): Scene => createScene(['m1', 'm2', 'm3', 'w1', 'w2']);
const say = (state: ClusterState) => diagnose(state, NOW, CATALOGUE);
const reasons = (state: ClusterState): string[] => say(state).findings.map(({ reason }) => reason);

const stated = ({ edges }: NodeState): readonly Edge[] => edges?.all() ?? [];

/** Changes the edges that one node states of one peer. */
const withEdge = (state: ClusterState, from: string, to: string, more: Partial<Edge>): ClusterState => {
  const change = (node: NodeState): NodeState =>
    node.report.node === from
      ? { ...node, edges: statedEdges(stated(node).map((edge) => (edge.peer === to ? { ...edge, ...more } : edge))) }
      : node;
  return { ...state, nodes: state.nodes.map(change) };
};

describe('a link between two nodes', () => {
  it.each(['m1', 'w1', 'w2'])('is one finding as seen from %s', (self) => {
    const { status, sentence, findings } = say(five().cut(['w1'], ['w2']).from(self));

    expect(status).toBe('degraded');
    expect(sentence).toBe('w1 and w2 do not reach each other, others reach both (since 14:02:11 UTC).');
    expect(findings).toMatchObject([
      { id: 'LinkDown/w1/w2', severity: 'warning', nodes: ['w1', 'w2'], observers: ['w1', 'w2'], since: SINCE },
    ]);
  });

  it('is one finding also where a node lost several', () => {
    const { findings } = say(five().cut(['w1'], ['w2', 'm1']).from('m2'));

    expect(findings).toMatchObject([{ id: 'LinkDown/w1', sentence: 'w1 does not reach m1 and w2, others do' }]);
  });

  it('is broken in one direction when the far end says so', () => {
    const { findings } = say(five().cut(['w2'], ['w1'], { oneWay: true }).from('m1'));

    expect(findings).toMatchObject([
      {
        id: 'OneWayLink/w2/w1',
        sentence: 'What w2 sends to w1 gets lost, the other direction works',
        evidence: ['w1 tells w2 that it hears none of its probes'],
      },
    ]);
  });

  /** All of them half a minute ago. */
  const lossesOf = (pairs: readonly (readonly [string, string])[]): Scene =>
    pairs.reduce(
      (scene, [one, other]) =>
        [one, other].reduce((then, name) => then.member(name, { sinceMs: NOW_MS - 30_000 }), scene.cut([one], [other])),
      createScene(['m1', 'm2', 'm3', 'w1', 'w2', 'w3', 'w4']),
    );
  const cut = (): Scene => five().cut(['w1'], ['w2']);
  const good: Partial<Edge> = { state: 'good', sinceMs: 0 };

  it.each<[string, ClusterState]>([
    ['an end is down', five().powerOff('w2').from('m1')],
    ['the agent at an end is down', five().kill('w2').from('m1')],
    ['an end is leaving', cut().leave('w2', 'restart').from('m1')],
    [
      'an end comes and goes',
      cut()
        .member('w2', { flapping: { falls: 3, sinceMs: 0, isOwn: true } })
        .from('m1'),
    ],
    ['the other end still reaches it', withEdge(cut().from('m1'), 'w2', 'w1', good)],
    [
      'it was lost a moment ago',
      withEdge(withEdge(cut().from('m1'), 'w1', 'w2', { sinceMs: NOW_MS - 3000 }), 'w2', 'w1', {
        sinceMs: NOW_MS - 3000,
      }),
    ],
    [
      'an end was cut off until a moment ago',
      cut()
        .member('w2', { connectedSinceMs: NOW_MS - 3000 })
        .from('m1'),
    ],
    [
      'an end was cut off until half a minute ago, and lost it before',
      cut()
        .member('w2', { connectedSinceMs: NOW_MS - 30_000 })
        .from('m1'),
    ],
    [
      'one end lost it a moment ago and the other one earlier',
      withEdge(cut().from('m1'), 'w1', 'w2', { sinceMs: NOW_MS - 3000 }),
    ],
    [
      'nobody doubts the ends any more and the report is old',
      cut().member('w1', { testimony: [] }).member('w2', { testimony: [] }).from('m1'),
    ],
    [
      'it was a single probe for the matrix',
      withEdge(withEdge(cut().from('m1'), 'w1', 'w2', { sampled: true }), 'w2', 'w1', { sampled: true }),
    ],
    [
      'several others were lost at about the same time',
      ['m2', 'm3', 'w3']
        .reduce(
          (scene, name) => scene.member(name, { state: 'unreachable', inComponent: false, sinceMs: NOW_MS - 59_000 }),
          createScene(['m1', 'm2', 'm3', 'w1', 'w2', 'w3']).cut(['w1'], ['w2']),
        )
        .from('m1'),
    ],
    [
      'three pairs of nodes lost each other at about the same time',
      lossesOf([
        ['w1', 'w2'],
        ['m1', 'm2'],
        ['m3', 'w3'],
      ]).from('w4'),
    ],
    [
      'this node is isolated',
      cut()
        .mesh({ isolated: { sinceMs: 0, witnesses: ['gateway'] } })
        .from('m1'),
    ],
  ])('is not called broken when %s', (_why, state) => {
    expect(reasons(state)).not.toContain('LinkDown');
    expect(reasons(state)).not.toContain('OneWayLink');
  });

  it.each<[string, readonly (readonly [string, string])[]]>([
    [
      'two pairs',
      [
        ['w1', 'w2'],
        ['m1', 'm2'],
      ],
    ],
    [
      'one node',
      [
        ['w1', 'w2'],
        ['w1', 'm1'],
        ['w1', 'w3'],
      ],
    ],
  ])('is called broken when losses of %s came at the same time', (_who, pairs) => {
    expect(reasons(lossesOf(pairs).from('w4'))).toContain('LinkDown');
  });

  it('is called broken when an end was cut off before, and lost it since', () => {
    const lost = { sinceMs: NOW_MS - 10_000 };
    const back = cut().member('w2', { connectedSinceMs: NOW_MS - 12_000 });
    const state = withEdge(withEdge(back.from('m1'), 'w1', 'w2', lost), 'w2', 'w1', lost);

    expect(reasons(state)).toContain('LinkDown');
  });

  it('is not judged by reports that are late or history', () => {
    const state = cut().from('m1');
    for (const freshness of ['lagging', 'stale'] as const) {
      const nodes = state.nodes.map((node) => (node.freshness === undefined ? node : { ...node, freshness }));
      expect(reasons({ ...state, nodes })).toEqual([]);
    }
  });

  it('is broken in one direction as soon as most of the last probes were not heard', () => {
    const state = withEdge(five().cut(['w2'], ['w1'], { oneWay: true }).from('m1'), 'w2', 'w1', { lossTo: 0.6 });

    expect(reasons(state)).toEqual(['OneWayLink']);
  });

  it('that drops only UDP is not broken: a port is closed', () => {
    const state = withEdge(five().from('m1'), 'w1', 'w2', { state: 'udp-blocked' });

    expect(reasons(state)).toEqual(['PortBlocked']);
    expect(say(state).status).toBe('healthy');
  });
});

describe('clocks', () => {
  it('name the one that differs, by those that it differs from', () => {
    for (const self of ['m1', 'w2']) {
      const { status, findings } = say(five().shiftClock('w2', 2000).from(self));
      expect(status).toBe('degraded');
      expect(findings).toMatchObject([
        {
          id: 'ClockSkew/w2',
          sentence: 'The clock of w2 is more than 500 ms ahead of those of m1, m2, m3 and w1',
          observers: ['m1', 'm2', 'm3', 'w1'],
          dissent: [],
        },
      ]);
    }
  });

  it('may be behind', () => {
    expect(say(five().shiftClock('w2', -700).from('m1')).findings[0]?.sentence).toContain('more than 500 ms behind');
  });

  it.each<[string, ClusterState]>([
    ['within the bound', five().shiftClock('w2', 450).from('m1')],
    ['within the uncertainty', five().shiftClock('w2', 900, 600).from('m1')],
    ['seen by one only', createScene(['w1', 'w2']).shiftClock('w2', 5000).from('w1')],
    ['seen by a minority', withEdge(five().from('m1'), 'm1', 'w2', { offset: { offsetMs: 3000, uncertaintyMs: 1 } })],
  ])('are not accused when the difference is %s', (_why, state) => {
    expect(reasons(state)).toEqual([]);
  });
});
