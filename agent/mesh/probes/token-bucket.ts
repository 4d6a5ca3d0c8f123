/** Token buckets: so many at once, so many a second, whoever asks. */
import type { Clock } from '../../base/clock.ts';

export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

export interface TokenBucket {
  /** Takes one token; false when there is none. */
  take(): boolean;
}

export function createTokenBucket(rate: Rate, clock: Pick<Clock, 'monotonic'>): TokenBucket {
  let tokens = rate.burst;
  let filledAt = clock.monotonic();
  return {
    take() {
      const now = clock.monotonic();
      tokens = Math.min(rate.burst, tokens + ((now - filledAt) / 1000) * rate.perSecond);
      filledAt = now;
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}

/** One bucket a key, for at most `maxKeys` keys: the one that was not asked for the longest time makes room. */
export function createTokenBuckets(
  options: { rate: Rate; maxKeys: number },
  clock: Pick<Clock, 'monotonic'>,
): { take(key: string): boolean } {
  const buckets = new Map<string, TokenBucket>();
  return {
    take(key) {
      const bucket = buckets.get(key) ?? createTokenBucket(options.rate, clock);
      buckets.delete(key);
      buckets.set(key, bucket);
      const [oldest] = buckets.keys();
      if (buckets.size > options.maxKeys && oldest !== undefined) buckets.delete(oldest);
      return bucket.take();
    },
  };
}
