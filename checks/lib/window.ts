/** Samples over time: what a noisy number is judged by, instead of by one run. */

export interface Timed<T> {
  /** Monotonic milliseconds. */
  readonly at: number;
  readonly value: T;
}

/** Keeps what a difference over the last `spanMs` needs. */
export interface CounterWindow<T> {
  /**
   * Adds the newest sample and returns the one to compare it with: the youngest that is at least `spanMs` old, else
   * the oldest there is. Undefined for the first sample, and after a gap of more than two spans (the agent was paused).
   */
  add(at: number, value: T): Timed<T> | undefined;
}

export function createCounterWindow<T>(spanMs: number): CounterWindow<T> {
  let samples: Timed<T>[] = [];
  return {
    add(at, value) {
      samples = samples.filter((sample) => at - sample.at <= 2 * spanMs);
      const firstYoung = samples.findIndex((sample) => at - sample.at < spanMs);
      samples = samples.slice(Math.max(0, firstYoung === -1 ? samples.length - 1 : firstYoung - 1));
      const base = samples[0];
      samples.push({ at, value });
      return base;
    },
  };
}

/** The middle value; of an even count the mean of the middle two. Undefined for nothing. */
export function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const low = sorted[Math.floor((sorted.length - 1) / 2)];
  const high = sorted[Math.floor(sorted.length / 2)];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}

/** The growth of a counter of 32 bits that may have started over once. */
export const growth32 = (from: number, to: number): number => (to >= from ? to - from : to - from + 2 ** 32);
