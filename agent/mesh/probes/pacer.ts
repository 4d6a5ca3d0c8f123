/** When the next ping to a target is due. All times are monotonic ms. */
import { EARLY_JOIN, MIN_PACE_MS, PACE_JITTER, PAIRING, SPREAD_MS } from './timing.ts';

export interface Pacer {
  dueAt(): number;
  /** The process is awake for another target's ping: whether this one goes along. */
  mayJoin(now: number): boolean;
  /** The target pinged just now: whether to ping it in the same breath. */
  mayPair(now: number): boolean;
  /** A ping leaves now. */
  advance(now: number): void;
  /** A ping leaves now because the target pinged: from now on the target leads, as long as it does. */
  follow(now: number): void;
  /** A faster pace counts from the last ping, a slower one from the next. */
  setPace(paceMs: number, now: number): void;
  /** The next ping is wanted at once; however often that is said, never two within 100 ms. */
  hurry(now: number): void;
  /** After a pause: soon, and not all targets at once. */
  restart(now: number): void;
}

/** `random` gives from 0 to 1, 1 excluded. */
export function createPacer(firstPaceMs: number, now: number, random: () => number): Pacer {
  let paceMs = Math.max(MIN_PACE_MS, firstPaceMs);
  let lastAt: number | undefined;
  const soon = (from: number): number => from + random() * Math.min(paceMs, SPREAD_MS);
  const step = (): number => paceMs * (1 - PACE_JITTER + 2 * PACE_JITTER * random());
  let dueAt = soon(now);
  return {
    dueAt: () => dueAt,
    mayJoin: (at) => dueAt - at <= paceMs * EARLY_JOIN,
    mayPair: (at) => dueAt - at <= paceMs * PAIRING,
    advance(at) {
      // From the due time, unless that lies too far back: the small delays of timers do not add up.
      dueAt = Math.max(dueAt + step(), at + paceMs / 2);
      lastAt = at;
    },
    follow(at) {
      // Later than the target's own next ping, whatever its jitter.
      dueAt = at + step() + paceMs * PACE_JITTER;
      lastAt = at;
    },
    setPace(nextPaceMs, at) {
      const clamped = Math.max(MIN_PACE_MS, nextPaceMs);
      if (clamped === paceMs) return;
      paceMs = clamped;
      dueAt = Math.min(dueAt, (lastAt ?? at) + step());
    },
    hurry(at) {
      dueAt = Math.min(dueAt, Math.max(at, (lastAt ?? -Infinity) + MIN_PACE_MS));
    },
    restart(at) {
      dueAt = soon(at);
    },
  };
}
