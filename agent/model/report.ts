/** What a node says of itself: the settled result of every check, with its age. */
import type { Reading, Severity } from '../../checks/types.ts';
import type { LivenessWord } from './liveness.ts';

/** `ok`, `problem`, `unknown` (could not look) and `absent` (nothing of the kind here) are four different answers. */
export type ResultStatus = 'ok' | 'problem' | 'unknown' | 'absent';

/** A problem that was confirmed. */
export interface RaisedProblem {
  readonly reason: string;
  readonly subject?: string;
  readonly message: string;
  readonly severity: Severity;
  /** Start of the first run that saw it, Unix ms. */
  readonly since: number;
}

/** A problem that was cleared a moment ago: it still explains what outlives it. */
export interface EndedProblem extends RaisedProblem {
  /** Milliseconds since it was cleared, when the report was made. */
  readonly endedMs: number;
}

/** The settled state of one check on one node. */
export interface CheckResult {
  readonly check: string;
  readonly status: ResultStatus;
  /** Not empty exactly when the status is `problem`. */
  readonly problems: readonly RaisedProblem[];
  /** Why, for `unknown` and `absent`. */
  readonly why?: string;
  /** Since when it has this status, Unix ms. */
  readonly since: number;
  /** Milliseconds since the last run ended, when the report was made. Undefined: it never ran. */
  readonly ageMs?: number;
  /** How long that run took. */
  readonly durationMs?: number;
  /** The last run gave no answer of its own: it ran out of time, or the check threw. */
  readonly cutShort?: 'timeout' | 'crash';
  /** A run of this agent saw its thing, well or not: that it no longer can is its fault. Always of the operator's programs. */
  readonly looked?: true;
  readonly intervalMs: number;
  /** Of the last run. */
  readonly readings: readonly Reading[];
  /** The last run differs from the settled state and is being confirmed. */
  readonly confirming: boolean;
  /** Problems cleared in the last minutes. */
  readonly ended: readonly EndedProblem[];
}

/** What the node's own Node object says of it, as its agent read it last. */
export interface NodePlace {
  /** Of the Node object. */
  readonly uid: string;
  /** By its labels. */
  readonly isControlPlane: boolean;
  readonly zone?: string;
}

/** All that one agent says of its node. */
export interface NodeReport {
  readonly node: string;
  readonly version: string;
  /** When this agent started, Unix ms. */
  readonly startedAt: number;
  readonly results: readonly CheckResult[];
  /** The agent was paused a moment ago: that its results are old is nobody's fault. */
  readonly catchingUp?: true;
  /** The next report comes within so many ms, also when nothing changes; absent: {@link HEARTBEAT_MS}. */
  readonly heartbeatMs?: number;
  /** Absent where the agent read no Node: there is no Kubernetes, or it was never reached. */
  readonly place?: NodePlace;
  /** Where this node's overlay responder answers: one address, or one of each family. Absent: there is none now. */
  readonly podAddresses?: readonly string[];
  /** Of the watches that ask for it and follow containers on this node. Absent: there are none. */
  readonly liveness?: readonly LivenessWord[];
}

/** Of a small cluster. */
export const HEARTBEAT_MS = 15_000;

/** A result this many intervals old is no news any more. */
export const OVERDUE_INTERVALS = 3;

/** A report that says nothing new may be so long on its way through a calm mesh. */
const TRAVEL_MS = 45_000;

/** How much older than its check allows a peer's result may be, because it waits for its report and travels, ms. */
export const travelAllowanceMs = ({ heartbeatMs = HEARTBEAT_MS }: Pick<NodeReport, 'heartbeatMs'>): number =>
  heartbeatMs + TRAVEL_MS;

/**
 * True when the result is too old to be believed.
 *
 * @param elapsedMs time since the report was received
 * @param allowanceMs {@link travelAllowanceMs} for the report of a peer
 */
export function isOverdue(result: CheckResult, elapsedMs: number, allowanceMs = 0): boolean {
  return result.ageMs !== undefined && result.ageMs + elapsedMs > OVERDUE_INTERVALS * result.intervalMs + allowanceMs;
}

/** What tells two states of a result apart but for ages, figures and wording: a message with a figure in it changes with every run. */
export const resultNews = (result: CheckResult): unknown[] => {
  const { check, status, since, problems, cutShort, intervalMs, confirming, ended } = result;
  return [
    check,
    status,
    since,
    problems.map(problemNews),
    cutShort ?? null,
    intervalMs,
    confirming,
    ended.map(problemNews),
    isOverdue(result, 0),
  ];
};

const problemNews = ({ reason, subject, severity, since }: RaisedProblem): unknown[] => [
  reason,
  subject ?? null,
  severity,
  since,
];
