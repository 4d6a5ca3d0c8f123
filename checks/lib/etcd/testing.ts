/** Answers of etcd, as seen from 3.4.23 on. Only tests import this. */
import type { FetchResult } from '../../types.ts';
import { type fakeFetch, fetchFailure, fetchResponse } from '../testing.ts';
import { accessOf, type ClientReads } from './access.ts';
import type { EtcdObservation } from './observe.ts';

export const MEMBER_ID = '14720799474854129801';
const header = { cluster_id: '11894470811451714410', member_id: MEMBER_ID, revision: '6', raft_term: '2' };
const json = (value: object, durationMs = 1): FetchResult => fetchResponse(200, JSON.stringify(value), durationMs);

/** Of a well member; `more` replaces fields. */
export const statusAnswer = (more: object = {}): FetchResult =>
  json({ header, version: '3.4.23', dbSize: '20480', leader: MEMBER_ID, raftTerm: '2', ...more });

/** No leader: the field is left out. */
export const leaderless = (): FetchResult => statusAnswer({ leader: undefined, errors: ['etcdserver: no leader'] });

/** Revision 0 is left out. */
export const rangeAnswer = (durationMs = 1, revision = 6): FetchResult =>
  json({ header: { ...header, revision: revision === 0 ? undefined : String(revision) } }, durationMs);

export const gatewayError = (status: number, error: string): FetchResult =>
  fetchResponse(status, JSON.stringify({ error, message: error, code: 14 }));

export const healthAnswer = (health: boolean, reason?: string): FetchResult =>
  fetchResponse(
    health ? 200 : 503,
    JSON.stringify({ health: String(health), ...(reason !== undefined && { reason }) }),
  );

/** How many writes took 2 ms or less, and how many from 1 to 2 s; the same for syncs and commits. */
export interface WriteCounts {
  readonly fast?: number;
  readonly slow?: number;
}

const histogram = (name: string, { fast = 0, slow = 0 }: WriteCounts): string =>
  [
    ['0.002', fast],
    ['1.024', fast],
    ['2.048', fast + slow],
    ['+Inf', fast + slow],
  ]
    .map(([bound, count]) => `${name}_bucket{le="${bound}"} ${count}\n`)
    .join('');

export const metricsAnswer = (
  values: Readonly<Record<string, number>> = {},
  writes: WriteCounts = { fast: 100 },
): FetchResult => {
  const all = {
    etcd_server_has_leader: 1,
    etcd_server_leader_changes_seen_total: 3,
    etcd_server_proposals_pending: 0,
    etcd_server_quota_backend_bytes: 2_147_483_648,
    etcd_mvcc_db_total_size_in_bytes: 20_480,
    ...values,
  };
  return fetchResponse(
    200,
    Object.entries(all)
      .map(([name, value]) => `${name} ${value}\n`)
      .join('') +
      histogram('etcd_disk_wal_fsync_duration_seconds', writes) +
      histogram('etcd_disk_backend_commit_duration_seconds', writes),
  );
};

export const silence = (): FetchResult => fetchFailure('timeout', 'no full answer within 850 ms', 850);

/** What a well member answers at its client port; `more` replaces answers. */
export const clientReads = (more: Partial<ClientReads> = {}): ClientReads => ({
  url: 'http://127.0.0.1:2379',
  status: statusAnswer(),
  serializable: rangeAnswer(),
  linearizable: rangeAnswer(2),
  ...more,
});

/** The same at a client port, by the URLs of the requests. */
export const clientPort = (reads: ClientReads): Parameters<typeof fakeFetch>[0] => ({
  [`${reads.url}/version`]: fetchResponse(200, '{"etcdserver":"3.4.23"}'),
  [`${reads.url}/v3/maintenance/status`]: reads.status,
  [`${reads.url}/v3/kv/range`]: ({ body }) =>
    String(body).includes('serializable') ? reads.serializable : reads.linearizable,
});

/** The same failure at every read. */
export const failedReads = (result: FetchResult, url = 'http://127.0.0.1:2379'): ClientReads => ({
  url,
  status: result,
  serializable: result,
  linearizable: result,
});

/** A port without certificates, beside the client port. */
export const healthReads = (health: FetchResult, livez: FetchResult = fetchResponse(404, '404 page not found')) => ({
  url: 'http://127.0.0.1:2381',
  health,
  livez,
});

/** All that one run saw. */
export function observation(client: ClientReads, more: Partial<EtcdObservation> = {}): EtcdObservation {
  const target = { clientUrls: [client.url] as const, metricsUrl: 'http://127.0.0.1:2381', obstacles: [] };
  return { target, client, access: accessOf(client, more.target?.certFile !== undefined), ...more };
}
