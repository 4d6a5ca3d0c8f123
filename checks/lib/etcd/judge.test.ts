import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../types.ts';
import { fetchFailure, fetchResponse } from '../testing.ts';
import type { EtcdMetrics } from './answers.ts';
import { judgeEtcd } from './judge.ts';
import type { EtcdObservation } from './observe.ts';
import {
  clientReads,
  failedReads,
  gatewayError,
  healthAnswer,
  healthReads,
  leaderless,
  MEMBER_ID,
  observation,
  rangeAnswer,
  silence,
  statusAnswer,
} from './testing.ts';

const GIB = 1_073_741_824;
const judge = (seen: EtcdObservation, isStranger = false): Outcome =>
  judgeEtcd(seen, { nearQuotaRatio: 0.8, slowMs: 500, isStranger });
/** `ok`, `unknown: …`, `absent: …`, or the reasons with their messages. */
const said = (outcome: Outcome): string =>
  outcome.status === 'problem'
    ? outcome.problems.map(({ reason, message }) => `${reason}: ${message}`).join(' | ')
    : `${outcome.status}${'why' in outcome ? `: ${outcome.why}` : ''}`;

const refused = fetchFailure('refused', '127.0.0.1:2379: connect ECONNREFUSED');
const alarm = (...errors: string[]) => clientReads({ status: statusAnswer({ dbSize: String(2 * GIB), errors }) });
const quota: EtcdMetrics = { quotaBytes: 2 * GIB, dbSizeBytes: 1.9 * GIB, hasLeader: true };

describe('by the client port', () => {
  it.each<[string, EtcdObservation, string]>([
    ['all served', observation(clientReads()), 'ok'],
    [
      'no leader',
      observation(clientReads({ status: leaderless(), linearizable: silence() })),
      'EtcdNoLeader: etcd on 127.0.0.1:2379 has no leader: a read of its own data takes 1 ms, a read through the majority gets no answer within 850 ms.',
    ],
    [
      'a leader that is not heard of any more',
      observation(clientReads({ linearizable: silence() })),
      'EtcdNoLeader: etcd on 127.0.0.1:2379 does not reach the majority: a read of its own data takes 1 ms, a read through the majority gets no answer within 850 ms.',
    ],
    [
      'etcd gives up first',
      observation(clientReads({ status: leaderless(), linearizable: gatewayError(503, 'etcdserver: no leader') })),
      'EtcdNoLeader: etcd on 127.0.0.1:2379 has no leader: a read of its own data takes 1 ms, a read through the majority fails: etcdserver: no leader.',
    ],
    [
      'its own data cannot be read either',
      observation(clientReads({ serializable: silence(), linearizable: silence() })),
      'EtcdHung: etcd on 127.0.0.1:2379 gives its status, and a read of its own data gets no answer within 850 ms: a defragmentation or its disk holds it up.',
    ],
    [
      'an error at its own data',
      observation(clientReads({ serializable: gatewayError(500, 'mvcc: database closed') })),
      'EtcdUnhealthy: etcd on 127.0.0.1:2379 answers a read of its own data with 500: mvcc: database closed.',
    ],
    [
      'an error at the majority',
      observation(clientReads({ linearizable: gatewayError(429, 'etcdserver: too many requests') })),
      'EtcdUnhealthy: etcd on 127.0.0.1:2379 answers a read through the majority with 429: etcdserver: too many requests.',
    ],
    [
      'corrupt data',
      observation(clientReads({ linearizable: gatewayError(500, 'etcdserver: corrupt cluster') })),
      'EtcdCorrupt: etcd on 127.0.0.1:2379 answers a read through the majority with 500: etcdserver: corrupt cluster.',
    ],
    [
      'its own alarm NOSPACE',
      observation(alarm(`memberID:${MEMBER_ID} alarm:NOSPACE `), { lastMetrics: quota }),
      'EtcdNoSpace: The alarm NOSPACE is set, raised by this member; here the database has 2.0 GiB, 100 % of its quota.',
    ],
    [
      'another member’s alarm NOSPACE',
      observation(alarm('memberID:255 alarm:NOSPACE ')),
      'EtcdNoSpace: The alarm NOSPACE is set, raised by member ff; here the database has 2.0 GiB, its quota is not known.',
    ],
    ['the alarm CORRUPT', observation(alarm('alarm:CORRUPT ')), 'EtcdCorrupt: The alarm CORRUPT is set.'],
    [
      'a database near its quota',
      observation(clientReads({ status: statusAnswer({ dbSize: String(1.7 * GIB) }) }), { lastMetrics: quota }),
      'EtcdNearQuota: The database has 1.7 GiB, 85 % of its quota.',
    ],
    [
      'a database near the quota that its status gives',
      observation(clientReads({ status: statusAnswer({ dbSize: '90', dbSizeQuota: '100' }) })),
      'EtcdNearQuota: The database has 90 B, 90 % of its quota.',
    ],
    [
      'two things at once',
      observation(
        clientReads({
          status: statusAnswer({ leader: '0', dbSize: '90', dbSizeQuota: '100' }),
          linearizable: silence(),
        }),
      ),
      'EtcdNoLeader: etcd on 127.0.0.1:2379 has no leader: a read of its own data takes 1 ms, a read through the majority gets no answer within 850 ms. | EtcdNearQuota: The database has 90 B, 90 % of its quota.',
    ],
    [
      'a learner',
      observation(
        clientReads({
          status: statusAnswer({ isLearner: true }),
          linearizable: gatewayError(503, 'etcdserver: rpc not supported for learner'),
        }),
      ),
      'ok',
    ],
    [
      'a learner without a leader',
      observation(
        clientReads({
          status: statusAnswer({ isLearner: true, leader: undefined }),
          linearizable: gatewayError(503, 'etcdserver: rpc not supported for learner'),
        }),
      ),
      'EtcdNoLeader: etcd on 127.0.0.1:2379 has no leader: a read of its own data takes 1 ms, a read through the majority fails: etcdserver: rpc not supported for learner.',
    ],
    [
      'the run ends before the majority answers',
      observation(clientReads({ linearizable: fetchFailure('aborted', 'the run ended') })),
      'unknown: etcd on 127.0.0.1:2379 gives its status; a read through the majority could not be made: the run ended',
    ],
    [
      'it goes away meanwhile',
      observation(clientReads({ serializable: refused, linearizable: refused })),
      'unknown: etcd on 127.0.0.1:2379 gives its status; a read of its own data could not be made: 127.0.0.1:2379: connect ECONNREFUSED',
    ],
    [
      'reads and no status',
      observation(clientReads({ status: fetchResponse(404) })),
      'unknown: etcd on 127.0.0.1:2379 serves reads and gives no status: status 404',
    ],
  ])('%s', (_, seen, expected) => {
    expect(said(judge(seen))).toBe(expected);
  });
});

describe('by the health port, where the client port refuses us', () => {
  const denied = failedReads(fetchFailure('tls', 'certificate required'), 'https://127.0.0.1:2379');
  const byHealth = (...reads: Parameters<typeof healthReads>): EtcdObservation =>
    observation(denied, { health: healthReads(...reads) });
  const livez = fetchResponse(200, 'ok');

  it.each<[string, EtcdObservation, string]>([
    ['well', byHealth(healthAnswer(true)), 'ok'],
    [
      'well, near its quota',
      { ...byHealth(healthAnswer(true)), lastMetrics: quota },
      'EtcdNearQuota: The database has 1.9 GiB, 95 % of its quota.',
    ],
    [
      'no leader, in its own words',
      byHealth(healthAnswer(false, 'RAFT NO LEADER')),
      'EtcdNoLeader: etcd on 127.0.0.1:2381 has no leader: it runs, and /health says RAFT NO LEADER.',
    ],
    [
      'no leader, by its metrics',
      { ...byHealth(healthAnswer(false)), metrics: { hasLeader: false } },
      'EtcdNoLeader: etcd on 127.0.0.1:2381 has no leader: it runs, and /health says false.',
    ],
    [
      'a failed read',
      byHealth(healthAnswer(false, 'QGET ERROR:etcdserver: request timed out')),
      'EtcdNoLeader: etcd on 127.0.0.1:2381 does not reach the majority: it runs, and /health says QGET ERROR:etcdserver: request timed out.',
    ],
    [
      'silence at /health alone',
      byHealth(silence(), livez),
      'EtcdNoLeader: etcd on 127.0.0.1:2381 does not reach the majority: it runs, and /health, which needs the majority, gets no answer within 850 ms.',
    ],
    [
      'silence at /health alone, before /livez',
      { ...byHealth(silence()), metrics: { hasLeader: false } },
      'EtcdNoLeader: etcd on 127.0.0.1:2381 has no leader: it runs, and /health, which needs the majority, gets no answer within 850 ms.',
    ],
    [
      'NOSPACE',
      { ...byHealth(healthAnswer(false, 'ALARM NOSPACE')), lastMetrics: quota },
      'EtcdNoSpace: etcd on 127.0.0.1:2381 has an alarm: /health says ALARM NOSPACE; the database has 1.9 GiB, 95 % of its quota.',
    ],
    [
      'CORRUPT',
      byHealth(healthAnswer(false, 'ALARM CORRUPT')),
      'EtcdCorrupt: etcd on 127.0.0.1:2381 has an alarm: /health says ALARM CORRUPT.',
    ],
    ['a learner', byHealth(healthAnswer(false, 'QGET ERROR:rpc not supported for learner')), 'ok'],
    [
      'no reason given, as before 3.5',
      { ...byHealth(healthAnswer(false)), metrics: quota, lastMetrics: quota },
      'EtcdUnhealthy: etcd on 127.0.0.1:2381 is not healthy: /health says false; it has a leader, so an alarm is likely; the database has 1.9 GiB, 95 % of its quota. | EtcdNearQuota: The database has 1.9 GiB, 95 % of its quota.',
    ],
    [
      'nothing known',
      byHealth(healthAnswer(false)),
      'EtcdUnhealthy: etcd on 127.0.0.1:2381 is not healthy: /health says false; the size of the database is not known.',
    ],
  ])('%s', (_, seen, expected) => {
    expect(said(judge(seen))).toBe(expected);
  });

  it('with authentication on, the status tells the alarms all the same', () => {
    const noUser = gatewayError(400, 'etcdserver: user name is empty');
    const client = { ...alarm(`memberID:${MEMBER_ID} alarm:NOSPACE `), serializable: noUser, linearizable: noUser };

    const outcome = judge(observation(client, { health: healthReads(healthAnswer(false)) }));

    expect(said(outcome)).toBe(
      'EtcdNoSpace: The alarm NOSPACE is set, raised by this member; here the database has 2.0 GiB, its quota is not known.',
    );
  });

  it('measures with the answers that it has', () => {
    const seen = { ...byHealth(healthAnswer(true), livez), metrics: quota, lastMetrics: quota };

    expect(judge({ ...seen, metrics: { ...quota, leaderChanges: 2 } })).toMatchObject({
      readings: [
        { name: 'serializable_seconds', value: 0.001 },
        { name: 'linearizable_seconds', value: 0.001 },
        { name: 'leader_count', value: 1 },
        { name: 'db_size_bytes', value: quota.dbSizeBytes },
        { name: 'db_quota_bytes', value: quota.quotaBytes },
        { name: 'db_quota_ratio', value: 0.95 },
        { name: 'leader_changes_total', value: 2 },
      ],
    });
  });
});

describe('by the way in which the client port fails', () => {
  const target = (more: object) => ({ clientUrls: ['https://127.0.0.1:2379'] as const, obstacles: [], ...more });
  const tls = failedReads(fetchFailure('tls', 'certificate required'), 'https://127.0.0.1:2379');

  it.each<[string, EtcdObservation, string]>([
    ['nobody', observation(failedReads(refused)), 'absent: nobody listens on 127.0.0.1:2379 and 127.0.0.1:2381'],
    [
      'silence',
      observation(failedReads(silence())),
      'EtcdHung: etcd on 127.0.0.1:2379 accepts connections and does not answer within 850 ms.',
    ],
    [
      'silence at both ports',
      observation(failedReads(silence()), { health: healthReads(silence(), silence()) }),
      'EtcdHung: etcd on 127.0.0.1:2379 accepts connections and does not answer within 850 ms, nor does 127.0.0.1:2381.',
    ],
    [
      'silence of a member that waits for the majority since its start',
      observation(failedReads(silence()), { health: healthReads(healthAnswer(false)), metrics: { hasLeader: false } }),
      'EtcdNoLeader: etcd on 127.0.0.1:2381 has no leader: it runs, and /health says false.',
    ],
    [
      'silence at the client port alone',
      observation(failedReads(silence()), { health: healthReads(healthAnswer(true)) }),
      'EtcdHung: etcd on 127.0.0.1:2379 accepts connections and does not answer within 850 ms, while http://127.0.0.1:2381/health does.',
    ],
    [
      'another server',
      observation(failedReads(fetchResponse(404, 'not found\n')), { health: healthReads(fetchResponse(404)) }),
      'absent: what answers on 127.0.0.1:2379 is no etcd: status 404, not found',
    ],
    [
      'etcd without its gateway',
      observation(failedReads(fetchResponse(404)), { health: healthReads(healthAnswer(true)) }),
      'ok',
    ],
    [
      'resets',
      observation(failedReads(fetchFailure('reset', 'socket hang up'))),
      'EtcdUnhealthy: etcd on 127.0.0.1:2379 fails at every request: socket hang up.',
    ],
    [
      'a failure of our own',
      observation(failedReads(fetchFailure('aborted', 'held up'))),
      'unknown: cannot ask etcd at http://127.0.0.1:2379: held up',
    ],
    [
      'no certificate',
      observation(tls, {
        target: target({ trustedCaFile: '/pki/ca.crt', obstacles: ['the agent may not read /pki/c.key (EACCES)'] }),
      }),
      'unknown: etcd at https://127.0.0.1:2379 wants a client certificate, signed by /pki/ca.crt (certificate required): the agent may not read /pki/c.key (EACCES), or set checks.etcd.certFile and keyFile',
    ],
    [
      'no certificate anywhere',
      observation(tls),
      'unknown: etcd at https://127.0.0.1:2379 wants a client certificate (certificate required): mount /etc/kubernetes/pki/etcd/healthcheck-client.crt and healthcheck-client.key, or set checks.etcd.certFile and keyFile',
    ],
    [
      'a certificate that it does not accept',
      observation(tls, { target: target({ certFile: '/pki/c.crt' }) }),
      'unknown: etcd at https://127.0.0.1:2379 refuses the client certificate /pki/c.crt (certificate required): set checks.etcd.certFile and keyFile to one that it accepts',
    ],
    [
      'no user',
      observation(failedReads(gatewayError(403, 'permission denied'))),
      'unknown: etcd at http://127.0.0.1:2379 wants a user (status 403, {"error":"permission denied","message":"permission denied","code":14}) and no health port answers: set checks.etcd.metricsEndpoint',
    ],
  ])('%s', (_, seen, expected) => {
    expect(said(judge(seen))).toBe(expected);
  });

  it.each([silence(), fetchFailure('reset')])('says nothing of a stranger’s port: %#', (failure) => {
    expect(judge(observation(failedReads(failure)), true)).toMatchObject({
      status: 'unknown',
      why: expect.stringContaining('nothing says that it is etcd') as string,
    });
  });
});

it('measures a well member', () => {
  const metrics = { hasLeader: true, leaderChanges: 3, pendingProposals: 1, quotaBytes: 40_960 };
  const client = clientReads({ serializable: rangeAnswer(1), linearizable: rangeAnswer(4) });

  expect(judge(observation(client, { metrics, lastMetrics: metrics }))).toEqual({
    status: 'ok',
    readings: [
      { name: 'serializable_seconds', value: 0.001 },
      { name: 'linearizable_seconds', value: 0.004 },
      { name: 'leader_count', value: 1 },
      { name: 'db_size_bytes', value: 20_480 },
      { name: 'db_quota_bytes', value: 40_960 },
      { name: 'db_quota_ratio', value: 0.5 },
      { name: 'leader_changes_total', value: 3 },
      { name: 'proposals_pending_count', value: 1 },
    ],
  });
});
