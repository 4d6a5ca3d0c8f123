/**
 * When people hear again of what goes on: ElastAlert's `realert` and `exponential_realert`.
 * https://elastalert2.readthedocs.io/en/latest/ruletypes.html#exponential-realert
 */

export interface Pause {
  /** Monotonic, ms: a match before does not count. It never moves for a match that does not count. */
  readonly untilMs: number;
  /** The pause is `realert` × 2 to the power of this. */
  readonly exponent: number;
}

export interface Pauses {
  readonly realertMs: number;
  /** The longest one; undefined: all are `realertMs`. */
  readonly exponentialRealertMs?: number;
}

export const isPaused = (pause: Pause | undefined, nowMs: number): boolean =>
  pause !== undefined && nowMs < pause.untilMs;

/** The pause after a match that counts. */
export function nextPause(
  before: Pause | undefined,
  { realertMs, exponentialRealertMs }: Pauses,
  nowMs: number,
): Pause {
  if (before === undefined || exponentialRealertMs === undefined) return { untilMs: nowMs + realertMs, exponent: 0 };
  let { exponent } = before;
  let apartMs = nowMs - before.untilMs;
  if (apartMs < realertMs * 2 ** exponent) exponent += 1;
  else
    while (apartMs > realertMs * 2 ** exponent && exponent > 0) {
      apartMs -= realertMs * 2 ** exponent;
      exponent -= 1;
    }
  const waitMs = realertMs * 2 ** exponent;
  return waitMs >= exponentialRealertMs
    ? { untilMs: nowMs + exponentialRealertMs, exponent: exponent - 1 }
    : { untilMs: nowMs + waitMs, exponent };
}

/** More of them change nothing. */
const MOST_ROUNDS = 40;

export interface Rounds {
  readonly rounds: number;
  /** Monotonic, ms. */
  readonly firstMs: number;
  readonly lastMs: number;
}

/** The pause after the last of so many rounds, if each came as soon as it could; the first ones may be of what was before. */
export function pauseAfter({ rounds, firstMs, lastMs }: Rounds, pauses: Pauses): Pause {
  let atMs = Math.min(firstMs, lastMs);
  let pause = nextPause(undefined, pauses, atMs);
  for (let round = 2; round <= Math.min(rounds, MOST_ROUNDS) && pause.untilMs <= lastMs; round += 1) {
    atMs = pause.untilMs;
    pause = nextPause(pause, pauses, atMs);
  }
  return { untilMs: lastMs + (pause.untilMs - atMs), exponent: pause.exponent };
}

/** From now on it would be as if there had never been one. */
export function isForgettable(pause: Pause, pauses: Pauses, nowMs: number): boolean {
  if (isPaused(pause, nowMs)) return false;
  const next = nextPause(pause, pauses, nowMs);
  return next.exponent === 0 && next.untilMs === nowMs + pauses.realertMs;
}
