/**
 * What is known of a probe from one look to the next: as the kubelet does it, with a third answer. Pure.
 *
 * - `successThreshold` successes in a row: well. `failureThreshold` failures in a row: failing.
 * - `failureThreshold` times in a row no success, and not each of them a failure: unknown, unless it is failing already.
 * - Anything else changes nothing.
 */
import type { FetchFailure, Reading } from '../../types.ts';

export type Verdict = 'success' | 'failure' | 'unknown';

export interface Answer {
  readonly verdict: Verdict;
  /** What was seen, with the figures: a clause without a full stop. */
  readonly message: string;
  readonly durationMs?: number;
  /** More figures than those that every probe has; its name becomes their subject. */
  readonly readings?: readonly Reading[];
}

/**
 * What it means for a probe that nobody answered: as for the kubelet, a failure, whatever the reason. That this process
 * had no time to look says nothing of the other side.
 */
export function answerOf(
  { failure, message }: { readonly failure: FetchFailure; readonly message: string },
  place: string,
): Answer {
  if (failure === 'aborted') return { verdict: 'unknown', message };
  return { verdict: 'failure', message: failure === 'refused' ? `nobody listens on ${place}` : message };
}

export interface Thresholds {
  readonly failureThreshold: number;
  readonly successThreshold: number;
}

export interface ProbeMemory {
  /** `new`: too little was seen to say. */
  readonly standing: 'new' | 'well' | 'failing' | 'unknown';
  /** Newest last, as many as matter. */
  readonly verdicts: readonly Verdict[];
  readonly last: Answer | undefined;
  /** What the last failure was. */
  readonly failure: string | undefined;
  /** The last answer brought a change about that is worth another look at once. */
  readonly hasTurned: boolean;
  /** It was failing when it last could be told. */
  readonly wasFailing: boolean;
  /** In a row. */
  readonly failures: number;
}

export const NEW_PROBE: ProbeMemory = {
  standing: 'new',
  verdicts: [],
  last: undefined,
  failure: undefined,
  hasTurned: false,
  wasFailing: false,
  failures: 0,
};

/** @param counts false while a probe that was not well before may still be starting */
export function remember(memory: ProbeMemory, last: Answer, thresholds: Thresholds, counts = true): ProbeMemory {
  const { verdict, message } = last;
  const failure = verdict === 'failure' ? message : memory.failure;
  const failures = verdict === 'failure' ? memory.failures + 1 : 0;
  if (!counts && memory.standing === 'new' && verdict !== 'success')
    return { ...memory, last, failures, failure, verdicts: [], hasTurned: false };
  const most = Math.max(thresholds.failureThreshold, thresholds.successThreshold);
  const verdicts = [...memory.verdicts, verdict].slice(-most);
  const standing = judge(memory.standing, verdicts, thresholds);
  const isKnown = standing === 'well' || standing === 'failing';
  return {
    standing,
    verdicts,
    last,
    failure,
    failures,
    hasTurned: standing !== memory.standing && (standing === 'failing' || memory.standing !== 'new'),
    wasFailing: isKnown ? standing === 'failing' : memory.wasFailing,
  };
}

function judge(
  standing: ProbeMemory['standing'],
  verdicts: readonly Verdict[],
  { failureThreshold, successThreshold }: Thresholds,
): ProbeMemory['standing'] {
  const latest = (many: number): readonly Verdict[] => (verdicts.length < many ? [] : verdicts.slice(-many));
  const good = latest(successThreshold);
  if (good.length > 0 && good.every((one) => one === 'success')) return 'well';
  const bad = latest(failureThreshold);
  if (bad.length === 0 || bad.includes('success')) return standing;
  if (bad.every((one) => one === 'failure')) return 'failing';
  return standing === 'failing' && bad.includes('failure') ? 'failing' : 'unknown';
}
