import { describe, expect, it } from 'vitest';
import type { ClusterState, NodeState } from '../model/cluster-state.ts';
import { type HealthScope, healthOf } from '../model/health.ts';
import { statedEdges } from '../model/stated-edges.ts';
import { diagnose } from './diagnose.ts';
import { CATALOGUE, NOW, NOW_MS, SINCE, SINCE_MS, type Scene, aResult, createScene, failing } from './testing.ts';

const MASTERS = ['m1', 'm2', 'm3'];
const five = (): Scene => createScene([...MASTERS, 'w1', 'w2']);
const say = (state: ClusterState) => diagnose(state, NOW, CATALOGUE);
const reasons = (state: ClusterState): string[] => say(state).findings.map(({ reason }) => reason);
const workers = (count: number): string[] => Array.from({ length: count }, (_, index) => `w${index + 1}`);

describe('a cluster in which all is well', () => {
  it.each([...MASTERS, 'w1', 'w2'])('is healthy as seen from %s', (self) => {
    const { status, sentence, findings, view } = say(five().from(self));

    expect(status).toBe('healthy');
    expect(sentence).toBe(
      'Nothing is wrong on 5 nodes: 16 checks are fine; 4 found nothing of their kind where they ran.',
    );
    expect(findings).toEqual([]);
    expect(view).toEqual({ node: self, members: 5, current: 5, component: 5, settled: true });
  });

  it('names what could not look, who is not connected and of whom there is no news', () => {
    const scene = five().report('w2', aResult('conntrack', { status: 'unknown', why: 'not loaded' }));
    const state = scene.leave('w1', 'restart').from('m1');
    const nodes = state.nodes.map((node) =>
      node.report.node === 'm2' ? { ...node, freshness: 'lagging' as const } : node,
    );

    expect(say({ ...state, nodes }).sentence).toMatch(
      /could not look: conntrack on w2; not connected: w1; no news yet of m2\.$/,
    );
  });
});

describe('an agent that has met nobody', () => {
  const unmetSeeds = [
    { address: '10.0.0.1:7576', refusesKey: true, sinceMs: SINCE_MS },
    { address: '10.0.0.2:7576', refusesKey: false, sinceMs: SINCE_MS },
  ];
  const alone = (): Scene => createScene(['w1']);

  it('is not healthy while its seeds refuse its key or are silent, and says which', () => {
    const refused = say(alone().mesh({ unmetSeeds }).from('w1'));
    expect(refused.status).toBe('unknown');
    expect(refused.sentence).toContain(
      'Only w1 can be judged from here: The agent on w1 has met no other agent: 10.0.0.1:7576 refuses its key',
    );
    const silent = say(
      alone()
        .mesh({ unmetSeeds: unmetSeeds.slice(1) })
        .from('w1'),
    );
    expect([silent.status, silent.findings[0]?.reason]).toEqual(['unknown', 'SeedsUnmet']);
    expect(silent.findings[0]?.sentence).toMatch(/10\.0\.0\.2:7576 does not answer$/);
  });

  it('says of a seed that is a name whether it has addresses, and whether they answer', () => {
    const fault = (why: 'no-such-name' | 'no-server'): string =>
      say(
        alone()
          .mesh({
            unmetSeeds: [{ address: 'seed.x:7576', name: 'seed.x', fault: why, refusesKey: false, sinceMs: SINCE_MS }],
          })
          .from('w1'),
      ).findings[0]?.sentence ?? '';
    expect(fault('no-such-name')).toMatch(/met no other agent: seed\.x does not exist in DNS$/);
    expect(fault('no-server')).toMatch(/: seed\.x cannot be looked up, no DNS server answers$/);
    const named = ['10.0.0.3:7576', '[fd00::3]:7576'].map((address) => ({
      address,
      name: 'seed.x',
      refusesKey: false,
      sinceMs: SINCE_MS,
    }));
    const { findings } = say(
      alone()
        .mesh({ unmetSeeds: [...unmetSeeds.slice(1), ...named] })
        .from('w1'),
    );
    expect(findings[0]?.sentence).toMatch(
      /: 10\.0\.0\.2:7576 does not answer; none of the 2 addresses of seed\.x answers$/,
    );
    expect(findings[0]?.evidence).toContain('[fd00::3]:7576 of seed.x does not answer');
  });

  it('is healthy alone without seeds, and one dead seed of a cluster is no trouble', () => {
    expect(say(alone().from('w1')).status).toBe('healthy');
    expect(reasons(five().mesh({ unmetSeeds }).from('w1'))).toEqual([]);
  });

  it('says why it cannot talk to others at all', () => {
    const meshFault = { why: 'there is no cluster key', since: SINCE };
    const { mesh: _, ...state } = alone().from('w1', { meshFault });
    const { status, sentence } = say(state);
    expect(status).toBe('unknown');
    expect(sentence).toContain('The agent on w1 cannot talk to others: there is no cluster key');
  });
});

describe('masters that die', () => {
  const dead = (): Scene => five().powerOff(...MASTERS);

  it('is critical on the workers, in one sentence with both alternatives', () => {
    for (const self of ['w1', 'w2']) {
      const { status, sentence, view } = say(dead().from(self));
      expect(status).toBe('critical');
      expect(sentence).toBe(
        'No control plane from here: m1, m2 and m3 do not answer w1 and w2 (since 14:02:11 UTC); they are powered off, or cut off from w1 and w2.',
      );
      expect(view).toMatchObject({ members: 5, component: 2, current: 2 });
    }
  });

  it('folds what follows under the loss', () => {
    const { findings } = say(dead().from('w1'));

    expect(findings.map(({ reason, causedBy, severity }) => [reason, causedBy, severity])).toEqual([
      ['NodesLost', undefined, 'critical'],
      ['EtcdQuorumLost', 'NodesLost/m1', 'critical'],
      ['NoControlPlaneFromHere', 'NodesLost/m1', 'critical'],
    ]);
    expect(findings[0]).toMatchObject({
      nodes: MASTERS,
      observers: ['w1', 'w2'],
      dissent: [],
      since: SINCE,
      alternatives: ['powered off', 'cut off from w1 and w2'],
    });
    expect(findings[0]?.next.at(-1)).toContain('curl -s ADDRESS-OF-m1:7575/status');
  });

  it('concludes nothing from what the dead said last, and shows when that was', () => {
    const state = dead()
      .report('m1', failing('disk-space', 'DiskFull', 'no room', { subject: '/' }))
      .from('w1');
    const { findings } = say(state);

    expect(findings.map(({ reason }) => reason)).not.toContain('DiskFull');
    expect(findings[0]?.evidence).toContain('the last report of m1 is from 14:02:08 UTC, with DiskFull');
  });

  it('says the same when it never heard more of them than that they are masters', () => {
    const state = dead().mesh({ controlPlane: MASTERS }).from('w1');
    const nodes = state.nodes.filter(({ report }) => !MASTERS.includes(report.node));

    expect(say({ ...state, nodes }).sentence).toMatch(/^No control plane from here: m1, m2 and m3 do not answer/);
  });

  it('leads with the control plane also where more than that is lost', () => {
    const { sentence } = say(
      five()
        .powerOff(...MASTERS, 'w2')
        .from('w1'),
    );

    expect(sentence).toMatch(/^No control plane from here: m1, m2, m3 and w2 do not answer w1 /);
  });

  it.each<[string, ClusterState]>([
    ['one of them is connected', five().powerOff('m1', 'm2').from('w1')],
    ['one is only suspect', dead().member('m3', { state: 'suspect' }).from('w1')],
    ['one is leaving', five().powerOff('m1', 'm2').leave('m3', 'restart').from('w1')],
    ['of one only the agent is dead', five().powerOff('m1', 'm2').kill('m3').from('w1')],
    ['none was ever seen', createScene(['w1', 'w2', 'w3']).powerOff('w2').from('w1')],
    ['nobody was looked at yet', dead().mesh({ settled: false }).from('w1')],
    ['this node is one of them', five().powerOff('m1', 'm2').from('m3')],
  ])('does not miss the control plane when %s', (_why, state) => {
    expect(reasons(state)).not.toContain('NoControlPlaneFromHere');
  });

  it('does not take a worker for a master that never could look for etcd', () => {
    const blind = aResult('etcd', { status: 'unknown', why: 'EACCES' });

    expect(reasons(dead().report('w1', blind).from('w1'))).toContain('NoControlPlaneFromHere');
  });
});

describe('a cut', () => {
  const cut = (): Scene => five().cut(MASTERS, ['w1', 'w2']);

  it('looks to each side as if the other failed, and says that it cannot tell', () => {
    expect(say(cut().from('w1')).sentence).toMatch(/^No control plane from here: .* or cut off from w1 and w2\.$/);
    const { status, sentence, findings } = say(cut().from('m1'));
    expect(status).toBe('degraded');
    expect(sentence).toBe(
      'w1 and w2 do not answer m1, m2 and m3 (since 14:02:11 UTC); they are powered off, or cut off from m1, m2 and m3.',
    );
    expect(findings.map(({ reason }) => reason)).toEqual(['NodesLost']);
  });

  const outage = (node: string, lostByItself: readonly string[], more = {}) => ({
    node,
    from: SINCE,
    to: NOW - 60_000,
    observers: ['w1', 'w2'],
    lostByItself,
    ...more,
  });

  it('is called one when it is healed and the others’ logs prove it', () => {
    const outages = MASTERS.map((node) => outage(node, ['w1', 'w2']));
    const { status, findings } = say(five().mesh({ outages }).from('w1'));

    expect(status).toBe('healthy');
    expect(findings).toMatchObject([
      {
        reason: 'Partition',
        severity: 'info',
        nodes: MASTERS,
        sentence: 'm1, m2 and m3 were cut off from w1 and w2 until 14:04:00 UTC and ran on: it was a partition',
      },
    ]);
  });

  it('is told anew when the network falls apart once more a moment later', () => {
    const cutFor = (fromMs: number, toMs: number) =>
      MASTERS.map((node) => outage(node, ['w1', 'w2'], { from: SINCE + fromMs, to: SINCE + toMs }));
    const partitions = (...outages: ReturnType<typeof outage>[]) =>
      say(five().mesh({ outages }).from('w1')).findings.filter(({ reason }) => reason === 'Partition').length;

    expect(partitions(...cutFor(0, 5000), ...cutFor(14_000, 19_000))).toBe(2);
    expect(partitions(...cutFor(0, 5000), ...cutFor(9000, 12_000))).toBe(1);
  });

  it('is not claimed of nodes whose own log says nothing, nor for ever', () => {
    expect(
      reasons(
        five()
          .mesh({ outages: [outage('m1', [])] })
          .from('w1'),
      ),
    ).toEqual([]);
    const old = outage('m1', ['w1'], { from: NOW - 3_000_000, to: NOW - 16 * 60_000 });
    expect(
      reasons(
        five()
          .mesh({ outages: [old] })
          .from('w1'),
      ),
    ).toEqual([]);
  });

  it('of the past and a host that was started anew are told apart', () => {
    const rebooted = outage('w2', [], { bootedAt: SINCE + 20_000 });
    const ranOn = outage('w2', [], { bootedAt: SINCE - 3_600_000 });

    expect(
      say(
        five()
          .mesh({ outages: [rebooted] })
          .from('m1'),
      ).findings,
    ).toMatchObject([{ reason: 'NodeRebooted', severity: 'info', node: 'w2', since: SINCE + 20_000 }]);
    expect(
      reasons(
        five()
          .mesh({ outages: [ranOn] })
          .from('m1'),
      ),
    ).toEqual([]);
  });
});

describe('lost nodes', () => {
  it('is a warning for one, with the observers that lost it', () => {
    const { status, sentence, findings } = say(five().powerOff('w2').from('m1'));

    expect(status).toBe('degraded');
    expect(sentence).toBe(
      'w2 does not answer m1, m2, m3 and w1 (since 14:02:11 UTC); it is powered off, or cut off from m1, m2, m3 and w1.',
    );
    expect(findings).toMatchObject([{ id: 'NodeUnreachable/w2', severity: 'warning', nodeSeverity: 'critical' }]);
  });

  it('names who reaches it all the same', () => {
    const testimony = (['m1', 'm2', 'm3'] as const).map((observer) => ({
      observer,
      state: observer === 'm3' ? ('good' as const) : ('lost' as const),
    }));
    const { findings } = say(five().powerOff('w2').member('w2', { testimony }).from('m1'));

    expect(findings).toMatchObject([{ observers: ['m1', 'm2'], dissent: ['m3'] }]);
  });

  it.each([
    [3, 20, 'degraded'],
    [4, 20, 'degraded'],
    [5, 20, 'critical'],
    [3, 10, 'degraded'],
    [4, 10, 'critical'],
  ])('%i of %i makes the cluster %s', (lost, size, status) => {
    const names = workers(size);

    expect(
      say(
        createScene(names)
          .powerOff(...names.slice(-lost))
          .from('w1'),
      ).status,
    ).toBe(status);
  });

  it('are told apart when they were lost at different times', () => {
    const scene = five()
      .powerOff('w1', 'w2')
      .member('w2', { sinceMs: SINCE_MS + 60_000 });

    expect(say(scene.from('m1')).findings.map(({ id }) => id)).toEqual(['NodeUnreachable/w1', 'NodeUnreachable/w2']);
  });

  it.each([
    [6, 59_000, ['NodesLost/w15']],
    [6, 61_000, ['NodeUnreachable/w20', 'NodesLost/w15']],
    [4, 30_000, ['NodeUnreachable/w20', 'NodesLost/w17']],
  ])('%i of 20 of which one was lost %i ms after the others are told together where it is grave', (lost, ms, ids) => {
    const names = workers(20);
    const scene = createScene(names)
      .powerOff(...names.slice(-lost))
      .member('w20', { sinceMs: SINCE_MS + ms });

    const found = say(scene.from('w1')).findings.map(({ id }) => id);
    expect(found.sort()).toEqual(ids);
  });

  it.each<[string, Readonly<Record<string, string>>, string]>([
    ['are all of a zone', { m1: 'a', m2: 'b', m3: 'b', w1: 'c', w2: 'c' }, 'w1 and w2, all of zone c, do not answer'],
    ['are a part of it', { m1: 'a', m2: 'b', m3: 'c', w1: 'c', w2: 'c' }, 'w1 and w2 do not answer'],
    ['are of several', { m1: 'a', m2: 'a', m3: 'a', w1: 'b', w2: 'c' }, 'w1 and w2 do not answer'],
    ['are of the only one', { w1: 'c', w2: 'c' }, 'w1 and w2 do not answer'],
    ['may be of any', { m1: 'a', m2: 'a', m3: 'a', w1: 'c' }, 'w1 and w2 do not answer'],
  ])('that %s are told so', (_, zones, words) => {
    const scene = Object.entries(zones).reduce(
      (then, [name, zone]) => then.describe(name, { place: { uid: `uid-of-${name}`, isControlPlane: false, zone } }),
      five().powerOff('w1', 'w2'),
    );

    expect(say(scene.from('m1')).sentence).toContain(words);
  });

  it('are nobody’s fault for 15 minutes while they are being removed', () => {
    const removing = [
      { node: 'w2', why: 'it is tainted ToBeDeletedByClusterAutoscaler', isAnnounced: true, sinceMs: SINCE_MS },
    ];
    const scene = (): Scene => five().powerOff('w2').mesh({ removing });
    const { status, findings } = say(scene().from('m1'));

    expect(status).toBe('healthy');
    expect(findings).toMatchObject([{ reason: 'NodeUnreachable', severity: 'info', nodeSeverity: 'info' }]);
    const late = scene().member('w2', { sinceMs: NOW_MS - 16 * 60_000 });
    expect(say(late.from('m1')).status).toBe('degraded');
  });

  it('are none while nothing from disk is judged', () => {
    const state = five().powerOff('w2').mesh({ settled: false }).from('m1');

    expect(reasons(state)).toEqual([]);
    expect(say(state)).toMatchObject({ status: 'unknown', view: { settled: false } });
    expect(reasons(five().powerOff('w2').member('w2', { judged: false, sinceMs: NOW_MS }).from('m1'))).toEqual([]);
  });

  it('are never taken for fine where nobody can tell', () => {
    const open = (sinceMs: number): ClusterState =>
      five().powerOff('w2').member('w2', { state: 'suspect', sinceMs }).from('m1');

    expect(say(open(SINCE_MS))).toMatchObject({
      status: 'degraded',
      findings: [{ reason: 'NodeUnknown', node: 'w2' }],
    });
    expect(reasons(open(NOW_MS - 5000))).toEqual([]);
  });

  it('make a minority say that it knows too little, and what it knows', () => {
    const names = ['m1', ...workers(4)];
    const { status, sentence } = say(createScene(names).powerOff('w2', 'w3', 'w4').from('m1'));

    expect(status).toBe('unknown');
    expect(sentence).toMatch(
      /^Only 2 of 5 nodes are connected to m1, too few to judge the cluster: w2, w3 and w4 do not/,
    );
  });
});

describe('an agent that was paused', () => {
  /** Its own edges were good when it looked last, so many ms ago. */
  const own = (scene: Scene, agoMs: (peer: string) => number, catchingUp = true): ClusterState => {
    const state = scene.from('w1', { catchingUp, resumedAtMs: NOW_MS - 4000 });
    const touch = (node: NodeState): NodeState => {
      if (node.freshness !== undefined) return node;
      const edges = (node.edges?.all() ?? []).map((edge) => ({
        ...edge,
        state: 'good' as const,
        answeredAtMs: NOW_MS - agoMs(edge.peer),
      }));
      return { ...node, edges: statedEdges(edges) };
    };
    return { ...state, nodes: state.nodes.map(touch) };
  };

  it('knows nothing of the others until they have answered again', () => {
    const { status, sentence, findings } = say(own(five(), () => 9000));

    expect(status).toBe('unknown');
    expect(sentence).toBe('The agent on w1 was paused and has not looked at everything again yet.');
    expect(findings).toEqual([]);
  });

  it.each<[string, ClusterState]>([
    ['they have', own(five(), () => 900)],
    ['they had, and are silent since', own(five(), () => 3500)],
    ['nobody was paused', own(five(), () => 9000, false)],
  ])('is healthy when %s', (_why, state) => {
    expect(say(state).status).toBe('healthy');
  });

  it('knows nothing of the others either once one of them has not answered it, and nobody has said why', () => {
    const state = own(five(), (peer) => (peer === 'm2' ? 9000 : 900));
    const lose = (node: NodeState): NodeState => ({
      ...node,
      ...(node.freshness === undefined && {
        edges: statedEdges(
          (node.edges?.all() ?? []).map((edge) =>
            edge.peer === 'm2' ? { ...edge, state: 'lost' as const, sinceMs: NOW_MS - 1000 } : edge,
          ),
        ),
      }),
    });

    expect(say({ ...state, nodes: state.nodes.map(lose) }).status).toBe('unknown');
  });

  it('believes the others of whom they lost meanwhile', () => {
    const agoMs = (peer: string): number => (peer === 'm2' ? 9000 : 900);

    expect(say(own(five().powerOff('m2'), agoMs)).status).toBe('degraded');
  });
});

describe('a node that is isolated', () => {
  const isolated = { sinceMs: SINCE_MS, witnesses: ['gateway 10.0.0.1'] };
  const cut = (): Scene => five().cut(['m1'], ['m2', 'm3', 'w1', 'w2']).mesh({ isolated });

  it('blames itself and nobody else', () => {
    const { status, sentence, findings } = say(cut().from('m1'));

    expect(status).toBe('unknown');
    expect(sentence).toBe(
      'm1 is isolated: neither its 4 peers nor gateway 10.0.0.1 answer (since 14:02:11 UTC); nothing can be said of the others from here.',
    );
    expect(findings).toMatchObject([{ reason: 'ThisNodeIsolated', nodeSeverity: 'critical' }]);
  });

  it('says when it has no carrier', () => {
    const { sentence } = say(
      cut()
        .mesh({ isolated: { sinceMs: SINCE_MS, witnesses: [] } })
        .from('m1'),
    );

    expect(sentence).toContain('m1 is isolated: it has no network carrier');
  });

  it('is unknown even where its own etcd has no quorum, which follows', () => {
    const quorum = failing('etcd', 'EtcdNoLeader', 'no answer in 800 ms');
    const { status, findings } = say(cut().report('m1', quorum).from('m1'));

    expect(status).toBe('unknown');
    expect(findings.map(({ reason, causedBy }) => [reason, causedBy])).toEqual([
      ['ThisNodeIsolated', undefined],
      ['EtcdQuorumLost', 'ThisNodeIsolated/m1'],
    ]);
  });
});

describe('health for machines', () => {
  const verdict = (scope: HealthScope, state: ClusterState): string =>
    healthOf(scope, state, say(state), 'critical', NOW).verdict;

  it('of a worker is no worse for the masters’ death, of the cluster it is', () => {
    const state = five()
      .powerOff(...MASTERS)
      .from('w1');

    expect([verdict('node', state), verdict('cluster', state)]).toEqual(['ok', 'problem']);
  });

  it('of an isolated node is its own problem, and unknown for the cluster', () => {
    const isolated = { sinceMs: SINCE_MS, witnesses: ['gateway 10.0.0.1'] };
    const state = five()
      .cut(['w1'], [...MASTERS, 'w2'])
      .mesh({ isolated })
      .from('w1');

    expect([verdict('node', state), verdict('cluster', state)]).toEqual(['problem', 'unknown']);
  });

  it('of a node that another lost is not asked of this one', () => {
    const state = five().powerOff('w2').from('w1');

    expect([verdict('node', state), verdict('cluster', state)]).toEqual(['ok', 'ok']);
  });
});
