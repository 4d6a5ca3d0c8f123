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
}

/** A timer this late is no jitter. */
const LATE_MS = 200;
const AWAY_FOR_MS = 1000;

export function createAttention(): Attention {
  let expectedAtMs = Infinity;
  let awayUntilMs = -Infinity;
  return {
    arrive(nowMs) {
      if (nowMs - expectedAtMs <= LATE_MS) return false;
      awayUntilMs = nowMs + AWAY_FOR_MS;
      return true;
    },
    expect(atMs) {
      expectedAtMs = atMs;
    },
    wasAway(nowMs) {
      awayUntilMs = nowMs + AWAY_FOR_MS;
    },
    isAway: (nowMs) => nowMs < awayUntilMs,
  };
}
