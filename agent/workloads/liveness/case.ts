/** How one run of a container stands from one look to the next. */
import type { JudgedLog } from '../../../checks/types.ts';
import type { LivenessHold, LivenessState } from '../../model/liveness.ts';

/** What speaks against a restart, or what came of it: the state and why, empty where the log says it all. */
export type Ruling = readonly [LivenessState, string, LivenessHold?];

export interface Case {
  readonly log: JudgedLog;
  /** Monotonic ms; undefined: it does not fail. */
  readonly failingSince: number | undefined;
  /** It fails, and is neither condemned nor given up: it asks for leave to be restarted. */
  readonly isAsking: boolean;
  /** It is to be restarted, or was a moment ago and has not been well for long enough since. */
  readonly isCondemned: boolean;
  /** It was condemned for long, and nobody restarted it: nobody counts on it. */
  readonly isInVain: boolean;
  readonly state: LivenessState;
  readonly why: string;
  readonly held: LivenessHold | undefined;
  /** Since when the state is as it is, Unix ms. */
  readonly since: number;
  look(log: JudgedLog, nowMs: number): void;
  /** Its log cannot be told any more. */
  lose(why: string): void;
  condemn(nowMs: number): void;
  rule(ruling: Ruling): void;
}

/** Longer than the grace in which a container that is told to end may still write: a last word is no sign of health. */
const PARDON_MS = 60_000;
/** Nobody restarts it: it has no probe, or another one than it should. */
const SENTENCE_MS = 600_000;
const IN_VAIN: Ruling = ['suppressed', 'it was called dead for ten minutes and nobody restarted it', 'in-vain'];

/** @param wallNow Unix ms */
export function createCase(first: JudgedLog, wallNow: () => number): Case {
  let log = first;
  let failingSince: number | undefined;
  let wellSince: number | undefined;
  let condemnedAt: number | undefined;
  let isInVain = false;
  let [state, why, since]: [LivenessState, string, number] = ['unknown', '', wallNow()];
  let held: LivenessHold | undefined;
  const rule = ([next, reason, hold]: Ruling): void => {
    if (state !== next) since = wallNow();
    [state, held] = [next, hold];
    why = [log.words, reason].filter((part) => part !== '').join('; ');
  };

  return {
    get log() {
      return log;
    },
    get failingSince() {
      return failingSince;
    },
    get isAsking() {
      return failingSince !== undefined && condemnedAt === undefined && !isInVain;
    },
    get isCondemned() {
      return condemnedAt !== undefined;
    },
    get isInVain() {
      return isInVain;
    },
    get state() {
      return state;
    },
    get why() {
      return why;
    },
    get held() {
      return held;
    },
    get since() {
      return since;
    },
    look(next, nowMs) {
      log = next;
      if (next.verdict === 'silent' || next.verdict === 'matching') {
        [failingSince, wellSince] = [failingSince ?? nowMs, undefined];
        if (condemnedAt !== undefined && nowMs - condemnedAt > SENTENCE_MS) [condemnedAt, isInVain] = [undefined, true];
        if (condemnedAt !== undefined) rule(['dead', '']);
        else if (isInVain) rule(IN_VAIN);
        return;
      }
      failingSince = undefined;
      wellSince = next.verdict === 'well' ? (wellSince ?? nowMs) : undefined;
      if (wellSince !== undefined && nowMs - wellSince >= PARDON_MS) [condemnedAt, isInVain] = [undefined, false];
      rule([next.verdict === 'well' ? 'alive' : 'unknown', '']);
    },
    lose(reason) {
      [failingSince, wellSince] = [undefined, undefined];
      if (state !== 'unknown') since = wallNow();
      [state, why, held] = ['unknown', reason, undefined];
    },
    condemn(nowMs) {
      condemnedAt = nowMs;
      rule(['dead', '']);
    },
    rule,
  };
}
