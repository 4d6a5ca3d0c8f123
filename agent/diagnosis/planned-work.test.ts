/** What is planned is told, wakes nobody, hides nothing else, and is a fault when its time is over. */
import { describe, expect, it } from 'vitest';
import type { ClusterState } from '../model/cluster-state.ts';
import { healthOf } from '../model/health.ts';
import type { Removal } from '../model/kube-state.ts';
import type { Maintenance } from '../model/maintenance.ts';
import { statedEdges } from '../model/stated-edges.ts';
import { diagnose } from './diagnose.ts';
import { CATALOGUE, NOW, NOW_MS, SINCE_MS, type Scene, aKube, aResult, createScene, failing } from './testing.ts';

const MASTERS = ['m1', 'm2', 'm3'];
const five = (): Scene => createScene([...MASTERS, 'w1', 'w2']);
const say = (state: ClusterState) => diagnose(state, NOW, CATALOGUE);
const mark = (node: string, more: Partial<Maintenance> = {}): Maintenance => ({
  node,
  by: 'm1',
  reason: 'new disk',
  sinceMs: SINCE_MS,
  untilMs: NOW_MS + 3_600_000,
  ...more,
});
const inMaintenance = (scene: Scene, ...nodes: readonly string[]): Scene =>
  scene.mesh({ maintenance: nodes.map((node) => mark(node)) });
const told = (state: ClusterState): readonly (readonly string[])[] =>
  say(state).findings.map(({ id, severity }) => [id, severity]);
const EXCUSE = 'in maintenance until 15:05:00 UTC (new disk), by m1';

describe('maintenance', () => {
  it('is told while it lasts', () => {
    const { status, findings } = say(inMaintenance(five(), 'w2').from('m2'));

    expect(status).toBe('healthy');
    expect(findings).toMatchObject([
      {
        id: 'NodeMaintenance/w2',
        severity: 'info',
        nodeSeverity: 'info',
        sentence: `w2 is ${EXCUSE}`,
        observers: ['m1'],
        next: ['When the work is done: meerkat maintenance w2 --end'],
      },
    ]);
  });

  it.each([
    ['is off', 'NodeUnreachable', five().powerOff('w2')],
    ['has no agent', 'AgentDown', five().kill('w2')],
    ['has an agent that hangs', 'AgentUnresponsive', five().freeze('w2')],
  ])('excuses a node that %s, and no longer than it lasts', (_, reason, scene) => {
    const { status, findings } = say(inMaintenance(scene, 'w2').from('m2'));

    expect(status).toBe('healthy');
    const finding = findings.find((one) => one.reason === reason);
    expect(finding).toMatchObject({ severity: 'info', nodeSeverity: 'info', node: 'w2' });
    expect([finding?.sentence, ...(finding?.evidence ?? [])].join()).toContain(EXCUSE);
    expect(told(scene.mesh({ maintenance: [] }).from('m2'))).toEqual([[`${reason}/w2`, 'warning']]);
    expect(say(inMaintenance(scene, 'w1').from('m2')).status).toBe('degraded');
  });

  it('excuses also what was so before, and one of whom nobody can tell', () => {
    const late = five()
      .powerOff('w2')
      .mesh({ maintenance: [mark('w2', { sinceMs: NOW_MS })] });
    expect(say(late.from('m2')).status).toBe('healthy');
    const open = inMaintenance(five().powerOff('w2').member('w2', { state: 'suspect', sinceMs: SINCE_MS }), 'w2');
    expect(told(open.from('m2'))).toEqual([['NodeMaintenance/w2', 'info']]);
  });

  it('excuses what the checks of that node raise, and leaves what it means for the node', () => {
    const scene = five().report('w2', failing('kubelet', 'KubeletDown', 'refused'));
    const { status, findings } = say(inMaintenance(scene, 'w2').from('w2'));

    expect(status).toBe('healthy');
    const finding = findings.find(({ reason }) => reason === 'KubeletDown');
    expect(finding).toMatchObject({ severity: 'info', nodeSeverity: 'critical' });
    expect(finding?.evidence.at(-1)).toBe(`w2 is ${EXCUSE}`);
    expect(told(scene.mesh({ maintenance: [] }).from('w1'))).toEqual([['KubeletDown/w2', 'warning']]);
  });

  it('does not make an ill node well for whoever asks the node itself', () => {
    const state = inMaintenance(five().report('w2', failing('kubelet', 'KubeletDown', 'refused')), 'w2').from('w2');
    const health = healthOf('node', state, say(state), 'critical', NOW);

    expect(health.verdict).toBe('problem');
    expect(health.line).toMatch(/^PROBLEM KubeletDown/);
    expect(health.details.at(-1)).toBe(`w2 is ${EXCUSE}; that excuses nothing here`);
    expect(healthOf('cluster', state, say(state), 'warning', NOW).verdict).toBe('ok');
  });

  it('excuses a member of etcd and an API server of that node while others work', () => {
    const down = failing('etcd', 'EtcdDown', 'nobody listens', {}, { intervalMs: 3000 });
    const api = failing('apiserver', 'ApiserverDown', 'nobody listens', {}, { intervalMs: 3000 });
    const scene = five().report('m3', down, api);

    expect(say(inMaintenance(scene, 'm3').from('w1')).status).toBe('healthy');
    expect(say(inMaintenance(scene, 'm2').from('w1')).status).toBe('degraded');
  });

  it('excuses a path that ends there, from either end, and no other', () => {
    const cut = (): Scene => createScene([...MASTERS, 'w1', 'w2', 'w3']).cut(['w1'], ['w2']);

    for (const node of ['w1', 'w2']) {
      expect(told(inMaintenance(cut(), node).from('m1'))).toEqual([
        ['LinkDown/w1/w2', 'info'],
        [`NodeMaintenance/${node}`, 'info'],
      ]);
    }
    expect(told(inMaintenance(cut(), 'w3').from('m1'))).toContainEqual(['LinkDown/w1/w2', 'warning']);
    const several = inMaintenance(cut().cut(['w1'], ['w3']), 'w2').from('m1');
    expect(told(several)).toContainEqual(['LinkDown/w1', 'warning']);
  });

  it('excuses a path of which only one end says so', () => {
    const said = failing('reachability', 'PeersUnreachable', 'w2 has not answered for 31 s', { severity: 'warning' });
    const seen = (...nodes: readonly string[]): readonly (readonly string[])[] => {
      const scene = createScene([...MASTERS, 'w1', 'w2'])
        .cut(['w1'], ['w2'])
        .report('w1', said);
      const state = inMaintenance(scene, ...nodes).from('m1');
      const reached = state.nodes.map((node) => {
        if (node.report.node !== 'w2') return node;
        const edges = (node.edges?.all() ?? []).map((edge) => ({ ...edge, state: 'good' as const, sinceMs: 0 }));
        return { ...node, edges: statedEdges(edges) };
      });
      return told({ ...state, nodes: reached });
    };

    expect(seen()).toEqual([['PeersUnreachable/w1/w2', 'warning']]);
    for (const node of ['w1', 'w2']) expect(seen(node)).toContainEqual(['PeersUnreachable/w1/w2', 'info']);
    expect(seen('m2')).toContainEqual(['PeersUnreachable/w1/w2', 'warning']);
  });

  it('excuses no second node', () => {
    const { status, findings } = say(inMaintenance(five().powerOff('w1', 'w2'), 'w2').from('m1'));

    expect(status).toBe('degraded');
    expect(findings.map(({ id, severity }) => [id, severity])).toEqual([
      ['NodeUnreachable/w1', 'warning'],
      ['NodeMaintenance/w2', 'info'],
      ['NodeUnreachable/w2', 'info'],
    ]);
  });

  it('excuses nothing that another node sees, too', () => {
    const wrong = failing('dns', 'DnsWrong', 'no answer', { severity: 'warning', subject: '10.96.0.10' });
    const scene = five().report('w1', wrong).report('w2', wrong);

    expect(say(inMaintenance(scene, 'w2').from('m1')).status).not.toBe('healthy');
  });
});

describe('maintenance hides nothing that is critical', () => {
  it('a quorum that is lost with the nodes on which somebody works', () => {
    const { status, findings } = say(inMaintenance(five().powerOff('m2', 'm3'), 'm2', 'm3').from('m1'));

    expect(status).toBe('critical');
    expect(findings.find(({ reason }) => reason === 'EtcdQuorumLost')?.severity).toBe('critical');
  });

  it('a control plane that is gone', () => {
    const scene = five().powerOff(...MASTERS);
    const { status, sentence } = say(inMaintenance(scene, ...MASTERS).from('w1'));

    expect(status).toBe('critical');
    expect(sentence).toMatch(/^No control plane from here/);
  });

  it('the only API server', () => {
    const scene = createScene(['m1', 'w1', 'w2']).report(
      'm1',
      failing('apiserver', 'ApiserverDown', 'nobody listens', {}, { intervalMs: 3000 }),
    );

    expect(say(inMaintenance(scene, 'm1').from('w1')).status).toBe('critical');
  });

  it('nor what is about the cluster as a whole: that no scheduler works', () => {
    const controllers = [{ name: 'kube-scheduler', kind: 'stale', unchangedForMs: 42_000, holder: 'm1_0f8f' }] as const;
    const scene = inMaintenance(five(), 'm1', 'm2').from('w1', { kube: aKube({ controllers }) });
    expect(told(scene)).toContainEqual(['SchedulerDown/m1', 'warning']);

    const down = failing('scheduler', 'SchedulerDown', 'nobody listens', {}, { intervalMs: 3000 });
    const alone = createScene(['m1', 'w1', 'w2']).report('m1', down);
    expect(told(inMaintenance(alone, 'm1').from('w1'))).toContainEqual(['SchedulerDown/m1', 'warning']);
  });

  it('many nodes that are lost beside the one', () => {
    const names = Array.from({ length: 12 }, (_, index) => `w${index + 1}`);
    const scene = createScene(['m1', ...names]).powerOff('w1', 'w2', 'w3', 'w4', 'w5');

    expect(say(inMaintenance(scene, 'w1').from('m1')).status).toBe('critical');
    expect(say(inMaintenance(scene, 'w1', 'w2').from('m1')).status).toBe('degraded');
  });
});

describe('a node that is being removed', () => {
  const removal = (more: Partial<Removal> = {}): Removal => ({
    node: 'w2',
    why: 'tainted karpenter.sh/disrupted',
    isAnnounced: true,
    sinceMs: SINCE_MS,
    ...more,
  });
  const removing = (scene: Scene, more: Partial<Removal> = {}): ClusterState =>
    scene.mesh({ removing: [removal(more)] }).from('m1', { kube: aKube({ removing: [removal(more)] }) });
  const LONG_AGO = NOW_MS - 16 * 60_000;

  it.each([
    ['off', five().powerOff('w2')],
    ['without an agent', five().kill('w2')],
    ['with an agent that hangs', five().freeze('w2')],
  ])('is an info for a quarter of an hour where it is %s', (_, scene) => {
    expect(say(removing(scene))).toMatchObject({ status: 'healthy', findings: [{ severity: 'info', node: 'w2' }] });
    expect(say(removing(scene.member('w2', { sinceMs: LONG_AGO }))).status).toBe('degraded');
  });

  it('is one also where it was cordoned and then lost', () => {
    const cordoned = { why: 'cordoned', isAnnounced: false };
    const scene = five().powerOff('w2');
    expect(say(removing(scene, cordoned))).toMatchObject({ status: 'healthy', findings: [{ severity: 'info' }] });
    expect(say(removing(scene.member('w2', { sinceMs: LONG_AGO }), cordoned)).status).toBe('degraded');
  });

  it('stops its kubelet first, which is nobody’s fault once its removal was announced', () => {
    const scene = (): Scene => five().report('w2', failing('kubelet', 'KubeletDown', 'refused'));
    expect(say(removing(scene()))).toMatchObject({ status: 'healthy' });
    expect(say(removing(scene(), { sinceMs: LONG_AGO })).status).toBe('degraded');
    expect(say(removing(scene(), { why: 'cordoned', isAnnounced: false })).status).toBe('degraded');
  });
});

describe('an agent that is updated', () => {
  it('is an info while it is leaving and while it is expected back, and a fault then', () => {
    expect(told(five().leave('w2', 'restart').from('m1'))).toEqual([['NodeLeaving/w2', 'info']]);
    const killed = (graceUntilMs: number): ClusterState => five().kill('w2').member('w2', { graceUntilMs }).from('m1');
    expect(told(killed(NOW_MS + 1))).toEqual([['AgentDown/w2', 'info']]);
    expect(told(killed(NOW_MS))).toEqual([['AgentDown/w2', 'warning']]);
  });

  it('is no more than that where all are, one after the other', () => {
    const scene = five()
      .leave('w2', 'restart')
      .kill('w1')
      .member('w1', { graceUntilMs: NOW_MS + 1 });
    const updated = scene.describe('m2', { version: '1.1.0' }).report('m2', aResult('kubelet'));
    const { status, findings } = say(updated.from('m1'));
    expect(status).toBe('healthy');
    expect(findings.every(({ severity }) => severity === 'info')).toBe(true);
  });

  it('that shuts down with its host is told, and missed by nobody', () => {
    expect(told(five().leave('w2', 'shutdown').from('m1'))).toEqual([['NodeLeaving/w2', 'info']]);
  });
});
