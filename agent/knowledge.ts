/** What this agent knows now, and what follows from it. Everything that a person sees is read from here. */
import type { Clock } from './base/clock.ts';
import { diagnose } from './diagnosis/diagnose.ts';
import type { Catalogue } from './diagnosis/rule.ts';
import type { ClusterState } from './model/cluster-state.ts';
import type { Diagnosis } from './model/finding.ts';

export interface Knowledge {
  state(): ClusterState;
  diagnosis(): Diagnosis;
  /** Something that the diagnosis rests on has changed. */
  touch(): void;
  /** Figures have changed, and nothing else that is known: told with the next review, for which alone nothing is diagnosed. */
  touchFigures(): void;
  /** Told after the diagnosis was made anew, at most ten times a second. */
  onChange(listener: () => void): () => void;
  stop(): void;
}

/** What a diagnosis says apart from figures and times: two with the same gist are the same news. */
export const gist = ({ status, findings, view }: Diagnosis): string =>
  JSON.stringify([status, view, findings.map(({ id, severity, causedBy }) => [id, severity, causedBy])]);

/** Several changes at once make one diagnosis. */
const COALESCE_MS = 100;
/**
 * While things change all the time, one diagnosis waits so many times as long as the last one took: a fiftieth of a
 * core, on a starved one of what is left of it.
 */
const REST_FACTOR = 50;
/** Results grow overdue and the agent settles without anything happening. */
const REVIEW_MS = 1000;
/** After a pause, whoever asks may be served before the review that is due. */
const STALE_MS = 2 * REVIEW_MS;

export function createKnowledge(read: () => ClusterState, catalogue: Catalogue, clock: Clock): Knowledge {
  const listeners = new Set<() => void>();
  let diagnosis = diagnose(read(), clock.now(), catalogue);
  let reviewedAt = clock.monotonic();
  let told = gist(diagnosis);
  let isUntold = false;
  let cancel: (() => void) | undefined;
  let tookMs = 0;
  const review = (): void => {
    const startedAt = clock.monotonic();
    diagnosis = diagnose(read(), clock.now(), catalogue);
    reviewedAt = clock.monotonic();
    tookMs = reviewedAt - startedAt;
  };
  const restMs = (): number => Math.min(REVIEW_MS, REST_FACTOR * tookMs) - (clock.monotonic() - reviewedAt);
  const tell = (): void => {
    [told, isUntold] = [gist(diagnosis), false];
    for (const listener of listeners) listener();
  };
  const stopReviews = clock.every(REVIEW_MS, () => {
    review();
    if (isUntold || gist(diagnosis) !== told) tell();
  });
  return {
    state: read,
    diagnosis() {
      if (clock.monotonic() - reviewedAt > STALE_MS) review();
      return diagnosis;
    },
    touch() {
      cancel ??= clock.after(Math.max(COALESCE_MS, restMs()), () => {
        cancel = undefined;
        review();
        tell();
      });
    },
    touchFigures() {
      isUntold = true;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stop() {
      cancel?.();
      stopReviews();
      listeners.clear();
    },
  };
}
