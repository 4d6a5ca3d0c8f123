/** Whose word against others counts: of those who came into my component, or back into it, it does not at once. */

export interface Trust {
  /** The author came into my component. */
  joined(author: string, nowMs: number): void;
  left(author: string): void;
  /**
   * A report came that the author made then, on my clock. Returns true where what it says against others may count from
   * now on.
   */
  reported(author: string, madeAtMs: number): boolean;
  /** What the author says against others counts anew in a while: it was out of touch with me. */
  distrust(author: string, nowMs: number): void;
  isTrusted(author: string, nowMs: number): boolean;
  /** Who the members are now. */
  expect(names: ReadonlySet<string>): void;
  /** Looks for when the next author is trusted. */
  review(nowMs: number): void;
  /** When the next author is trusted; Infinity when all are. */
  changesAtMs(): number;
}

/**
 * What a member said while it was not in my component is history, also after it came back: that it lost us is what it saw
 * from the other side of the cut. It has probed again by then, or it means it.
 */
const TRUSTED_AFTER_MS = 3000;
/**
 * After a cut all take back what they said of the other side, all at once. That storm is left to sync, so what they said
 * during the cut is around for longer the more they are: among 250 for 8 s. As long as it may be, only what a member
 * wrote after those three seconds counts.
 */
const HISTORY_MS_PER_MEMBER = 50;
const LONGEST_HISTORY_MS = 15_000;
/** So many agree within three seconds. */
const FEW = 20;

export function createTrust(): Trust {
  const joinedAtMs = new Map<string, number>();
  /** Those who were there before and were gone in between. */
  const backSinceMs = new Map<string, number>();
  const gone = new Set<string>();
  const reportedAtMs = new Map<string, number>();
  let historyMs = TRUSTED_AFTER_MS;
  let changesAtMs = Infinity;
  const isHistory = (author: string, backMs: number, nowMs: number): boolean =>
    nowMs - backMs < historyMs && (reportedAtMs.get(author) ?? -Infinity) < backMs + TRUSTED_AFTER_MS;
  return {
    joined(author, nowMs) {
      joinedAtMs.set(author, nowMs);
      if (gone.delete(author)) backSinceMs.set(author, nowMs);
    },
    left(author) {
      joinedAtMs.delete(author);
      backSinceMs.delete(author);
      reportedAtMs.delete(author);
      gone.add(author);
    },
    reported(author, madeAtMs) {
      const backMs = backSinceMs.get(author);
      if (backMs === undefined) return false;
      reportedAtMs.set(author, Math.max(madeAtMs, reportedAtMs.get(author) ?? -Infinity));
      return madeAtMs >= backMs + TRUSTED_AFTER_MS;
    },
    distrust(author, nowMs) {
      if (!joinedAtMs.has(author)) return;
      joinedAtMs.set(author, nowMs);
      changesAtMs = Math.min(changesAtMs, nowMs + TRUSTED_AFTER_MS);
    },
    isTrusted(author, nowMs) {
      const sinceMs = joinedAtMs.get(author);
      if (sinceMs === undefined || nowMs - sinceMs < TRUSTED_AFTER_MS) return false;
      const backMs = backSinceMs.get(author);
      return backMs === undefined || !isHistory(author, backMs, nowMs);
    },
    expect(names) {
      for (const author of gone) if (!names.has(author)) gone.delete(author);
      const moreMs = HISTORY_MS_PER_MEMBER * Math.max(0, names.size - FEW);
      historyMs = Math.min(LONGEST_HISTORY_MS, TRUSTED_AFTER_MS + moreMs);
    },
    review(nowMs) {
      for (const [author, backMs] of backSinceMs) {
        if (isHistory(author, backMs, nowMs)) continue;
        backSinceMs.delete(author);
        reportedAtMs.delete(author);
      }
      changesAtMs = Infinity;
      const consider = (atMs: number): void => {
        if (atMs > nowMs && atMs < changesAtMs) changesAtMs = atMs;
      };
      for (const atMs of joinedAtMs.values()) consider(atMs + TRUSTED_AFTER_MS);
      for (const atMs of backSinceMs.values()) consider(atMs + historyMs);
    },
    changesAtMs: () => changesAtMs,
  };
}
