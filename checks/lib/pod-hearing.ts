/** What a pod hears of new pods, over the runs of a check. Pure. */
import type { SeenFromPod } from '../types.ts';

export interface PodHearing {
  /** @param said undefined: it was not asked, or did not say */
  note(said: SeenFromPod | undefined, nowMs: number): void;
  /**
   * So long none was heard, from the first to the last time that one was listened for, ms. 0 also where none was ever heard: a
   * NetworkPolicy, or a network that lets nobody reach what is no pod of the API, looks just so.
   */
  silentForMs(): number;
}

/** Then nobody listens any more. */
const FORGET_MS = 300_000;

export function createPodHearing(): PodHearing {
  let wasHeard = false;
  let silent: { readonly since: number; readonly at: number } | undefined;
  return {
    note(said, nowMs) {
      if (said === 'answered') [wasHeard, silent] = [true, undefined];
      else if (said === 'silent' && wasHeard) silent = { since: silent?.since ?? nowMs, at: nowMs };
      else if (silent !== undefined && nowMs - silent.at > FORGET_MS) silent = undefined;
    },
    silentForMs: () => (silent === undefined ? 0 : silent.at - silent.since),
  };
}
