import { describe, expect, it } from 'vitest';
import type { ClusterState } from '../model/cluster-state.ts';
import type { CheckResult, RaisedProblem } from '../model/report.ts';
import { diagnose } from './diagnose.ts';
import { CATALOGUE, NOW, SINCE, aKube, aResult, createScene, failing } from './testing.ts';

const INTERVAL = { intervalMs: 3000 };
const say = (state: ClusterState) => diagnose(state, NOW, CATALOGUE);
const tree = (state: ClusterState) => say(state).findings.map(({ id, causedBy }) => [id, causedBy]);
const severities = (state: ClusterState) => say(state).findings.map(({ id, severity }) => `${id} ${severity}`);

const at = (check: string, reason: string, message: string, more: Partial<RaisedProblem> = {}): CheckResult =>
  failing(check, reason, message, more, INTERVAL);
const DOWN = at('apiserver', 'ApiserverDown', 'nobody listens on 127.0.0.1:6443');
const HUNG = at('apiserver', 'ApiserverHung', 'kube-apiserver accepts connections and does not answer');
const WITHOUT_ETCD = at('apiserver', 'ApiserverNotReady', '/readyz answers 500: [-]etcd failed: reason withheld.', {
  since: SINCE + 1000,
});
const ETCD_DOWN = at('etcd', 'EtcdDown', 'nobody listens on 127.0.0.1:2379');
const LEADERLESS = at('etcd', 'EtcdNoLeader', 'no answer in 800 ms');

const masters = () => createScene(['m1', 'm2', 'm3', 'w1', 'w2']);

it('what an agent said of its control plane stands for three minutes after it ended, and nothing else of it', () => {
  const kubelet = at('kubelet', 'KubeletUnhealthy', 'not healthy');
  const three = (...results: readonly CheckResult[]) =>
    createScene(['m1', 'w1', 'w2']).report('m1', kubelet, ...results);
  const ended = (...results: readonly CheckResult[]) =>
    three(...results)
      .kill('m1')
      .from('w1');
  const later = (state: ClusterState, ms: number) => diagnose(state, NOW + ms, CATALOGUE).findings.map(({ id }) => id);

  expect(say(ended(DOWN))).toMatchObject({
    status: 'critical',
    sentence:
      'The API server on m1 is down: nobody listens on 127.0.0.1:6443, as its agent said before it ended (since 14:02:11 UTC); 1 more problem.',
    findings: [{ reason: 'ApiserverDown' }, { reason: 'AgentDown' }],
  });
  expect(later(ended(DOWN), 10_000)).toContain('ApiserverDown/m1');
  expect(later(ended(DOWN), 12_000)).toEqual(['AgentDown/m1']);
  expect(later(three(DOWN).leave('m1', 'restart').from('w1'), 0)).toContain('ApiserverDown/m1');
  expect(later(ended(), 0)).toEqual(['AgentDown/m1']);
  // It was old already.
  expect(later(ended({ ...DOWN, ageMs: 200_000 }), 0)).toEqual(['AgentDown/m1']);
  // Its host is lost, which is another story.
  expect(later(three(DOWN).powerOff('m1').from('w1'), 0)).not.toContain('ApiserverDown/m1');
});

describe('an API server', () => {
  it('that is down is a warning while another serves', () => {
    const state = masters().report('m1', DOWN).report('m2', HUNG).from('w1');

    expect(say(state)).toMatchObject({
      status: 'degraded',
      sentence: 'The API server on m1 is down: nobody listens on 127.0.0.1:6443 (since 14:02:11 UTC); 1 more problem.',
    });
    expect(severities(state)).toEqual(['ApiserverDown/m1 warning', 'ApiserverDown/m2 warning']);
  });

  it('that is away no longer than a restart is only told while another serves', () => {
    const since = (agoMs: number) => ({ since: NOW - agoMs });
    const down = (agoMs: number) => at('apiserver', 'ApiserverDown', 'nobody listens', since(agoMs));
    const starts = at('apiserver', 'ApiserverNotReady', '[-]poststarthook/rbac failed', since(20_000));
    const said = (...results: readonly CheckResult[]) => {
      const scene = masters();
      for (const [index, result] of results.entries()) scene.report(`m${index + 1}`, result);
      return [say(scene.from('w1')).status, ...severities(scene.from('w1'))];
    };

    expect(said(down(29_000))).toEqual(['healthy', 'ApiserverDown/m1 info']);
    expect(said(starts)).toEqual(['healthy', 'ApiserverNotReady/m1 info']);
    expect(said(down(30_000))).toEqual(['degraded', 'ApiserverDown/m1 warning']);
    expect(said(down(20_000), starts, down(20_000))[0]).toBe('critical');
    expect(say(createScene(['m1', 'w1', 'w2']).report('m1', down(5000)).from('w1')).status).toBe('critical');
  });

  it('that is the only one is critical', () => {
    const state = createScene(['m1', 'w1', 'w2']).report('m1', HUNG).from('w2');

    expect(say(state)).toMatchObject({
      status: 'critical',
      sentence:
        'The API server on m1 does not answer: kube-apiserver accepts connections and does not answer (since 14:02:11 UTC).',
    });
  });

  it('is one finding when none serves, which began with the last of them', () => {
    const last = at('apiserver', 'ApiserverDown', 'nobody listens on 127.0.0.1:6443', { since: SINCE + 60_000 });
    const { status, sentence, findings } = say(
      masters().report('m1', DOWN).report('m2', last).report('m3', HUNG).from('w1'),
    );

    expect(status).toBe('critical');
    expect(sentence).toBe(
      'No API server serves as seen from here: those on m1 and m2 are down, that on m3 does not answer (since 14:03:11 UTC).',
    );
    expect(findings).toMatchObject([
      { reason: 'ApiserverDown', severity: 'critical', nodes: ['m1', 'm2', 'm3'], observers: ['m1', 'm2', 'm3'] },
    ]);
  });

  it('is the last one when the others are on hosts that are lost', () => {
    const state = masters().powerOff('m1', 'm2').report('m3', DOWN).from('w1');

    expect(severities(state)).toContain('ApiserverDown/m3 critical');
    expect(say(state).findings.find(({ reason }) => reason === 'ApiserverDown')?.sentence).toBe(
      'No API server serves as seen from here: that on m3 is down, those on m1 and m2 are lost',
    );
  });

  it('is not the last one where another control-plane node does not tell', () => {
    const labelled = () =>
      createScene(['m1', 'w1', 'w2'])
        .report('m1', DOWN)
        .mesh({ controlPlane: ['w1'] });
    const blind = aResult('apiserver', { status: 'unknown', why: 'no permission' });

    expect(say(labelled().from('w2')).status).toBe('critical');
    expect(say(labelled().report('w1', blind).from('w2')).status).toBe('degraded');
  });

  it('that a reader of the Nodes has asked since is one that nobody knows; before the last one failed that says nothing', () => {
    const late = at('apiserver', 'ApiserverDown', 'nobody listens on 127.0.0.1:6443', { since: NOW - 30_000 });
    const scene = masters().report('m1', DOWN).report('m2', late).report('m3', DOWN);
    const readBefore = (ageMs: number) =>
      say(scene.from('w1', { kube: aKube({ roster: { reader: 'm2', ageMs, isCurrent: true, nodes: 5, omitted: 0 } }) }))
        .status;

    expect(readBefore(1000)).toBe('degraded');
    expect(readBefore(40_000)).toBe('critical');
  });

  it('of which nothing is known may serve', () => {
    const blind = aResult('apiserver', { status: 'unknown', why: 'no permission', looked: true });
    const unknown = masters().report('m1', DOWN).report('m2', DOWN).report('m3', blind).from('w1');
    const late = masters().report('m1', DOWN).report('m2', DOWN).kill('m3').from('w1', {});

    expect(say(unknown).status).toBe('degraded');
    expect(say(late).status).toBe('degraded');
  });

  it('of somebody else’s is no trouble', () => {
    expect(say(createScene(['w1', 'w2']).from('w1')).findings).toEqual([]);
  });
});

describe('an API server that is not ready', () => {
  it('for want of etcd follows from the lost quorum', () => {
    const state = masters()
      .report('m1', ETCD_DOWN, WITHOUT_ETCD)
      .report('m2', ETCD_DOWN, WITHOUT_ETCD)
      .report('m3', LEADERLESS, WITHOUT_ETCD)
      .from('w1');

    expect(say(state).sentence).toBe(
      'etcd has lost its quorum as seen from m3: no answer in 800 ms (since 14:02:11 UTC); as a consequence: API servers m1, m2 and m3 not ready.',
    );
    expect(tree(state).filter(([id]) => id?.startsWith('Apiserver') === true)).toEqual(
      ['m1', 'm2', 'm3'].map((name) => [`ApiserverNotReady/${name}`, 'EtcdQuorumLost/m3']),
    );
  });

  it('for want of the etcd beside it follows from that', () => {
    const silent = at(
      'apiserver',
      'ApiserverNotReady',
      'https://127.0.0.1:6443/readyz is silent while /version answers: no full answer.',
    );
    for (const one of [WITHOUT_ETCD, silent])
      expect(tree(masters().report('m1', ETCD_DOWN, one).from('w1'))).toEqual([
        ['EtcdMemberDown/m1', undefined],
        ['ApiserverNotReady/m1', 'EtcdMemberDown/m1'],
      ]);
  });

  it('for another reason, or beside another etcd, is a trouble of its own', () => {
    const other = at('apiserver', 'ApiserverNotReady', '/readyz answers 500: [-]etcd failed; [-]informer-sync failed.');
    const causes = (state: ClusterState) => tree(state).map(([id, causedBy]) => [id, causedBy ?? 'none']);

    expect(causes(masters().report('m1', ETCD_DOWN, other).from('w1'))).toContainEqual([
      'ApiserverNotReady/m1',
      'none',
    ]);
    expect(causes(masters().report('m2', ETCD_DOWN).report('m1', WITHOUT_ETCD).from('w1'))).toContainEqual([
      'ApiserverNotReady/m1',
      'none',
    ]);
  });
});

describe('a scheduler', () => {
  const running = aResult('scheduler', INTERVAL);
  const dead = at('scheduler', 'SchedulerDown', 'nobody listens on 127.0.0.1:10259', { since: SINCE + 2000 });
  const hung = at('scheduler', 'SchedulerHung', 'kube-scheduler accepts connections and does not answer');
  const three = () => masters().report('m1', running).report('m2', running).report('m3', running);

  it('that is out of order while another works leaves no standby, or one less', () => {
    const state = three().report('m2', dead).from('w1');

    expect(say(state)).toMatchObject({
      status: 'degraded',
      sentence: 'The scheduler on m2 is down: nobody listens on 127.0.0.1:10259 (since 14:02:13 UTC).',
      findings: [{ id: 'NoStandby/m2/scheduler', nodeSeverity: 'critical' }],
    });
  });

  it('that is away no longer than a restart is only told', () => {
    const away = at('scheduler', 'SchedulerDown', 'nobody listens on 127.0.0.1:10259', { since: NOW - 20_000 });

    expect(say(three().report('m2', away).from('w1'))).toMatchObject({
      status: 'healthy',
      findings: [{ id: 'NoStandby/m2/scheduler', severity: 'info' }],
    });
    expect(say(three().report('m1', away).report('m2', away).report('m3', away).from('w1')).status).toBe('degraded');
  });

  it('is one finding when none works', () => {
    const { status, sentence, findings } = say(
      three().report('m1', dead).report('m2', hung).report('m3', dead).from('w1'),
    );

    expect(status).toBe('degraded');
    expect(sentence).toBe(
      'No scheduler works as seen from here: those on m1 and m3 are down, that on m2 does not answer; new pods are placed on no node (since 14:02:13 UTC).',
    );
    expect(findings).toMatchObject([{ id: 'SchedulerDown/m1', nodes: ['m1', 'm2', 'm3'] }]);
  });

  it('that is down on one master explains nothing on the others', () => {
    const all = three().report('m1', DOWN, dead).report('m2', dead).report('m3', dead).from('w1');

    expect(tree(all)).toEqual([
      ['ApiserverDown/m1', undefined],
      ['SchedulerDown/m1', undefined],
    ]);
  });

  it('of nobody who is known works where the Lease is renewed', () => {
    const scene = createScene(['m1', 'w1', 'w2']).report('m1', dead);
    const state = scene.from('w1');
    const controllers = [{ name: 'kube-scheduler', kind: 'renewed', unchangedForMs: 2000 }] as const;
    const known = scene.from('w1', { kube: aKube({ controllers }) });

    expect(say(state).findings.map(({ reason }) => reason)).toEqual(['SchedulerDown']);
    expect(say(known).findings.map(({ reason }) => reason)).toEqual(['NoStandby']);
  });

  it('that ended because its API server is gone is no trouble of its own', () => {
    const state = three().report('m1', DOWN, dead).from('w1');

    expect(tree(state)).toEqual([
      ['ApiserverDown/m1', undefined],
      ['NoStandby/m1/scheduler', 'ApiserverDown/m1'],
    ]);
  });

  it('that hangs does so by itself', () => {
    const state = three().report('m1', DOWN, hung).from('w1');

    expect(tree(state).map(([, causedBy]) => causedBy)).toEqual([undefined, undefined]);
  });
});

it('a controller manager that is the only one takes its work along', () => {
  const dead = at('controller-manager', 'ControllerManagerDown', 'nobody listens on 127.0.0.1:10257');

  expect(say(createScene(['m1', 'w1']).report('m1', dead).from('w1'))).toMatchObject({
    status: 'degraded',
    sentence:
      'The controller manager on m1 is down: nobody listens on 127.0.0.1:10257; nothing that fails is replaced, and no node is called not ready (since 14:02:11 UTC).',
  });
});
