/**
 * From single runs to a settled state: nothing is raised that was seen only once, nothing is cleared that was fine only
 * once. Pure: one run in, the next state and what changed out.
 *
 * - Two runs in a row that find a problem raise it; `since` is the start of the first.
 * - Two runs in a row without it clear it.
 * - The same holds for `unknown` and `absent`. Two runs in a row that are neither ok nor of one kind settle to
 *   `unknown`: what was seen could not be confirmed, and what was settled is no longer believed.
 */
import type { Outcome, Problem, ReasonSpec, Severity } from '../../checks/types.ts';
import type { RaisedProblem, ResultStatus } from '../model/report.ts';

export interface Settled {
  /** `none` before the first run. */
  readonly status: ResultStatus | 'none';
  /** Unix ms. */
  readonly since: number;
  readonly why?: string;
  readonly problems: readonly RaisedProblem[];
  /** While `unknown`: what was raised when the check lost its sight. Nobody sees it, and nobody saw it go. */
  readonly unseen?: readonly RaisedProblem[];
  /** What the last run found that is not settled yet. */
  readonly pending?: Pending;
}

interface Pending {
  readonly status: ResultStatus;
  readonly since: number;
  /** Problems of that run. */
  readonly problems: readonly RaisedProblem[];
}

export type Change =
  | { readonly kind: 'raised' | 'cleared'; readonly problem: RaisedProblem }
  | {
      readonly kind: 'changed';
      readonly from: ResultStatus | 'none';
      readonly to: ResultStatus;
      readonly message: string;
    };

export interface Step {
  readonly state: Settled;
  readonly changes: readonly Change[];
}

export const UNSETTLED: Settled = { status: 'none', since: 0, problems: [] };

/** What names a problem: the same reason about the same subject is the same problem, whatever its figures. */
export const problemKey = (problem: { readonly reason: string; readonly subject?: string }): string =>
  `${problem.reason} ${problem.subject ?? ''}`;

/**
 * @param startedAt when the run started, Unix ms
 * @param reasons the check's catalogue, for the severities
 */
export function settle(
  state: Settled,
  outcome: Outcome,
  startedAt: number,
  reasons: Readonly<Record<string, ReasonSpec>>,
): Step {
  const seen = outcome.status === 'problem' ? outcome.problems.map((one) => toRaised(one, startedAt, reasons)) : [];
  const why = 'why' in outcome ? outcome.why : undefined;
  const run: Run = { status: outcome.status, startedAt, seen, ...(why !== undefined && { why }) };
  if (run.status === 'problem' && state.status === 'problem') return sameProblems(state, run);
  if (run.status === state.status) return { state: keep(state, run), changes: [] };
  if (state.status === 'none' && run.status !== 'problem') return move(state, run, startedAt);
  const { pending } = state;
  if (pending?.status === run.status) return move(state, run, pending.since);
  if (pending !== undefined && state.status !== 'unknown') return unconfirmed(state, pending, run);
  return { state: { ...state, pending: { status: run.status, since: startedAt, problems: seen } }, changes: [] };
}

interface Run {
  readonly status: ResultStatus;
  readonly startedAt: number;
  readonly seen: readonly RaisedProblem[];
  readonly why?: string;
}

function toRaised(problem: Problem, since: number, reasons: Readonly<Record<string, ReasonSpec>>): RaisedProblem {
  const severity: Severity = reasons[problem.reason]?.severity ?? 'warning';
  return { ...problem, severity, since };
}

/** The run agrees with the settled state: only the reason why may read differently. */
function keep(state: Settled, run: Run): Settled {
  return {
    status: state.status,
    since: state.since,
    problems: state.problems,
    ...(run.why !== undefined && { why: run.why }),
    ...(state.unseen !== undefined && { unseen: state.unseen }),
  };
}

/** Raised and not cleared, whether or not it can be seen now. */
const standing = (state: Settled): readonly RaisedProblem[] => [...state.problems, ...(state.unseen ?? [])];

/** What a state that becomes unknown must not forget. */
function unseenFrom(state: Settled): { readonly unseen?: readonly RaisedProblem[] } {
  const unseen = standing(state);
  return unseen.length > 0 ? { unseen } : {};
}

/** The run's status becomes the settled one. */
function move(state: Settled, run: Run, since: number): Step {
  const earlier = new Map((state.pending?.problems ?? []).map((problem) => [problemKey(problem), problem.since]));
  const seen = run.seen.map((problem) => ({ ...problem, since: earlier.get(problemKey(problem)) ?? problem.since }));
  const twice = seen.filter((problem) => earlier.has(problemKey(problem)));
  // Two bad runs in a row with nothing in common are still two bad runs.
  const raised = twice.length > 0 ? twice : seen;
  // A problem that was out of sight is the same problem still.
  const before = new Map((state.unseen ?? []).map((problem) => [problemKey(problem), problem.since]));
  const problems = raised.map((problem) => ({ ...problem, since: before.get(problemKey(problem)) ?? problem.since }));
  const next: Settled = {
    status: run.status,
    since,
    problems,
    ...(run.why !== undefined && { why: run.why }),
    ...(run.status === 'unknown' && unseenFrom(state)),
    ...(problems.length < seen.length && {
      pending: { status: run.status, since: run.startedAt, problems: seen },
    }),
  };
  return { state: next, changes: changesBetween(state, next) };
}

/** Two runs disagree with the settled state and with each other. */
function unconfirmed(state: Settled, pending: Pending, run: Run): Step {
  // A good run in between is worth nothing here: it starts the count again.
  if (pending.status === 'ok' || run.status === 'ok' || pending.status === 'absent' || run.status === 'absent') {
    return {
      state: { ...state, pending: { status: run.status, since: run.startedAt, problems: run.seen } },
      changes: [],
    };
  }
  const next: Settled = {
    status: 'unknown',
    since: pending.since,
    problems: [],
    why: run.why ?? 'a problem was seen and could not be confirmed',
    ...unseenFrom(state),
    ...(run.status === 'problem' && {
      pending: { status: run.status, since: run.startedAt, problems: run.seen },
    }),
  };
  return { state: next, changes: changesBetween(state, next) };
}

/** Both the state and the run are problems: each problem is raised and cleared on its own. */
function sameProblems(state: Settled, run: Run): Step {
  const seen = new Map(run.seen.map((problem) => [problemKey(problem), problem]));
  const before = state.pending?.status === 'problem' ? state.pending.problems : undefined;
  const seenBefore = new Map((before ?? []).map((problem) => [problemKey(problem), problem]));
  const settledKeys = new Set(state.problems.map(problemKey));
  const stays = state.problems
    .filter((problem) => seen.has(problemKey(problem)) || before === undefined || seenBefore.has(problemKey(problem)))
    .map((problem) => ({ ...problem, ...seen.get(problemKey(problem)), since: problem.since }));
  const added = run.seen
    .filter((problem) => !settledKeys.has(problemKey(problem)) && seenBefore.has(problemKey(problem)))
    .map((problem) => ({ ...problem, since: seenBefore.get(problemKey(problem))?.since ?? problem.since }));
  const settledNow = [...stays, ...added];
  // Two bad runs in a row with nothing in common are still two bad runs.
  const problems = settledNow.length > 0 ? settledNow : run.seen;
  const differs =
    run.seen.some((problem) => !problems.some((one) => problemKey(one) === problemKey(problem))) ||
    problems.some((problem) => !seen.has(problemKey(problem)));
  const next: Settled = {
    status: 'problem',
    since: state.since,
    problems,
    ...(differs && { pending: { status: 'problem', since: run.startedAt, problems: withSince(run.seen, seenBefore) } }),
  };
  return { state: next, changes: changesBetween(state, next) };
}

const withSince = (seen: readonly RaisedProblem[], before: ReadonlyMap<string, RaisedProblem>): RaisedProblem[] =>
  seen.map((problem) => ({ ...problem, since: before.get(problemKey(problem))?.since ?? problem.since }));

/**
 * The timeline's entries for a step from one settled state to the next. What was raised is cleared once it was seen to
 * be gone, not when the check lost its sight.
 */
function changesBetween(from: Settled, to: Settled): Change[] {
  const before = new Map(standing(from).map((problem) => [problemKey(problem), problem]));
  const after = new Map(standing(to).map((problem) => [problemKey(problem), problem]));
  const changes: Change[] = [];
  for (const [key, problem] of before) if (!after.has(key)) changes.push({ kind: 'cleared', problem });
  for (const [key, problem] of after) if (!before.has(key)) changes.push({ kind: 'raised', problem });
  if (to.status !== 'none' && isNews(from.status, to.status, changes)) {
    changes.push({ kind: 'changed', from: from.status, to: to.status, message: to.why ?? '' });
  }
  return changes;
}

/** A first look that finds all well is no news; neither is what "raised" and "cleared" say already. */
function isNews(from: Settled['status'], to: Settled['status'], changes: readonly Change[]): boolean {
  if (from === to) return false;
  if (from === 'none') return to === 'unknown';
  if (to === 'problem') return from === 'unknown' && !changes.some(({ kind }) => kind === 'raised');
  return from !== 'problem' || to !== 'ok';
}
