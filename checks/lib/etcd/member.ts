/** What is judged the same, whichever port told it: alarms, the database against its quota, and the readings. */
import type { Problem, Reading } from '../../types.ts';
import { bytes, percent } from '../figures.ts';
import type { EtcdMetrics, EtcdStatus } from './answers.ts';
import type { EtcdReason } from './reasons.ts';

/** One member's figures, from wherever they came. */
export interface MemberFigures {
  readonly hasLeader?: boolean | undefined;
  readonly dbSizeBytes?: number | undefined;
  readonly quotaBytes?: number | undefined;
  readonly serializableMs?: number | undefined;
  readonly linearizableMs?: number | undefined;
}

/** The size is as new as it can be had; the quota changes only when etcd restarts, so an older one will do. */
export function figuresOf(
  status: EtcdStatus | undefined,
  metrics: EtcdMetrics | undefined,
  lastMetrics: EtcdMetrics | undefined,
): MemberFigures {
  return {
    hasLeader: status?.hasLeader ?? metrics?.hasLeader,
    dbSizeBytes: status?.dbSizeBytes ?? lastMetrics?.dbSizeBytes,
    quotaBytes: status?.quotaBytes ?? lastMetrics?.quotaBytes,
  };
}

/** `127.0.0.1:2379`. */
export const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : url);

export const quotaRatio = ({ dbSizeBytes, quotaBytes }: MemberFigures): number | undefined =>
  dbSizeBytes === undefined || quotaBytes === undefined ? undefined : dbSizeBytes / quotaBytes;

/** `the database has 1.9 GiB, 95 % of its quota`, or what is known of that. */
export function describeDatabase(figures: MemberFigures): string {
  const ratio = quotaRatio(figures);
  if (figures.dbSizeBytes === undefined) return 'the size of the database is not known';
  const share = ratio === undefined ? 'its quota is not known' : `${percent(ratio)} of its quota`;
  return `the database has ${bytes(figures.dbSizeBytes)}, ${share}`;
}

/** Alarms hold for the whole cluster; each names the member that raised it. */
export function alarmProblems(status: EtcdStatus, figures: MemberFigures): Problem<EtcdReason>[] {
  return (['NOSPACE', 'CORRUPT'] as const).flatMap((alarm): Problem<EtcdReason>[] => {
    const raised = status.alarms.filter((one) => one.alarm === alarm);
    if (raised.length === 0) return [];
    const isOwn = raised.some((one) => one.memberId === status.memberId);
    const others = raised.map((one) => one.memberId).filter((id) => id !== undefined && id !== status.memberId);
    const who = [...(isOwn ? ['this member'] : []), ...others.map((id) => `member ${BigInt(id ?? 0).toString(16)}`)];
    const by = who.length === 0 ? '' : `, raised by ${who.join(' and ')}`;
    return alarm === 'NOSPACE'
      ? [{ reason: 'EtcdNoSpace', message: `The alarm NOSPACE is set${by}; here ${describeDatabase(figures)}.` }]
      : [{ reason: 'EtcdCorrupt', message: `The alarm CORRUPT is set${by}.` }];
  });
}

/** Not where the alarm says it already. */
export function quotaProblems(
  figures: MemberFigures,
  nearQuotaRatio: number,
  others: readonly Problem<EtcdReason>[],
): Problem<EtcdReason>[] {
  const ratio = quotaRatio(figures);
  if (ratio === undefined || ratio <= nearQuotaRatio) return [];
  if (others.some(({ reason }) => reason === 'EtcdNoSpace')) return [];
  const sentence = describeDatabase(figures);
  return [{ reason: 'EtcdNearQuota', message: `${sentence[0]?.toUpperCase()}${sentence.slice(1)}.` }];
}

/** `fresh` are metrics of this run: a figure is never reported twice as if it had been measured twice. */
export function readingsOf(figures: MemberFigures, fresh: EtcdMetrics | undefined, sizeIsFresh: boolean): Reading[] {
  const { serializableMs, linearizableMs, hasLeader } = figures;
  const values: Record<string, number | undefined> = {
    serializable_seconds: serializableMs === undefined ? undefined : serializableMs / 1000,
    linearizable_seconds: linearizableMs === undefined ? undefined : linearizableMs / 1000,
    leader_count: hasLeader === undefined ? undefined : Number(hasLeader),
    db_size_bytes: sizeIsFresh ? figures.dbSizeBytes : fresh?.dbSizeBytes,
    db_quota_bytes: fresh?.quotaBytes,
    db_quota_ratio: sizeIsFresh || fresh !== undefined ? quotaRatio(figures) : undefined,
    leader_changes_total: fresh?.leaderChanges,
    proposals_pending_count: fresh?.pendingProposals,
  };
  return Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
}
