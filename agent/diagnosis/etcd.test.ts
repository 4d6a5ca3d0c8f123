import { describe, expect, it } from 'vitest';
import type { ClusterState } from '../model/cluster-state.ts';
import type { KubeState } from '../model/kube-state.ts';
import type { EndedProblem, RaisedProblem } from '../model/report.ts';
import { diagnose } from './diagnose.ts';
import {
  CATALOGUE,
  NOW,
  NOW_MS,
  SINCE,
  SINCE_MS,
  type Scene,
  aKube,
  aResult,
  createScene,
  failing,
} from './testing.ts';

const say = (state: ClusterState) => diagnose(state, NOW, CATALOGUE);
const masters = () => createScene(['m1', 'm2', 'm3', 'w1', 'w2']);
const at = (reason: string, message: string, more: Partial<RaisedProblem> = {}) =>
  failing('etcd', reason, message, { severity: 'warning', ...more }, { intervalMs: 3000 });

const SLOW = at('EtcdSlow', 'etcd on 127.0.0.1:2379 takes 1.8 s for a sync of its log (p99 of 60 in 30 s).');
const flapping = (since = SINCE) =>
  at('EtcdLeaderFlapping', 'etcd on 127.0.0.1:2379 has seen 4 changes of the leader in 5 min.', { since });

it('a slow member is named with what it takes', () => {
  expect(say(masters().report('m2', SLOW).from('w1'))).toMatchObject({
    status: 'degraded',
    sentence:
      'The etcd member on m2 cannot write fast enough: etcd on 127.0.0.1:2379 takes 1.8 s for a sync of its log (p99 of 60 in 30 s) (since 14:02:11 UTC).',
    findings: [{ id: 'EtcdSlow/m2', severity: 'warning' }],
  });
});

it('leaders that change are one finding, whoever counts them', () => {
  const { findings } = say(masters().report('m1', flapping()).report('m3', flapping()).from('m2'));
  expect(findings).toMatchObject([
    {
      reason: 'EtcdLeaderFlapping',
      severity: 'warning',
      nodes: ['m1', 'm3'],
      observers: ['m1', 'm3'],
      sentence: expect.stringContaining('as m1 and m3 see it: etcd on 127.0.0.1:2379 has seen 4 changes') as string,
    },
  ]);
});

it('a leader that is slow explains what misses the majority, its API server and its disk', () => {
  const leaderless = at('EtcdNoLeader', 'etcd on 127.0.0.1:2379 does not reach the majority', {
    severity: 'critical',
    since: SINCE - 5000,
  });
  const waits = failing('apiserver', 'ApiserverNotReady', '/readyz answers 500: [-]etcd failed: reason withheld');
  const disk = (reason: string) => failing('disk-latency', reason, 'writes take long', { subject: '/var/lib/meerkat' });
  const slow = masters().report('m2', SLOW, waits, disk('DiskSlow')).report('m1', leaderless);
  const causes = (state: ClusterState) =>
    say(state).findings.flatMap(({ id, causedBy }) => (causedBy === undefined ? [id] : []));

  expect(causes(slow.from('w1'))).toEqual(['EtcdSlow/m2']);
  const stalled = masters()
    .report('m2', disk('DiskStalled'), leaderless)
    .report('m1', leaderless)
    .report('m3', leaderless);
  expect(causes(stalled.from('w1'))).toEqual(['DiskStalled/m2']);
  expect(causes(slow.report('m2', disk('DiskStalled')).report('m3', leaderless).from('w1'))).toEqual([
    'DiskStalled/m2',
  ]);
  expect(say(masters().report('m2', SLOW).report('m1', leaderless).report('m3', leaderless).from('w1'))).toMatchObject({
    status: 'critical',
    sentence: expect.stringMatching(/^etcd has lost its quorum .*: The etcd member on m2 cannot write fast enough/),
  });
});

it('a slow member does not explain a quorum whose members are gone, nor another node’s disk or API server', () => {
  const down = at('EtcdDown', 'nobody listens on 127.0.0.1:2379', { severity: 'critical' });
  const gone = masters().report('m2', SLOW).report('m1', down).report('m3', down);
  const waits = failing('apiserver', 'ApiserverNotReady', '/readyz answers 500: [-]poststarthook/x failed');
  const causes = (state: ClusterState) =>
    say(state).findings.flatMap(({ id, causedBy }) => (causedBy === undefined ? [id] : []));

  expect(causes(gone.from('w1'))).toEqual(['EtcdQuorumLost/w1', 'EtcdSlow/m2']);
  const elsewhere = masters()
    .report('m2', SLOW, waits)
    .report('w2', failing('disk-latency', 'DiskSlow', 'writes take long', { severity: 'warning' }));
  expect(causes(elsewhere.from('w1')).toSorted()).toEqual(['ApiserverNotReady/m2', 'DiskSlow/w2', 'EtcdSlow/m2']);
});

it('leaders change because a member is slow', () => {
  const { sentence, findings } = say(
    masters()
      .report('m2', SLOW)
      .report('m1', flapping(SINCE + 120_000))
      .from('w1'),
  );
  expect(sentence).toMatch(/^The etcd member on m2 cannot write fast enough/);
  expect(findings.map(({ reason, causedBy }) => [reason, causedBy])).toEqual([
    ['EtcdSlow', undefined],
    ['EtcdLeaderFlapping', 'EtcdSlow/m2'],
  ]);
});

it('a member that does not fit is one finding for all who see it, a file is its node’s own', () => {
  const foreign = (who: string) =>
    at(
      'EtcdMisconfigured',
      `http://10.0.0.3:2379, where etcd on ${who} has its member m3, belongs to another cluster.`,
      {
        subject: '10.0.0.3:2379',
      },
    );
  const untrusted = at('EtcdMisconfigured', 'etcd trusts clients that another authority has signed.', {
    subject: '/etc/kubernetes/pki/apiserver-etcd-client.crt',
  });
  const of = (state: ClusterState) =>
    say(state).findings.map(({ reason, node, observers }) => [reason, node, observers.join()]);
  expect(
    of(masters().report('m1', foreign('10.0.0.1:2379')).report('m2', foreign('10.0.0.2:2379')).from('w1')),
  ).toEqual([['EtcdMisconfigured', 'm1', 'm1,m2']]);
  expect(of(masters().report('m1', untrusted).report('m2', untrusted).from('w1'))).toEqual([
    ['EtcdMisconfigured', 'm1', 'm1'],
    ['EtcdMisconfigured', 'm2', 'm2'],
  ]);
});

describe('a member on old data, which the others are said to be on', () => {
  const apiServers = [1, 2, 3].map((index) => ({ address: `10.0.0.${index}:6443`, node: `m${index}` }));
  const foreign = (...places: readonly number[]) => ({
    problems: places.map((place) => ({
      reason: 'EtcdMisconfigured',
      subject: `10.0.0.${place}:2379`,
      message: `http://10.0.0.${place}:2379 belongs to another cluster of etcd.`,
      severity: 'warning' as const,
      since: SINCE,
    })),
  });
  const alone = at('EtcdNoLeader', 'etcd on 127.0.0.1:2379 does not reach the majority.', { severity: 'critical' });
  const old = { ...alone, problems: [...alone.problems, ...foreign(1, 2).problems] };
  const said = (scene: Scene, kube: KubeState = aKube({ apiServers })) =>
    say(scene.from('w1', { kube })).findings.flatMap(({ reason, subject, observers }) =>
      reason === 'EtcdMisconfigured' ? [[subject, observers.join()]] : [],
    );
  const other = (...places: readonly number[]) => ({ ...at('EtcdMisconfigured', ''), ...foreign(...places) });

  it('accuses nobody while those with the majority accuse it', () => {
    const scene = masters().report('m1', other(3)).report('m2', other(3)).report('m3', old);
    for (const kube of [aKube({ apiServers }), aKube()])
      expect(said(scene, kube)).toEqual([['10.0.0.3:2379', 'm1,m2']]);
  });

  it('is heard where nobody accuses it, and where the majority accuses another one', () => {
    expect(said(masters().report('m3', old))).toEqual([
      ['10.0.0.1:2379', 'm3'],
      ['10.0.0.2:2379', 'm3'],
    ]);
    expect(said(masters().report('m1', other(2)).report('m3', old)).map(([place]) => place)).toEqual([
      '10.0.0.2:2379',
      '10.0.0.1:2379',
    ]);
  });
});

it('a member that alone misses the majority is a warning while the others have it', () => {
  const alone = failing(
    'etcd',
    'EtcdNoLeader',
    'etcd on 127.0.0.1:2379 does not reach the majority.',
    {},
    { intervalMs: 3000 },
  );
  const { status, sentence, findings } = say(masters().report('m2', alone).from('w1'));
  expect(status).toBe('degraded');
  expect(sentence).toMatch(/^The etcd member on m2 misses the majority, which m1 and m3 have: /);
  expect(findings).toMatchObject([{ id: 'EtcdMemberDown/m2', severity: 'warning', dissent: ['m1', 'm3'] }]);

  const slow = say(
    masters()
      .report('m2', {
        ...alone,
        problems: [...alone.problems, ...SLOW.problems],
      })
      .from('w1'),
  );
  expect(slow.findings.map(({ reason, causedBy }) => [reason, causedBy])).toEqual([
    ['EtcdSlow', undefined],
    ['EtcdMemberDown', 'EtcdSlow/m2'],
  ]);
  expect(say(masters().report('m1', alone).report('m2', alone).report('m3', alone).from('w1'))).toMatchObject({
    status: 'critical',
    findings: [{ reason: 'EtcdQuorumLost' }],
  });
});

it('warnings on the members that serve make no lost quorum of one that does not', () => {
  const alone = failing('etcd', 'EtcdNoLeader', 'it does not reach the majority.', {}, { intervalMs: 3000 });
  const full = at('EtcdNearQuota', 'The database has 1.9 GiB, 95 % of its quota.');
  const { status, findings } = say(masters().report('m1', full).report('m2', full).report('m3', alone).from('w1'));
  expect(status).toBe('degraded');
  expect(findings.map(({ id }) => id).sort()).toEqual(['EtcdMemberDown/m3', 'EtcdNearQuota/m1', 'EtcdNearQuota/m2']);
});

it('what one member counts no more hides nothing of what others count', () => {
  const ended = (reason: string, message: string) => {
    const { problems, ...result } = at(reason, message);
    const [problem] = problems;
    return {
      ...result,
      status: 'ok' as const,
      problems: [],
      ended: problem === undefined ? [] : [{ ...problem, endedMs: 1000 }],
    };
  };
  const gone = ended('EtcdLeaderFlapping', 'etcd on 127.0.0.1:2379 has seen 6 changes of the leader in 5 min.');
  expect(say(masters().report('m1', gone).report('m3', flapping()).from('m2')).findings).toMatchObject([
    { reason: 'EtcdLeaderFlapping', nodes: ['m3'], observers: ['m3'] },
  ]);
});

describe('a member that others do not find', () => {
  const apiServers = [1, 2, 3].map((index) => ({ address: `10.0.0.${index}:6443`, node: `m${index}` }));
  const gone = (place = '10.0.0.2:2379') =>
    at('EtcdMemberGone', `etcd on 127.0.0.1:2379 has a member m2 at http://${place}, where nobody listens.`, {
      subject: place,
    });
  const seen = (scene = masters(), place?: string) => scene.report('m1', gone(place)).report('m3', gone(place));
  const findings = (scene: Scene, kube: KubeState = aKube({ apiServers })) =>
    say(scene.from('w1', { kube })).findings.filter(({ reason }) => reason.startsWith('Etcd'));

  it('is down where its agent is gone', () => {
    for (const scene of [masters().kill('m2'), masters().freeze('m2')])
      expect(findings(seen(scene))).toMatchObject([
        {
          id: 'EtcdMemberDown/m2',
          severity: 'warning',
          nodeSeverity: 'critical',
          observers: ['m1', 'm3'],
          // Nobody is told to take a member out of whom the node is known.
          next: ['mend EtcdDown'],
          sentence: expect.stringMatching(/^The etcd member on m2 is down as seen from m1 and m3: /) as string,
        },
      ]);
  });

  it('is that of the only master that fell silent before, where nobody knows whose the address is', () => {
    const silentSince = (sinceMs: number) => masters().kill('m2').member('m2', { sinceMs });
    const elsewhere = '192.0.2.2:2379';

    expect(findings(seen(silentSince(SINCE_MS - 1000), elsewhere)).map(({ id }) => id)).toEqual(['EtcdMemberDown/m2']);
    expect(findings(seen(silentSince(SINCE_MS - 1000)), aKube()).map(({ id }) => id)).toEqual(['EtcdMemberDown/m2']);
    // Missed before: it is another one.
    expect(findings(seen(silentSince(SINCE_MS + 5000), elsewhere))).toEqual([]);
    expect(findings(masters().kill('m2', 'm3').report('m1', gone(elsewhere)), aKube())).toEqual([]);
  });

  it('is left in the list where its node has no etcd, or there is none, for ten minutes', () => {
    const long = (since: number, place = '10.0.0.2:2379') =>
      at('EtcdMemberGone', 'nobody listens there.', { subject: place, since });
    const absent = aResult('etcd', { status: 'absent' });
    const said = (since: number, scene = masters().report('m2', absent)) =>
      findings(scene.report('m1', long(since)).report('m3', long(since)));

    expect(said(NOW - 300_000)).toEqual([]);
    expect(said(NOW - 601_000)).toMatchObject([
      {
        reason: 'EtcdMemberGone',
        severity: 'warning',
        nodes: ['m1', 'm3'],
        sentence: expect.stringMatching(
          /^etcd lists a member at 10\.0\.0\.2:2379 that is gone, as seen from m1 and m3/,
        ) as string,
      },
    ]);
    expect(said(NOW - 601_000, masters().report('m2', aResult('etcd')))).toEqual([]);
    expect(findings(masters().report('m1', long(NOW - 601_000, '192.0.2.9:2379')))).toMatchObject([
      { reason: 'EtcdMemberGone', nodes: ['m1'] },
    ]);
  });

  it('is to be taken out by a majority alone', () => {
    const long = at('EtcdMemberGone', 'nobody listens there.', { subject: '192.0.2.9:2379', since: NOW - 601_000 });
    const leaderless = at('EtcdNoLeader', 'etcd does not reach the majority.', { severity: 'critical' });
    const nextOf = (scene: Scene) => findings(scene).find(({ reason }) => reason === 'EtcdMemberGone')?.next;

    expect(nextOf(masters().report('m1', long))).toEqual(['mend EtcdMemberGone']);
    const all = { ...leaderless, problems: [...leaderless.problems, ...long.problems] };
    const lost = masters().report('m1', all).report('m2', leaderless).report('m3', leaderless);
    expect(nextOf(lost)).toEqual(['First bring the quorum back: until then no member can be taken out']);
  });

  it('is one finding with what its own agent says', () => {
    const down = at('EtcdDown', 'nobody listens on 127.0.0.1:2379', { severity: 'critical' });
    expect(findings(seen(masters().report('m2', down)))).toMatchObject([
      { id: 'EtcdMemberDown/m2', observers: ['m1', 'm2', 'm3'] },
    ]);
  });

  it('is not accused by others while its own agent calls it well, nor while its host is lost, leaves or has just come', () => {
    expect(findings(seen())).toEqual([]);
    expect(findings(seen(masters().powerOff('m2')))).toEqual([]);
    expect(findings(seen(masters().leave('m2', 'shutdown')))).toEqual([]);
    expect(
      findings(
        seen(
          masters()
            .kill('m2')
            .member('m2', { sinceMs: NOW_MS - 60_000 }),
        ),
      ),
    ).toEqual([]);
  });
});

it('an API server that ends for want of etcd is a consequence, and one that went with it is not', () => {
  const down = at('EtcdDown', 'nobody listens on 127.0.0.1:2379', { severity: 'critical' });
  const api = (afterMs: number) =>
    failing('apiserver', 'ApiserverDown', 'nobody listens on 127.0.0.1:6443', { since: SINCE + afterMs });
  const causes = (scene: ReturnType<typeof masters>) =>
    say(scene.from('w1')).findings.flatMap(({ id, causedBy }) => (causedBy === undefined ? [id] : []));
  const one = (afterMs: number) => masters().report('m3', down, api(afterMs));
  const two = (afterMs: number) => one(afterMs).report('m2', down);

  for (const afterMs of [-5000, 0, 5000]) {
    expect(causes(one(afterMs))).toEqual(expect.arrayContaining(['ApiserverDown/m3', 'EtcdMemberDown/m3']));
    expect(causes(two(afterMs))).toEqual(['EtcdQuorumLost/w1', 'ApiserverDown/m3']);
  }
  expect(causes(one(80_000))).toEqual(['EtcdMemberDown/m3']);
  expect(causes(two(80_000))).toEqual(['EtcdQuorumLost/w1']);
  // Both were down when the host came up.
  const booted = (scene: ReturnType<typeof masters>) => scene.describe('m3', { startedAt: SINCE - 4000 });
  expect(causes(booted(one(0)))).toEqual(['EtcdMemberDown/m3']);
  expect(causes(booted(two(0)))).toEqual(['EtcdQuorumLost/w1']);
});

it('data that went back are one finding of the whole cluster, whoever saw it', () => {
  const back = (since = SINCE) =>
    at('EtcdRevisionWentBack', 'etcd on 127.0.0.1:2379 went back from revision 1,200,000 to 900,003.', { since });
  const { status, findings } = say(
    masters()
      .report('m3', back(SINCE - 1000))
      .report('m1', back())
      .from('w1'),
  );
  expect(status).toBe('degraded');
  expect(findings).toMatchObject([
    {
      id: 'EtcdRevisionWentBack/m1',
      severity: 'warning',
      since: SINCE - 1000,
      observers: ['m1', 'm3'],
      sentence:
        'The data of etcd went back, as seen from m1 and m3: etcd on 127.0.0.1:2379 went back from revision 1,200,000 to 900,003',
    },
  ]);
});

it('data that went back follow from a member that has come to be of another cluster, and of that one alone', () => {
  const back = (place: string) =>
    at('EtcdRevisionWentBack', `etcd on ${place}:2379 went back from revision 1,439 to 17.`);
  const foreign = at(
    'EtcdMisconfigured',
    'http://10.0.0.3:2379, where etcd on 10.0.0.1:2379 has its member m3, belongs to another cluster of etcd: b instead of a.',
    { subject: '10.0.0.3:2379', since: SINCE + 5000 },
  );
  const of = (scene: ReturnType<typeof masters>) =>
    say(scene.from('w1')).findings.map(({ id, causedBy }) => [id, causedBy]);
  const cause = 'EtcdMisconfigured/m1/10.0.0.3:2379';
  for (const place of ['10.0.0.3', '127.0.0.1'])
    expect(of(masters().report('m1', foreign).report('m3', back(place)))).toEqual([
      [cause, undefined],
      ['EtcdRevisionWentBack/m3', cause],
    ]);
  expect(of(masters().report('m1', foreign).report('m2', back('10.0.0.2')))).toEqual([
    ['EtcdRevisionWentBack/m2', undefined],
    [cause, undefined],
  ]);
});

const FULL = 'The alarm NOSPACE is set, raised by';
const full = (by: string) => at('EtcdNoSpace', `${FULL} ${by}; here the database has 2 GiB.`, { severity: 'critical' });

it('a database without room is one finding, of the member that says so, and nobody renews a Lease in it', () => {
  const end = (check: string, reason: string, message: string) =>
    failing(check, reason, message, { since: SINCE + 12_000 });
  const scene = masters()
    .report('m1', full('member ff'))
    .report('m3', full('this member'), end('scheduler', 'SchedulerDown', 'nobody listens on 127.0.0.1:10259'))
    .report('w1', end('node-object', 'NodeLeaseStale', 'not renewed'));
  const lease = { name: 'kube-controller-manager', kind: 'stale', unchangedForMs: NOW - SINCE + 2000 } as const;
  const { findings, status } = say(scene.from('w2', { kube: aKube({ controllers: [lease] }) }));

  expect(status).toBe('degraded');
  expect(findings.map(({ id, causedBy }) => [id, causedBy])).toEqual([
    ['EtcdNoSpace/m3', undefined],
    ['NoStandby/m3/scheduler', 'EtcdNoSpace/m3'],
    ['NodeLeaseStale/w1', 'EtcdNoSpace/m3'],
    ['ControllerManagerDown/m1', 'EtcdNoSpace/m3'],
  ]);
  expect(findings[0]).toMatchObject({
    observers: ['m1', 'm3'],
    sentence: expect.stringMatching(
      /^etcd has no room and takes no writes, as seen from m1 and m3: The alarm/,
    ) as string,
  });
});

it('what has just had no room still explains what followed', () => {
  const ended = { ...full('this member').problems[0], endedMs: 2000 };
  const scene = masters()
    .report('m3', aResult('etcd', { ended: [ended as EndedProblem], intervalMs: 3000 }))
    .report('w1', failing('node-object', 'NodeLeaseStale', 'not renewed', { since: SINCE + 40_000 }));

  expect(say(scene.from('w1')).findings).toMatchObject([{ reason: 'NodeLeaseStale', severity: 'info' }]);
});

it('a member that only says that it is not well has the alarm of all', () => {
  const ill = (words: string) => at('EtcdUnhealthy', `/health says false; ${words}`, { severity: 'critical' });
  const causes = (words: string) =>
    say(masters().report('m3', full('this member')).report('m1', ill(words)).from('w1')).findings.flatMap(
      ({ id, causedBy }) => (causedBy === undefined ? [id] : []),
    );

  expect(causes('it has a leader, so an alarm is likely')).toEqual(['EtcdNoSpace/m3']);
  expect(causes('it has no leader')).toEqual(expect.arrayContaining(['EtcdNoSpace/m3', 'EtcdUnhealthy/m1']));
});

it('an API server waits with a member whose disk takes no writes', () => {
  const waits = failing('apiserver', 'ApiserverNotReady', '/readyz answers 500: [-]etcd failed: reason withheld');
  const stalled = failing('disk-latency', 'DiskStalled', 'no write came back', { subject: '/var/lib/meerkat' });

  expect(say(masters().report('m1', stalled, waits).from('w1')).findings).toMatchObject([
    { reason: 'DiskStalled' },
    { reason: 'ApiserverNotReady', causedBy: 'DiskStalled/m1' },
  ]);
});
