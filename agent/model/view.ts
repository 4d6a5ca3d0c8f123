/** What may be believed of a result: how a reader sees a check, whatever its report says. */
import type { NodeState } from './cluster-state.ts';
import { type CheckResult, type ResultStatus, isOverdue, travelAllowanceMs } from './report.ts';

/**
 * How well a check sees. `looked`: its last result is recent and is an answer. `blind`: it never could look since the
 * agent started, and says why: the kernel, a mount or a permission does not offer it. `lost`: it should be able to look
 * and does not, because it is overdue, ran out of time, threw, was left out, has not run yet, or could look before.
 */
export type Sight = 'looked' | 'blind' | 'lost';

/** A check as its reader may believe it. */
export interface CheckView {
  readonly result: CheckResult;
  /** As settled, but `unknown` where the result is too old or was never made. */
  readonly status: ResultStatus;
  readonly sight: Sight;
  readonly overdue: boolean;
  /** The node is not reachable from here: what its report says is history. */
  readonly stale?: true;
  /** Milliseconds since the last run ended; undefined: it never ran. */
  readonly ageMs?: number;
}

/** The checks of a node in the order of its report. */
export function viewChecks(node: NodeState, leftOut: ReadonlySet<string> = new Set()): CheckView[] {
  return node.report.results.map((result) => viewCheck(result, node, leftOut));
}

/** How many checks of each status. */
export function countStatuses(views: readonly CheckView[]): Record<ResultStatus, number> {
  const counts: Record<ResultStatus, number> = { ok: 0, problem: 0, unknown: 0, absent: 0 };
  for (const { status } of views) counts[status] += 1;
  return counts;
}

function viewCheck(result: CheckResult, node: NodeState, leftOut: ReadonlySet<string>): CheckView {
  const isStale = node.freshness === 'stale';
  const overdue = isOverdue(result, node.elapsedMs, node.freshness === undefined ? 0 : travelAllowanceMs(node.report));
  const believed = !overdue && !isStale && result.ageMs !== undefined && !leftOut.has(result.check);
  const status = believed ? result.status : 'unknown';
  return {
    result,
    status,
    sight: status === 'unknown' ? sightOfUnknown(result, believed) : 'looked',
    overdue,
    ...(isStale && { stale: true }),
    ...(result.ageMs !== undefined && { ageMs: result.ageMs + node.elapsedMs }),
  };
}

/** @param believed the check itself says that it could not look */
function sightOfUnknown(result: CheckResult, believed: boolean): 'blind' | 'lost' {
  return !believed || result.cutShort !== undefined || result.looked === true ? 'lost' : 'blind';
}
