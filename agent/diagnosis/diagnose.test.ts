import { describe, expect, it } from 'vitest';
import type { ClusterState } from '../model/cluster-state.ts';
import type { CheckResult, EndedProblem, RaisedProblem } from '../model/report.ts';
import type { StoreHealth } from '../model/store-health.ts';
import { diagnose } from './diagnose.ts';
import { CATALOGUE, NOW, SINCE, STORE } from './testing.ts';

function result(check: string, more: Partial<CheckResult> = {}): CheckResult {
  return {
    check,
    status: 'ok',
    problems: [],
    since: SINCE,
    ageMs: 1000,
    durationMs: 5,
    intervalMs: 10_000,
    readings: [],
    confirming: false,
    ended: [],
    ...more,
  };
}

const raised = (reason: string, message: string, more: Partial<RaisedProblem> = {}): RaisedProblem => ({
  reason,
  message,
  severity: 'critical',
  since: SINCE,
  ...more,
});

const failing = (check: string, problem: RaisedProblem, more: Partial<CheckResult> = {}): CheckResult =>
  result(check, { status: 'problem', problems: [problem], ...more });

function state(results: readonly CheckResult[], more: Partial<ClusterState> = {}): ClusterState {
  return {
    self: 'm1',
    nodes: [{ report: { node: 'm1', version: '0', startedAt: SINCE - 3_600_000, results }, elapsedMs: 0 }],
    store: STORE,
    leftOut: [],
    settled: true,
    catchingUp: false,
    ...more,
  };
}

const say = (results: readonly CheckResult[], more: Partial<ClusterState> = {}) =>
  diagnose(state(results, more), NOW, CATALOGUE);

describe('status', () => {
  it('is healthy when what could look is fine, and says what could not', () => {
    const since = SINCE - 3_600_000;
    const { status, sentence } = say([
      result('disk-space'),
      result('etcd', { status: 'absent', why: 'nobody listens' }),
      result('conntrack', { status: 'unknown', why: 'not loaded', since }),
    ]);
    expect(status).toBe('healthy');
    expect(sentence).toBe(
      'Nothing is wrong on m1: 1 check is fine; 1 found nothing of their kind here; could not look: conntrack.',
    );
  });

  it('is unknown before it has looked and when nothing can look', () => {
    expect(say([], { settled: false }).status).toBe('unknown');
    const blind = result('disk-space', { status: 'unknown', why: 'EACCES', since: SINCE - 3_600_000 });
    expect(say([blind]).status).toBe('unknown');
  });

  it('is critical before it has settled when a critical cause was seen', () => {
    const quorum = failing('etcd', raised('EtcdNoLeader', 'the linearizable read got no answer in 800 ms'));
    expect(say([quorum], { settled: false }).status).toBe('critical');
  });

  it('is degraded, never critical, for one member that is down', () => {
    const { status, sentence } = say([failing('etcd', raised('EtcdDown', 'nobody listens on 127.0.0.1:2379'))]);
    expect(status).toBe('degraded');
    expect(sentence).toBe('The etcd member on m1 is down: nobody listens on 127.0.0.1:2379 (since 14:02:11 UTC).');
  });
});

describe('causes and consequences', () => {
  const runtime = failing('container-runtime', raised('RuntimeDown', 'nobody listens on /run/docker.sock'));
  const start = (message: string, since = SINCE + 5000): CheckResult =>
    failing('container-start', raised('ContainersCannotStart', message, { since }), { intervalMs: 60_000 });

  it('folds what the evidence explains', () => {
    const { findings, sentence } = say([start('create: connection refused'), runtime, result('disk-space')]);
    expect(findings.map(({ reason, causedBy }) => [reason, causedBy])).toEqual([
      ['RuntimeDown', undefined],
      ['ContainersCannotStart', 'RuntimeDown/m1'],
    ]);
    expect(sentence).toContain('; as a consequence: containers cannot start.');
  });

  it('folds a start that found no socket where a stopped runtime took it away', () => {
    const { findings } = say([start('no socket of a container runtime is on this host'), runtime]);
    expect(findings[1]).toMatchObject({ reason: 'ContainersCannotStart', causedBy: 'RuntimeDown/m1' });
  });

  it('leaves a cause of its own standing where the evidence says otherwise', () => {
    const { findings } = say([start('create: no space left on device'), runtime]);
    expect(findings.every(({ causedBy }) => causedBy === undefined)).toBe(true);
  });

  it('does not let a cause explain what began long before it', () => {
    const { findings } = say([start('connection refused', SINCE - 600_000), runtime]);
    expect(findings.every(({ causedBy }) => causedBy === undefined)).toBe(true);
  });

  it('gives a consequence two intervals to follow its cause, then takes it for a cause', () => {
    const ended = (endedMs: number): CheckResult => {
      const problem: EndedProblem = { ...raised('RuntimeDown', 'nobody listens'), endedMs };
      return result('container-runtime', { ended: [problem] });
    };
    const soon = say([start('connection refused'), ended(60_000)]);
    expect(soon.findings).toMatchObject([{ reason: 'ContainersCannotStart', severity: 'info' }]);
    expect(soon.status).toBe('healthy');
    const late = say([start('connection refused'), ended(130_000)]);
    expect(late.findings).toMatchObject([{ reason: 'ContainersCannotStart', severity: 'warning' }]);
    expect(late.status).toBe('degraded');
  });

  it('orders causes by severity, then by age, the same at every call', () => {
    const results = [
      failing('disk-space', raised('FilesystemReadOnly', 'it is read-only', { subject: '/data' })),
      failing('etcd', raised('EtcdNoLeader', 'no answer')),
      failing('pids', raised('PidsExhausted', 'no pids', { severity: 'warning', since: SINCE - 60_000 })),
    ];
    const order = say(results).findings.map(({ reason }) => reason);
    expect(order).toEqual(['EtcdQuorumLost', 'FilesystemReadOnly', 'PidsExhausted']);
    expect(say(results.toReversed()).findings.map(({ reason }) => reason)).toEqual(order);
  });
});

describe('the agent itself', () => {
  it('says that a check which could look no longer can', () => {
    const { status, findings } = say([
      result('disk-space'),
      result('kubelet', { status: 'unknown', why: 'no result within 1s', cutShort: 'timeout' }),
    ]);
    expect(status).toBe('degraded');
    expect(findings).toMatchObject([{ reason: 'AgentImpaired', check: 'kubelet' }]);
  });

  it('counts an overdue result as nothing, whatever it says', () => {
    const { findings, status } = say([failing('etcd', raised('EtcdNoLeader', 'x'), { ageMs: 31_000 }), result('pids')]);
    expect(findings.map(({ reason }) => reason)).toEqual(['AgentImpaired']);
    expect(status).toBe('degraded');
  });

  it('blames nobody for results that grew old while the agent was paused', () => {
    const old = [failing('etcd', raised('EtcdNoLeader', 'x'), { ageMs: 31_000 }), result('pids')];
    const { findings, status, sentence } = say(old, { catchingUp: true });
    expect(findings).toEqual([]);
    expect(status).toBe('unknown');
    expect(sentence).toBe('The agent on m1 was paused and has not looked at everything again yet.');
    expect(say([result('pids')], { catchingUp: true }).status).toBe('healthy');
  });

  it('says the same of an overdue check as time goes by', () => {
    const sentences = [31_000, 47_000].map((ageMs) => say([result('pids', { ageMs })]).findings[0]?.sentence);
    expect(sentences).toEqual(Array(2).fill('pids on m1 cannot look: it should run every 10s and does not'));
  });

  it('names the check that is left out once', () => {
    const { findings } = say(
      [result('disk-space'), result('etcd', { status: 'unknown', why: 'it blocked the agent' })],
      { leftOut: [{ check: 'etcd', why: 'it blocked the agent', at: SINCE }] },
    );
    expect(findings).toMatchObject([{ reason: 'CheckLeftOut', check: 'etcd' }]);
  });

  it.each([
    [{ state: 'stalled', message: 'a write has not come back for 7s' }, 'DiskStalled', 'degraded'],
    [{ state: 'full', message: 'no space left' }, 'StoreUnavailable', 'degraded'],
    [{ state: 'read-only', message: 'read-only file system' }, 'StoreUnavailable', 'degraded'],
    [{ setAside: { path: '/x.corrupt', why: 'corrupt', at: NOW - 1000 } }, 'StoreSetAside', 'healthy'],
  ] satisfies [Partial<StoreHealth>, string, string][])('says how its store is: %j', (store, reason, status) => {
    const diagnosis = say([result('disk-space')], { store: { ...STORE, since: SINCE, ...store } });
    expect(diagnosis.findings).toMatchObject([{ reason }]);
    expect(diagnosis.status).toBe(status);
  });

  it('does not fold a full store under the full disk of somebody else', () => {
    const full = failing('disk-space', raised('DiskFull', '0 bytes are left', { subject: '/home' }));
    const store = { ...STORE, state: 'full' as const, since: SINCE, message: 'no space left on device' };
    expect(say([full], { store }).findings.every(({ causedBy }) => causedBy === undefined)).toBe(true);
  });

  it('says that a store does not open, but not at once', () => {
    const opening = (since: number) => say([result('disk-space')], { store: { ...STORE, state: 'opening', since } });
    expect(opening(NOW - 5000).findings).toEqual([]);
    expect(opening(NOW - 20_000).findings).toMatchObject([{ reason: 'StoreUnavailable' }]);
  });

  it('folds a full store under the full disk', () => {
    const full = failing('disk-space', raised('DiskFull', '0 bytes are left', { subject: '/var' }));
    const store = { ...STORE, state: 'full' as const, since: SINCE, message: 'no space left on device' };
    expect(say([full], { store }).findings).toMatchObject([
      { reason: 'DiskFull' },
      { reason: 'StoreUnavailable', causedBy: 'DiskFull/m1//var' },
    ]);
  });
});
