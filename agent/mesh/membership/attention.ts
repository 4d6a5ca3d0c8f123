/**
 * Was I away? A process that was stopped, starved or suspended finds all its deadlines passed at once and would accuse
 * everybody. Whoever was late does not testify: deadlines start anew, and for a second nobody counts on its answers.
 * (Lifeguard guesses the observer's own slowness from missing nacks; the own timer measures it.)
 */

export interface Attention {
  /** To be called first at every step. True when I was away until now. */
  arrive(nowMs: number): boolean;
  /** The next step will come at this time at the latest. */
  expect(atMs: number): void;
  /** Told from outside: SIGCONT, or a late deadline elsewhere in the process. */
  wasAway(nowMs: number): void;
  isAway(nowMs: number): boolean;
  /**
   * Away again and again, without a second between, for so long that it has to come to conclusions all the same: it will
   * not get better by waiting.
   */
  isAwayForLong(nowMs: number): boolean;
}

/** A timer this late is no jitter. */
const LATE_MS = 200;
const AWAY_FOR_MS = 1000;
const LONG_MS = 5000;

export function createAttention(): Attention {
  let expectedAtMs = Infinity;
  let awaySinceMs = -Infinity;
  let awayUntilMs = -Infinity;
  const wasAway = (nowMs: number, sinceMs: number): void => {
    // A pause that lasts is one pause, however long.
    if (sinceMs >= awayUntilMs) awaySinceMs = nowMs;
    awayUntilMs = nowMs + AWAY_FOR_MS;
  };
  return {
    arrive(nowMs) {
      if (nowMs - expectedAtMs <= LATE_MS) return false;
      wasAway(nowMs, expectedAtMs);
      return true;
    },
    expect(atMs) {
      expectedAtMs = atMs;
    },
    wasAway: (nowMs) => wasAway(nowMs, nowMs),
    isAway: (nowMs) => nowMs < awayUntilMs,
    isAwayForLong: (nowMs) => nowMs < awayUntilMs && nowMs - awaySinceMs >= LONG_MS,
  };
}
