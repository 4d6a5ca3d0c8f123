/**
 * What etcd says. Its JSON is that of the gRPC gateway (https://etcd.io/docs/v3.5/dev-guide/api_grpc_gateway/): 64-bit
 * integers are strings, and a field with its zero value is left out.
 */
import { Type } from 'typebox';
import { Check } from 'typebox/schema';
import type { FetchResult } from '../../types.ts';
import { type Histogram, parseHistogram } from '../histogram.ts';
import { sampleValue } from '../prometheus-text.ts';

/** From `/v3/maintenance/status`, which the member answers from its memory without asking the others. */
export interface EtcdStatus {
  readonly memberId: string;
  readonly version: string;
  readonly hasLeader: boolean;
  /** A learner has no vote and serves no reads through the majority. */
  readonly isLearner: boolean;
  readonly dbSizeBytes: number;
  /** From etcd 3.6 on. */
  readonly quotaBytes?: number;
  readonly alarms: readonly EtcdAlarm[];
}

export interface EtcdAlarm {
  readonly alarm: 'NOSPACE' | 'CORRUPT';
  /** Who raised it; undefined when it is raised for all. */
  readonly memberId?: string;
}

export interface EtcdMetrics {
  readonly hasLeader?: boolean;
  readonly isLearner?: boolean;
  readonly leaderChanges?: number;
  readonly pendingProposals?: number;
  readonly dbSizeBytes?: number;
  readonly quotaBytes?: number;
  /** How long it takes to sync the write-ahead log, seconds. */
  readonly walFsync?: Histogram;
  /** How long a commit of the database takes, seconds. */
  readonly backendCommit?: Histogram;
}

/** From `/health`; `reason` is empty before etcd 3.5. */
export interface EtcdHealth {
  readonly healthy: boolean;
  readonly reason: string;
}

const StatusAnswer = Type.Object({
  header: Type.Object({ member_id: Type.String() }),
  version: Type.String(),
  dbSize: Type.Optional(Type.String()),
  dbSizeQuota: Type.Optional(Type.String()),
  leader: Type.Optional(Type.String()),
  isLearner: Type.Optional(Type.Boolean()),
  errors: Type.Optional(Type.Array(Type.String())),
});
const RangeAnswer = Type.Object({
  header: Type.Object({ member_id: Type.String(), revision: Type.Optional(Type.String()) }),
});
const ErrorAnswer = Type.Object({ error: Type.Optional(Type.String()), message: Type.Optional(Type.String()) });
/** `"true"` up to now; a boolean is taken as well. */
const HealthAnswer = Type.Object({
  health: Type.Union([Type.String(), Type.Boolean()]),
  reason: Type.Optional(Type.String()),
});

/** Undefined when it is no answer of etcd. */
export function parseStatus(result: FetchResult): EtcdStatus | undefined {
  const answer = result.kind === 'response' && result.status === 200 ? parseJson(result.body) : undefined;
  if (!Check(StatusAnswer, answer)) return undefined;
  const quotaBytes = Number(answer.dbSizeQuota ?? 0);
  return {
    memberId: answer.header.member_id,
    version: answer.version,
    hasLeader: (answer.leader ?? '0') !== '0',
    isLearner: answer.isLearner ?? false,
    dbSizeBytes: Number(answer.dbSize ?? 0),
    ...(quotaBytes > 0 && { quotaBytes }),
    alarms: (answer.errors ?? []).flatMap(parseAlarm),
  };
}

/** True for a range that was served. */
export function isRangeServed(result: FetchResult): boolean {
  return result.kind === 'response' && result.status === 200 && Check(RangeAnswer, parseJson(result.body));
}

/** How many changes the data had when a range was served; undefined where it was not, or there is none yet. */
export function parseRevision(result: FetchResult): number | undefined {
  const answer = result.kind === 'response' && result.status === 200 ? parseJson(result.body) : undefined;
  const revision = Check(RangeAnswer, answer) ? Number(answer.header.revision ?? 0) : 0;
  return revision > 0 ? revision : undefined;
}

/** What the gateway says went wrong; undefined when it is no answer of a gateway. */
export function parseGatewayError(result: FetchResult): string | undefined {
  if (result.kind !== 'response' || result.status === 200) return undefined;
  const answer = parseJson(result.body);
  return Check(ErrorAnswer, answer) ? (answer.error ?? answer.message) : undefined;
}

/** Undefined when it is no answer of etcd. */
export function parseHealth(result: FetchResult): EtcdHealth | undefined {
  const answer = result.kind === 'response' ? parseJson(result.body) : undefined;
  if (!Check(HealthAnswer, answer)) return undefined;
  return { healthy: String(answer.health) === 'true', reason: answer.reason ?? '' };
}

/** True for `/version` of an etcd. */
export function isVersionOfEtcd(result: FetchResult): boolean {
  if (result.kind !== 'response' || result.status !== 200) return false;
  return Check(Type.Object({ etcdserver: Type.String() }), parseJson(result.body));
}

/** https://etcd.io/docs/v3.5/metrics/; undefined when these are no metrics of etcd. */
export function parseMetrics(result: FetchResult): EtcdMetrics | undefined {
  if (result.kind !== 'response' || result.status !== 200) return undefined;
  const value = (name: string): number | undefined => sampleValue(result.body, name);
  const flag = (name: string): boolean | undefined => {
    const number = value(name);
    return number === undefined ? undefined : number === 1;
  };
  const quotaBytes = value('etcd_server_quota_backend_bytes');
  const metrics = {
    hasLeader: flag('etcd_server_has_leader'),
    isLearner: flag('etcd_server_is_learner'),
    leaderChanges: value('etcd_server_leader_changes_seen_total'),
    pendingProposals: value('etcd_server_proposals_pending'),
    dbSizeBytes: value('etcd_mvcc_db_total_size_in_bytes'),
    quotaBytes: quotaBytes === undefined || quotaBytes <= 0 ? undefined : quotaBytes,
    walFsync: parseHistogram(result.body, 'etcd_disk_wal_fsync_duration_seconds'),
    backendCommit: parseHistogram(result.body, 'etcd_disk_backend_commit_duration_seconds'),
  };
  const known = Object.entries(metrics).filter(([, one]) => one !== undefined);
  return known.length === 0 ? undefined : Object.fromEntries(known);
}

/** `memberID:14720799474854129801 alarm:NOSPACE `; other errors, such as `etcdserver: no leader`, are no alarms. */
function parseAlarm(error: string): EtcdAlarm[] {
  const alarm = /alarm:(NOSPACE|CORRUPT)\b/.exec(error)?.[1];
  const memberId = /memberID:(\d+)/.exec(error)?.[1];
  if (alarm !== 'NOSPACE' && alarm !== 'CORRUPT') return [];
  return [{ alarm, ...(memberId !== undefined && { memberId }) }];
}

/** Undefined for what is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
