/** What the checks `reachability` and `clock` find, put together. */
import { describe, expect, it } from 'vitest';
import type { Edge } from '../model/member.ts';
import type { CheckResult } from '../model/report.ts';
import { statedEdges } from '../model/stated-edges.ts';
import { diagnose } from './diagnose.ts';
import { CATALOGUE, NOW, NOW_MS, SINCE, type Scene, aResult, createScene, failing } from './testing.ts';

const NAMES = ['m1', 'w1', 'w2', 'w3', 'w4'];
const WELL = [aResult('reachability'), aResult('clock')];

const toPeers = (reason: string, peers: readonly string[], since = SINCE): CheckResult => ({
  ...failing('reachability', reason, ''),
  problems: peers.map((subject) => ({
    reason,
    subject,
    message: `${subject} did not hear it.`,
    severity: 'warning',
    since,
  })),
});
const ofNode = (reason: string, since = SINCE): CheckResult =>
  failing('reachability', reason, 'most did not hear it.', { severity: 'warning', since });
const lossy = (...peers: readonly string[]): CheckResult => toPeers('PathLossy', peers);
const shortOnly = (...peers: readonly string[]): CheckResult => toPeers('PathMtuBroken', peers);

function onNodes(
  results: Readonly<Record<string, readonly CheckResult[]>>,
  change: (scene: Scene) => Scene = (scene) => scene,
  names = NAMES,
) {
  const scene = createScene(names);
  for (const name of names) scene.report(name, ...WELL, ...(results[name] ?? []));
  return diagnose(change(scene).from('m1'), NOW, CATALOGUE);
}
const treeOf = (...args: Parameters<typeof onNodes>): unknown[] =>
  onNodes(...args).findings.map(({ reason, causedBy }) => [reason, causedBy]);

describe('packets that get lost', () => {
  it('on one path are one finding, whoever of both says so', () => {
    const results: readonly Record<string, readonly CheckResult[]>[] = [
      { w1: [lossy('w2')] },
      { w2: [lossy('w1')] },
      { w1: [lossy('w2')], w2: [lossy('w1')] },
    ];
    for (const each of results)
      expect(onNodes(each)).toMatchObject({
        status: 'degraded',
        findings: [
          {
            reason: 'PacketLoss',
            severity: 'warning',
            nodes: ['w1', 'w2'],
            sentence: 'Packets between w1 and w2 get lost',
            observers: Object.keys(each),
          },
        ],
      });
  });

  it('on their way to one node are that node’s', () => {
    const { findings } = onNodes({ m1: [lossy('w4')], w1: [lossy('w4')], w2: [lossy('w4')] });
    expect(findings).toMatchObject([{ node: 'w4', sentence: 'Packets between w4 and m1, w1 and w2 get lost' }]);
    expect(findings).toHaveLength(1);
  });

  it('to and from one node are that node’s, since the first of them', () => {
    const { status, findings } = onNodes({
      w4: [ofNode('PacketLoss', SINCE + 1000)],
      m1: [lossy('w4')],
      w1: [lossy('w4')],
    });
    expect(status).toBe('degraded');
    expect(findings).toMatchObject([
      {
        reason: 'PacketLoss',
        node: 'w4',
        since: SINCE,
        observers: ['m1', 'w1', 'w4'],
        sentence: 'w4 loses packets: much of what it sends to most other nodes does not arrive',
      },
    ]);
    expect(findings).toHaveLength(1);
  });

  it('everywhere are the network’s, and a warning', () => {
    const all = Object.fromEntries(NAMES.map((name) => [name, [ofNode('PacketLoss')]]));
    const { status, findings } = onNodes(all);
    expect(status).toBe('degraded');
    expect(findings).toMatchObject([
      {
        severity: 'warning',
        nodes: NAMES,
        sentence:
          'The network loses packets: much of what 5 of 5 nodes (m1, w1, w2, w3 and w4) send to most others does not arrive',
      },
    ]);
    expect(findings).toHaveLength(1);
  });

  it('are part of it that an end is lost', () => {
    expect(treeOf({ w1: [lossy('w4')] }, (scene) => scene.powerOff('w4'))).toEqual([
      ['NodeUnreachable', undefined],
      ['PacketLoss', 'NodeUnreachable/w4'],
    ]);
    // That one of many is lost does not explain the rest.
    expect(treeOf({ w1: [lossy('w2', 'w3', 'w4')] }, (scene) => scene.powerOff('w4'))).toEqual([
      ['NodeUnreachable', undefined],
      ['PacketLoss', undefined],
    ]);
  });

  it('before a link is down have brought it about; a link that was down before is another fault', () => {
    const cut = (scene: Scene): Scene => scene.cut(['w1'], ['w2']);
    const before = { ...ofNode('PacketLoss', SINCE - 60_000), node: 'w1' };
    expect(treeOf({ w1: [before] }, cut)).toEqual([
      ['PacketLoss', undefined],
      ['LinkDown', 'PacketLoss/w1'],
    ]);
    expect(treeOf({ w1: [ofNode('PacketLoss', SINCE + 60_000)] }, cut)).toEqual([
      ['LinkDown', undefined],
      ['PacketLoss', undefined],
    ]);
    expect(treeOf({ w3: [before] }, cut).filter((entry) => (entry as unknown[])[1] !== undefined)).toEqual([]);
  });
});

describe('long datagrams that get lost', () => {
  it('are told of both ends', () => {
    expect(onNodes({ w1: [shortOnly('w2')] }).findings).toMatchObject([
      {
        reason: 'PathMtuBroken',
        severity: 'warning',
        nodes: ['w1', 'w2'],
        sentence: 'Between w1 and w2 datagrams as long as the MTU get lost, short ones do not',
      },
    ]);
  });

  it('everywhere are told once', () => {
    const names = Array.from({ length: 8 }, (_, index) => `w${index + 1}`);
    const results = Object.fromEntries(names.map((name, index) => [name, [shortOnly(names[index ^ 1] ?? '')]]));
    const { findings } = onNodes(results, undefined, ['m1', ...names]);
    expect(findings).toMatchObject([
      {
        reason: 'PathMtuBroken',
        sentence:
          'Between 4 pairs of nodes (w1, w2, w3, w4 and 4 more) datagrams as long as the MTU get lost, short ones do not',
      },
    ]);
  });

  it('explain those of the pods on the same nodes, also those that were told before, and no others', () => {
    const overlay = (peer: string, since: number): CheckResult =>
      failing('overlay', 'OverlayMtuBroken', 'long ones', { subject: peer, since });
    expect(treeOf({ w1: [shortOnly('w2'), overlay('w2', SINCE - 600_000)] })).toEqual([
      ['PathMtuBroken', undefined],
      ['OverlayMtuBroken', 'PathMtuBroken/w1/w2'],
    ]);
    expect(treeOf({ w1: [shortOnly('w2'), overlay('w3', SINCE)] })).toEqual([
      ['OverlayMtuBroken', undefined],
      ['PathMtuBroken', undefined],
    ]);
  });
});

it('what one end says of a link that is down is no second finding', () => {
  const unreachable = { w1: [ofNode('PeersUnreachable')], w2: [ofNode('PeersUnreachable')] };
  expect(treeOf(unreachable, (scene) => scene.cut(['w1'], ['w2']))).toEqual([['LinkDown', undefined]]);
  expect(treeOf(unreachable, (scene) => scene.cut(['w1'], ['w2'], { oneWay: true }))).toEqual([
    ['OneWayLink', undefined],
  ]);
});

describe('what only one end says of a path', () => {
  const SAID = failing('reachability', 'PeersUnreachable', 'w2 has not answered for 31 s, others reach it.', {
    severity: 'warning',
  });
  const onPath = (change: (scene: Scene) => Scene = (scene) => scene, back?: Partial<Edge>) => {
    const scene = createScene(NAMES);
    for (const name of NAMES) scene.report(name, ...WELL);
    const state = change(scene.cut(['w1'], ['w2']).report('w1', SAID)).from('m1');
    const nodes = state.nodes.map((node) => {
      if (node.report.node !== 'w2' || back === undefined) return node;
      const edges = node.edges?.all() ?? [];
      return { ...node, edges: statedEdges(edges.map((edge) => (edge.peer === 'w1' ? { ...edge, ...back } : edge))) };
    });
    return diagnose({ ...state, nodes }, NOW, CATALOGUE).findings;
  };
  const GOOD: Partial<Edge> = { state: 'good', sinceMs: 0 };

  it('is told where the other end denies it', () => {
    expect(onPath(undefined, GOOD)).toMatchObject([
      {
        id: 'PeersUnreachable/w1/w2',
        severity: 'warning',
        check: 'reachability',
        nodes: ['w1', 'w2'],
        sentence: 'w1 does not reach w2, which reaches it',
        observers: ['w1'],
        dissent: ['w2'],
        evidence: ['reachability on w1: w2 has not answered for 31 s, others reach it.'],
      },
    ]);
  });

  it('is told where the other end is turned away', () => {
    expect(onPath(undefined, { state: 'refused' })).toMatchObject([
      { id: 'PeersUnreachable/w1/w2', sentence: 'w1 does not reach w2, others do', dissent: [] },
    ]);
  });

  it.each<[string, (scene: Scene) => Scene, Partial<Edge> | undefined]>([
    ['the other end says so, too: that is the link', (scene) => scene, undefined],
    ['the other end has said so for a moment', (scene) => scene, { sinceMs: NOW_MS - 1000 }],
    ['the other end is off', (scene) => scene.powerOff('w2'), undefined],
    ['the agent of the other end is down', (scene) => scene.kill('w2'), undefined],
    [
      'the other end comes and goes',
      (scene) => scene.member('w2', { flapping: { falls: 3, sinceMs: 0, isOwn: true } }),
      GOOD,
    ],
    [
      'the other end came back half a minute ago',
      (scene) => scene.member('w2', { connectedSinceMs: NOW_MS - 30_000 }),
      GOOD,
    ],
    ['the own node is isolated', (scene) => scene.mesh({ isolated: { sinceMs: 0, witnesses: ['gateway'] } }), GOOD],
    ['the edge is back already', (scene) => scene, undefined],
  ])('is not told where %s', (why, change, back) => {
    const findings = why.startsWith('the edge') ? treeOf({ w1: [SAID] }) : onPath(change, back);
    expect(JSON.stringify(findings)).not.toContain('PeersUnreachable/');
    if (why.startsWith('the edge')) expect(findings).toEqual([]);
  });
});

describe('a clock that is wrong', () => {
  const SKEWED = failing('clock', 'ClockSkewed', 'This clock is 30 s ahead.', { severity: 'warning' });
  const differs = (peer: string): CheckResult =>
    failing('clock', 'ClocksDiffer', `The clock of ${peer} is 30 s ahead of this one.`, {
      subject: peer,
      severity: 'warning',
    });

  it('is one finding by the word of the others and its own, since its own', () => {
    const { findings } = onNodes({ w4: [SKEWED] }, (scene) => scene.shiftClock('w4', 30_000));
    expect(findings).toMatchObject([
      {
        id: 'ClockSkew/w4',
        since: SINCE,
        observers: ['m1', 'w1', 'w2', 'w3'],
        evidence: expect.arrayContaining(['clock on w4: This clock is 30 s ahead.']),
      },
    ]);
    expect(findings).toHaveLength(1);
  });

  it('that was put right is none, whatever its own check said a moment ago', () => {
    expect(treeOf({ w4: [SKEWED] })).toEqual([]);
  });

  it('is told by its own word where nobody else can tell', () => {
    const scene = createScene(NAMES).report('w4', ...WELL, SKEWED);
    const state = scene.from('w4');
    const blind = { ...state, nodes: state.nodes.map(({ edges: _edges, ...node }) => node) };
    expect(diagnose(blind, NOW, CATALOGUE).findings).toMatchObject([
      { id: 'ClockSkew/w4', sentence: 'The clock of w4 differs from those of most others: This clock is 30 s ahead' },
    ]);
  });

  it('is one of two, and nobody is accused', () => {
    const two = ['m1', 'w1'];
    for (const results of [{ m1: [differs('w1')], w1: [differs('m1')] }, { w1: [differs('m1')] }]) {
      const { status, findings } = onNodes(results, (scene) => scene.shiftClock('w1', 30_000), two);
      expect(status).toBe('degraded');
      expect(findings).toMatchObject([
        {
          id: 'ClockSkew/m1/w1',
          nodes: two,
          sentence: 'The clocks of m1 and w1 differ by more than 500 ms; which of them is wrong two cannot tell',
          observers: Object.keys(results),
        },
      ]);
      expect(findings).toHaveLength(1);
    }
  });

  it('is known from others where one node sees only that one', () => {
    const { findings } = onNodes({ w1: [differs('w4')], w4: [SKEWED] }, (scene) => scene.shiftClock('w4', 30_000));
    expect(findings.map(({ id }) => id)).toEqual(['ClockSkew/w4']);
  });
});
