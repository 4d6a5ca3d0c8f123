/** How many unanswered probes in a row mean something, on an edge that may always lose some. */

export interface Misses {
  /** A probe that was sent at `sentAtMs` got no answer in time. */
  missed(sentAtMs: number): void;
  /** An answer ends the run. */
  answered(): void;
  /** The run says nothing: I was away, or could not send. */
  forget(): void;
  /** Consecutive misses. */
  count(): number;
  /** True when the run is long enough to conclude from: see `missesToConclude`, and at least 2 s. */
  isLong(nowMs: number): boolean;
}

/** Design section 6: at least 6 misses over at least 2 s. */
const LEAST_MISSES = 6;
const LEAST_DURATION_MS = 2000;
/** At 4 probes a second this adds 2.5 s on the worst edge that still passes anything. */
const MOST_MISSES = 16;
/** A run this unlikely is no chance. */
const CHANCE = 1e-6;
/** Weight of one probe in the moving share of misses; about the last 16 probes count. */
const WEIGHT = 1 / 16;

export function createMisses(): Misses {
  let count = 0;
  let sinceMs = 0;
  let share = 0;
  const needed = (): number => missesToConclude(share);
  return {
    missed(sentAtMs) {
      if (count === 0) sinceMs = sentAtMs;
      count += 1;
    },
    answered() {
      // A run that was long enough was an outage and says nothing about the losses of the edge when it works.
      if (count < needed()) share = 1 - (1 - share) * (1 - WEIGHT) ** count;
      share -= share * WEIGHT;
      count = 0;
    },
    forget() {
      count = 0;
    },
    count: () => count,
    isLong: (nowMs) => count >= needed() && nowMs - sinceMs >= LEAST_DURATION_MS,
  };
}

/**
 * The smallest n with share^n ≤ 10⁻⁶, from 6 to 16: with 20 % loss each way a probe fails with 36 %, so that 6 misses in
 * a row come about every ten minutes on each edge, and 14 hardly in a year of them. A clean edge needs no more than 6.
 *
 * @param share of probes that are missed while the edge works, 0..1
 */
export function missesToConclude(share: number): number {
  if (share <= 0) return LEAST_MISSES;
  if (share >= 1) return MOST_MISSES;
  const misses = Math.ceil(Math.log(CHANCE) / Math.log(share));
  return Math.min(MOST_MISSES, Math.max(LEAST_MISSES, misses));
}
