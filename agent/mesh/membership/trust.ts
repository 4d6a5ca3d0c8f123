/** Whose word against others counts: of those who came into my component, or back into it, it does not at once. */

export interface Trust {
  /** The author came into my component. */
  joined(author: string, nowMs: number): void;
  left(author: string): void;
  /** What the author says against others counts anew in a while: it was out of touch with me. */
  distrust(author: string, nowMs: number): void;
  isTrusted(author: string, nowMs: number): boolean;
  /**
   * True for what the author says of a time when it was not in my component, shortly after it came back.
   *
   * @param sinceMs since when it is so, monotonic ms; undefined: the author does not say
   */
  isHistory(author: string, sinceMs: number | undefined, nowMs: number): boolean;
  /** Who the members are now. */
  expect(names: ReadonlySet<string>): void;
  /** Looks for when the next word counts. */
  review(nowMs: number): void;
  /** When the next word counts; Infinity when all do. */
  changesAtMs(): number;
}

/** Who has just come in hears of others, and probes them, before it is heard against them. */
const TRUSTED_AFTER_MS = 3000;
/**
 * That a member lost us is what it saw from the other side of a cut, and it says so until its own probes tell otherwise:
 * for a second among few, for 8 s among 250, whose takings-back come all at once, and for a minute among forty that share
 * two cores. It costs little to wait for longer: whom it lost is connected to me or to others who are, and who dies
 * meanwhile is lost anew.
 */
const HISTORY_MS = 120_000;

export function createTrust(): Trust {
  const joinedAtMs = new Map<string, number>();
  /** Those who were there before and were gone in between. */
  const backSinceMs = new Map<string, number>();
  const gone = new Set<string>();
  let changesAtMs = Infinity;
  return {
    joined(author, nowMs) {
      joinedAtMs.set(author, nowMs);
      if (gone.delete(author)) backSinceMs.set(author, nowMs);
    },
    left(author) {
      joinedAtMs.delete(author);
      backSinceMs.delete(author);
      gone.add(author);
    },
    distrust(author, nowMs) {
      if (!joinedAtMs.has(author)) return;
      joinedAtMs.set(author, nowMs);
      changesAtMs = Math.min(changesAtMs, nowMs + TRUSTED_AFTER_MS);
    },
    isTrusted(author, nowMs) {
      const sinceMs = joinedAtMs.get(author);
      return sinceMs !== undefined && nowMs - sinceMs >= TRUSTED_AFTER_MS;
    },
    isHistory(author, sinceMs = -Infinity, nowMs) {
      const backMs = backSinceMs.get(author);
      return backMs !== undefined && nowMs - backMs < HISTORY_MS && sinceMs <= backMs;
    },
    expect(names) {
      for (const author of gone) if (!names.has(author)) gone.delete(author);
    },
    review(nowMs) {
      changesAtMs = Infinity;
      const consider = (atMs: number): void => {
        if (atMs > nowMs && atMs < changesAtMs) changesAtMs = atMs;
      };
      for (const atMs of joinedAtMs.values()) consider(atMs + TRUSTED_AFTER_MS);
      for (const [author, backMs] of backSinceMs) {
        if (nowMs - backMs >= HISTORY_MS) backSinceMs.delete(author);
        else consider(backMs + HISTORY_MS);
      }
    },
    changesAtMs: () => changesAtMs,
  };
}
