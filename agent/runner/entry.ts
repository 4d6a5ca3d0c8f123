/** One configured check and all that is known of it: its settled state, its last run, its memory. */
import type { AnyCheck, Outcome } from '../../checks/types.ts';
import type { CheckResult, EndedProblem, RaisedProblem } from '../model/report.ts';
import type { Execution } from './execute.ts';
import { createFlapDamper } from './flapping.ts';
import { type Change, type Settled, UNSETTLED, settle } from './settle.ts';

/** A check with its settings. */
export interface ConfiguredCheck {
  readonly check: AnyCheck;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** The operator says that the thing belongs here. */
  readonly expected: boolean;
  readonly config: unknown;
  /** Why it is left out, when it is: it is not run and answers `unknown` with this. */
  readonly leftOut?: string;
}

/** How long an ended problem is kept as an explanation for what outlives it. */
const ENDED_KEPT_MS = 5 * 60_000;
const MAX_ENDED = 8;

export class Entry {
  readonly configured: ConfiguredCheck;
  readonly checkState: unknown;
  /** At present: it follows from how many agents there are. */
  intervalMs: number;
  /** As it is shown: without the coming and going of what flaps. */
  settled: Settled;
  #raw: Settled;
  readonly #damper = createFlapDamper();
  last: Execution | undefined;
  /** Monotonic ms at which the last run ended. */
  ranAt: number | undefined;
  /** What the last run found before it was asked whether the thing belongs here. */
  found: Outcome['status'] | undefined;
  /** Of a run that did not come back; the check does not run again before it does. */
  hanging: { readonly isStarving: () => boolean } | undefined;
  /** It ran again since it was due last, because the agent was away. */
  repeated = false;
  /** Monotonic ms since which every run of this agent found nothing here. */
  absentSince: number | undefined;
  #looked = false;
  running = false;
  queued = false;
  /** Calls the next start off. */
  cancelNext: () => void = () => {};
  #ended: { readonly problem: RaisedProblem; readonly at: number }[] = [];

  constructor(configured: ConfiguredCheck, earlier: Settled | undefined, now: number) {
    this.configured = configured;
    this.intervalMs = configured.intervalMs;
    this.checkState = configured.check.createState?.();
    this.settled =
      configured.leftOut === undefined
        ? (earlier ?? UNSETTLED)
        : { status: 'unknown', since: now, why: configured.leftOut, problems: [] };
    this.#raw = this.settled;
  }

  get id(): string {
    return this.configured.check.id;
  }

  /** Takes in one run. Returns what changed and whether the run must be confirmed. */
  accept(execution: Execution, monotonic: number): { readonly changes: readonly Change[]; readonly confirm: boolean } {
    const { check } = this.configured;
    const step = settle(this.#raw, execution.outcome, execution.startedAt, check.reasons);
    const shown = this.#damper.take(step.state, step.changes, monotonic, execution.startedAt);
    this.#raw = step.state;
    this.settled = shown.state;
    this.absentSince = shown.state.status === 'absent' ? (this.absentSince ?? monotonic) : undefined;
    this.last = execution;
    this.ranAt = monotonic;
    // Confirmed like everything else, and not what an earlier agent left. What others have to answer for it says nothing of it;
    // a program of the operator's was given to this node, and that it cannot tell is its word.
    const isProgram = check.looksThrough === 'program';
    const isSeen = (status: string): boolean =>
      status === 'ok' || status === 'problem' || (isProgram && status === 'unknown');
    const isOwnSight = (check.looksThrough === undefined || isProgram) && isSeen(execution.outcome.status);
    if (isOwnSight && isSeen(step.state.status)) this.#looked = true;
    for (const change of shown.changes) {
      if (change.kind === 'cleared') this.#ended.push({ problem: change.problem, at: monotonic });
    }
    this.#ended = this.#ended.slice(-MAX_ENDED);
    return { changes: shown.changes, confirm: step.state.pending !== undefined };
  }

  /** The settled state as others see it at `monotonic`. */
  result(monotonic: number): CheckResult {
    const { settled, last, ranAt } = this;
    return {
      check: this.id,
      status: settled.status === 'none' ? 'unknown' : settled.status,
      problems: settled.problems,
      ...(settled.status === 'none'
        ? { why: last === undefined ? 'it has not run yet' : 'its first run is being confirmed' }
        : settled.why !== undefined && { why: settled.why }),
      since: settled.since,
      // Before anything is settled there is no result that could have an age.
      ...(ranAt !== undefined && settled.status !== 'none' && { ageMs: monotonic - ranAt }),
      ...(last !== undefined && { durationMs: last.durationMs }),
      ...(last?.cutShort !== undefined && { cutShort: last.cutShort }),
      ...(this.#looked && { looked: true }),
      intervalMs: this.intervalMs,
      readings: last !== undefined && 'readings' in last.outcome ? (last.outcome.readings ?? []) : [],
      confirming: settled.pending !== undefined,
      ended: this.#recentlyEnded(monotonic),
    };
  }

  #recentlyEnded(monotonic: number): EndedProblem[] {
    return this.#ended
      .filter(({ at }) => monotonic - at <= ENDED_KEPT_MS)
      .map(({ problem, at }) => ({ ...problem, endedMs: monotonic - at }));
  }
}
