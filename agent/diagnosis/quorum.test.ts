import { describe, expect, it } from 'vitest';
import type { ClusterState } from '../model/cluster-state.ts';
import { diagnose } from './diagnose.ts';
import { CATALOGUE, NOW, SINCE, SINCE_MS, type Scene, aResult, createScene, failing } from './testing.ts';

const five = (): Scene => createScene(['m1', 'm2', 'm3', 'w1', 'w2']);
const say = (state: ClusterState) => diagnose(state, NOW, CATALOGUE);
const reasons = (state: ClusterState): string[] => say(state).findings.map(({ reason }) => reason);
const tree = (state: ClusterState) => say(state).findings.map(({ id, causedBy }) => [id, causedBy]);

const DOWN = failing('etcd', 'EtcdDown', 'nobody listens on 127.0.0.1:2379', {}, { intervalMs: 3000 });
const HUNG = failing('etcd', 'EtcdHung', 'it accepts and does not answer', {}, { intervalMs: 3000 });
const LEADERLESS = failing('etcd', 'EtcdNoLeader', 'no answer in 800 ms', {}, { intervalMs: 3000 });

describe('lost quorum', () => {
  it('is told by a member whose linearizable read fails, and what is down is part of it', () => {
    const state = five().report('m1', DOWN).report('m2', DOWN).report('m3', LEADERLESS).from('w1');

    expect(say(state)).toMatchObject({
      status: 'critical',
      sentence: 'etcd has lost its quorum as seen from m3: no answer in 800 ms (since 14:02:11 UTC).',
    });
    expect(tree(state)).toEqual([
      ['EtcdQuorumLost/m3', undefined],
      ['EtcdMemberDown/m1', 'EtcdQuorumLost/m3'],
      ['EtcdMemberDown/m2', 'EtcdQuorumLost/m3'],
    ]);
  });

  it('is one finding however many members say so', () => {
    const { findings } = say(five().report('m2', LEADERLESS).report('m3', LEADERLESS).from('m3'));

    expect(findings).toMatchObject([
      {
        id: 'EtcdQuorumLost/m3',
        observers: ['m3', 'm2'],
        sentence: 'etcd has lost its quorum as seen from m3 and m2: no answer in 800 ms',
      },
    ]);
  });

  it('is no more than an election for fifteen seconds while a majority lives without a leader', () => {
    const since = (ms: number, ...names: readonly string[]) => {
      const scene = five();
      const leaderless = failing('etcd', 'EtcdNoLeader', 'no leader', { since: NOW - ms }, { intervalMs: 3000 });
      for (const name of names) scene.report(name, leaderless);
      return say(scene.from('w1')).findings.map(({ reason, severity }) => `${reason} ${severity}`);
    };

    expect(since(14_000, 'm1', 'm2', 'm3')).toEqual(['EtcdQuorumLost info']);
    expect(since(15_000, 'm1', 'm2', 'm3')).toEqual(['EtcdQuorumLost critical']);
    // The leader has ended, and the others elect one.
    expect(since(3000, 'm1', 'm2')).toEqual(['EtcdQuorumLost info']);
    // The others have not looked again since.
    const unconfirmed = aResult('etcd', { status: 'unknown', looked: true, why: 'it could not be confirmed' });
    expect(
      say(
        five()
          .report('m1', unconfirmed)
          .report('m3', unconfirmed)
          .report('m2', failing('etcd', 'EtcdNoLeader', 'no leader', { since: NOW - 3000 }, { intervalMs: 3000 }))
          .from('w1'),
      ).findings.filter(({ reason }) => reason === 'EtcdQuorumLost'),
    ).toMatchObject([{ severity: 'info' }]);
    // One that is left elects nobody.
    const alone = failing('etcd', 'EtcdNoLeader', 'no leader', { since: NOW - 3000 }, { intervalMs: 3000 });
    expect(say(five().report('m1', DOWN).report('m2', DOWN).report('m3', alone).from('w1'))).toMatchObject({
      status: 'critical',
      findings: [{ reason: 'EtcdQuorumLost', severity: 'critical' }, {}, {}],
    });
  });

  it('is concluded as seen from here when a majority is positively lost', () => {
    const { status, sentence, findings } = say(five().report('m1', DOWN).report('m2', DOWN).from('w1'));

    expect(status).toBe('critical');
    expect(sentence).toBe(
      'etcd has lost its quorum as seen from here: 2 of its 3 members are lost, m1 and m2 (since 14:02:11 UTC).',
    );
    expect(findings[0]).toMatchObject({ nodeSeverity: 'info', nodes: ['m1', 'm2'] });
  });

  it('follows from the loss of the hosts and makes it critical', () => {
    const state = five().powerOff('m1', 'm2').from('w1');

    expect(say(state)).toMatchObject({
      status: 'critical',
      sentence:
        'etcd has lost its quorum as seen from here: m1 and m2 do not answer m3, w1 and w2 (since 14:02:11 UTC); they are powered off, or cut off from m3, w1 and w2.',
    });
    expect(tree(state)).toEqual([
      ['NodesLost/m1', undefined],
      ['EtcdQuorumLost/w1', 'NodesLost/m1'],
    ]);
    const withReader = five().powerOff('m1', 'm2').report('m3', LEADERLESS).from('w1');
    expect(tree(withReader)).toEqual([
      ['NodesLost/m1', undefined],
      ['EtcdQuorumLost/m3', 'NodesLost/m1'],
    ]);
  });

  it('begins when the majority was gone', () => {
    const scene = five()
      .powerOff('m1')
      .member('m1', { sinceMs: SINCE_MS - 600_000 })
      .report('m2', DOWN);

    expect(say(scene.from('w1')).findings.find(({ reason }) => reason === 'EtcdQuorumLost')?.since).toBe(SINCE);
    expect(tree(scene.from('w1'))).toEqual([
      ['NodeUnreachable/m1', undefined],
      ['EtcdQuorumLost/w1', 'NodeUnreachable/m1'],
      ['EtcdMemberDown/m2', 'EtcdQuorumLost/w1'],
    ]);
  });

  it('is blamed on the loss that brought it about, not on the oldest', () => {
    const state = five()
      .powerOff('m1', 'm2', 'm3')
      .member('m1', { sinceMs: SINCE_MS - 600_000 })
      .from('w1');

    expect(say(state).sentence).toMatch(/^No control plane from here: m2 and m3 do not answer .*; 1 more problem\.$/);
    expect(tree(state)).toEqual([
      ['NodesLost/m2', undefined],
      ['EtcdQuorumLost/w1', 'NodesLost/m2'],
      ['NoControlPlaneFromHere/w1', 'NodesLost/m2'],
      ['NodeUnreachable/m1', undefined],
    ]);
  });

  it('of a moment ago does not excuse a member that is down now', () => {
    const ended = {
      reason: 'EtcdNoLeader',
      message: 'no answer',
      severity: 'critical',
      since: SINCE,
      endedMs: 2000,
    } as const;
    const state = createScene(['m1'])
      .report('m1', { ...DOWN, ended: [ended] })
      .from('m1');

    expect(say(state)).toMatchObject({
      status: 'degraded',
      findings: [{ reason: 'EtcdMemberDown', severity: 'warning' }],
    });
  });

  it('that a lost minority does not explain stands for itself', () => {
    const state = five().powerOff('m1').report('m2', HUNG).report('m3', LEADERLESS).from('w1');

    expect(tree(state)).toContainEqual(['EtcdQuorumLost/m3', undefined]);
  });

  it.each<[string, Scene]>([
    ['one of three members is down', five().report('m1', DOWN)],
    ['the host of one is unreachable', five().powerOff('m1')],
    ['one is down and one hangs', five().report('m1', DOWN).report('m2', HUNG)],
    ['one is down and of another only the agent is', five().report('m1', DOWN).kill('m2')],
    ['one is down and another is frozen', five().report('m1', DOWN).freeze('m2')],
    ['one is down and another is suspect', five().report('m1', DOWN).powerOff('m2').member('m2', { state: 'suspect' })],
    ['one is down and another is leaving', five().report('m1', DOWN).leave('m2', 'restart')],
    [
      'one is down and another is overdue',
      five()
        .report('m1', DOWN)
        .report('m2', { ...DOWN, ageMs: 600_000 }),
    ],
    [
      'one is down and another is unknown',
      five()
        .report('m1', DOWN)
        .report('m2', aResult('etcd', { status: 'unknown', why: 'no result', looked: true })),
    ],
    ['nothing from disk is judged yet', five().powerOff('m1', 'm2').mesh({ settled: false })],
    [
      'this node is isolated',
      five()
        .powerOff('m1', 'm2')
        .mesh({ isolated: { sinceMs: 0, witnesses: ['gateway'] } }),
    ],
  ])('is not claimed when %s', (_why, scene) => {
    expect(reasons(scene.from('w1'))).not.toContain('EtcdQuorumLost');
  });

  it('is not claimed from a report that is late', () => {
    const state = five().report('m1', DOWN).report('m2', DOWN).from('w1');
    const nodes = state.nodes.map((node) =>
      node.report.node === 'm2' ? { ...node, freshness: 'lagging' as const } : node,
    );

    expect(reasons({ ...state, nodes })).not.toContain('EtcdQuorumLost');
  });

  it('is not claimed of the only member of a cluster of one node, which is down', () => {
    const state = createScene(['m1']).report('m1', DOWN).from('m1');

    expect(say(state)).toMatchObject({ status: 'degraded', findings: [{ reason: 'EtcdMemberDown' }] });
  });
});
