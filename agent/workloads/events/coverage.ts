/** Since when nothing was missed: the API keeps events for a while, so that a short gap is none. */

export interface Coverage {
  /** Since when, Unix ms; undefined: nothing is covered. */
  since(): number | undefined;
  /** Until when, Unix ms. */
  until(): number;
  /** All that the API had was listed, from `at` on (Unix ms). */
  listed(at: number): void;
  /** Nothing was missed from what was covered before until then (Unix ms). */
  extend(at: number): void;
  /**
   * Another agent's record was copied to its end.
   *
   * @param since since when that misses nothing, Unix ms @param until until when it is as the API has it
   * @param copiedFrom what it saw from then on was copied; undefined: from where the last copy ended
   */
  copied(since: number, until: number, copiedFrom: number | undefined): void;
}

/** Half of how long the API keeps them. */
const BRIDGED_MS = 30 * 60_000;

export function createCoverage(): Coverage {
  let covered: { readonly since: number; readonly until: number } | undefined;
  return {
    since: () => covered?.since,
    until: () => covered?.until ?? -Infinity,
    listed(at) {
      const isBridged = covered !== undefined && at - covered.until < BRIDGED_MS;
      covered = { since: isBridged ? (covered?.since ?? at) : at, until: at };
    },
    extend(at) {
      if (covered !== undefined && at > covered.until) covered = { ...covered, until: at };
    },
    copied(since, until, copiedFrom) {
      const isWhole = covered !== undefined && since <= covered.until && (copiedFrom ?? -Infinity) <= covered.until;
      const from = isWhole ? (covered?.since ?? since) : Math.max(since, copiedFrom ?? since);
      covered = { since: from, until: Math.max(until, isWhole ? (covered?.until ?? until) : until) };
    },
  };
}
