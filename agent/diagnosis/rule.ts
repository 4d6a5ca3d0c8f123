/** What a rule of the diagnosis is made of. A rule is pure: it sees the evidence and concludes. */
import type { ClusterState } from '../model/cluster-state.ts';
import type { Finding, FindingSeverity } from '../model/finding.ts';
import type { CheckResult, RaisedProblem } from '../model/report.ts';
import type { DownLink } from './links.ts';
import type { MeshEvidence } from './mesh-evidence.ts';
import type { Roles } from './roles.ts';
import { withoutStop } from './words.ts';

/** A confirmed problem, with where it was seen. */
export interface SeenProblem {
  readonly node: string;
  readonly check: string;
  readonly problem: RaisedProblem;
  /** Interval of its check: how long a fact of this check may lag behind the truth. */
  readonly intervalMs: number;
  /** Set when it was cleared, so many milliseconds ago: it is no finding any more but may still explain one. */
  readonly endedMs?: number;
}

/** A result of the node that looks, with whether it is too old now. */
export interface SeenResult {
  readonly result: CheckResult;
  readonly overdue: boolean;
}

/** What the reasons and checks are called and what to do about them; from the checks' own catalogue. */
export interface Catalogue {
  title(check: string): string;
  reason(check: string, reason: string): { readonly summary: string; readonly remedy: string } | undefined;
  /** What it tells is the word of the operator's own programs. */
  isProgram(check: string): boolean;
}

export interface Evidence {
  readonly state: ClusterState;
  /** Unix ms. */
  readonly now: number;
  readonly catalogue: Catalogue;
  /** Raised problems, and those that ended a moment ago; of nodes whose reports may be believed. */
  readonly problems: readonly SeenProblem[];
  /** The same by `check/Reason`. */
  readonly problemsBy: ReadonlyMap<string, readonly SeenProblem[]>;
  /** Of the node that looks. */
  readonly ownResults: readonly SeenResult[];
  /** Which nodes have a control plane, and what of it. */
  readonly roles: Roles;
  /** Absent where there is no mesh. */
  readonly mesh?: MeshEvidence;
  /** Paths between connected members that do not work. */
  readonly links: readonly DownLink[];
}

/** A finding before causes and consequences are told apart. */
export interface Draft extends Omit<Finding, 'id' | 'causedBy'> {
  readonly intervalMs: number;
  readonly endedMs?: number;
  /** Of several: when the first of them was so, Unix ms. What follows from that one alone is older than `since`. */
  readonly beganWith?: number;
  /** About the cluster as a whole, whichever nodes it names: that somebody works on them excuses nothing. */
  readonly isOfAll?: true;
}

export interface Rule {
  /** The finding's name. PascalCase, stable. */
  readonly reason: string;
  /** What it means for the cluster. */
  readonly severity: FindingSeverity;
  readonly concludes: string;
  readonly from: string;
  readonly sound: string;
  /** When it must not fire. */
  readonly silentWhen: string;
  /** Problems of checks that it speaks for, `check/Reason`: they are no findings of their own. */
  readonly claims: readonly string[];
  find(evidence: Evidence): readonly Draft[];
}

/** Grave first. */
const RANK: Readonly<Record<FindingSeverity, number>> = { critical: 0, warning: 1, info: 2 };

export const bySeverity = (a: FindingSeverity, b: FindingSeverity): number => RANK[a] - RANK[b];

/** The nodes that a draft is about. */
export const nodesOf = ({ node, nodes }: Draft): readonly string[] => nodes ?? [node];

/** The problems that a list of `check/Reason` names. */
export const claimed = (evidence: Evidence, claims: readonly string[]): SeenProblem[] =>
  claims.flatMap((claim) => evidence.problemsBy.get(claim) ?? []);

export const evidenceLine = ({ node, check, problem }: SeenProblem): string =>
  `${check} on ${node}: ${problem.message}`;

/**
 * The finding for one problem: what was seen is the sentence's second half, the remedy is the next step.
 *
 * @param sentence what is broken and where, without what was seen
 */
export function draftFor(
  evidence: Evidence,
  seen: SeenProblem,
  reason: string,
  severity: FindingSeverity,
  sentence: string,
): Draft {
  const known = evidence.catalogue.reason(seen.check, seen.problem.reason);
  return {
    reason,
    severity,
    nodeSeverity: seen.problem.severity,
    node: seen.node,
    check: seen.check,
    ...(seen.problem.subject !== undefined && { subject: seen.problem.subject }),
    sentence: `${sentence}: ${withoutStop(seen.problem.message)}`,
    since: seen.problem.since,
    observers: [seen.node],
    dissent: [],
    evidence: [evidenceLine(seen)],
    alternatives: [],
    next: known === undefined ? [] : [known.remedy],
    intervalMs: seen.intervalMs,
    ...(seen.endedMs !== undefined && { endedMs: seen.endedMs }),
  };
}
