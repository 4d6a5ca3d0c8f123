/** A token bucket for each client, in a table of bounded size. */
import type { Clock } from '../base/clock.ts';

export interface RateLimiterOptions {
  readonly ratePerSecond: number;
  /** So many at once after a pause. */
  readonly burst: number;
  /** The client not heard of for longest is forgotten beyond this. */
  readonly maxClients: number;
}

export interface RateLimiter {
  /** Takes one token. False: the client is too fast. */
  take(client: string): boolean;
  readonly size: () => number;
}

export function createRateLimiter(options: RateLimiterOptions, clock: Pick<Clock, 'monotonic'>): RateLimiter {
  const { ratePerSecond, burst, maxClients } = options;
  const buckets = new Map<string, { tokens: number; at: number }>();
  return {
    take(client) {
      const now = clock.monotonic();
      const bucket = buckets.get(client) ?? { tokens: burst, at: now };
      // A map keeps the order of insertion: taken out and put back, the client is the newest.
      buckets.delete(client);
      buckets.set(client, bucket);
      if (buckets.size > maxClients) {
        const [oldest] = buckets.keys();
        if (oldest !== undefined) buckets.delete(oldest);
      }
      bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) * ratePerSecond) / 1000);
      bucket.at = now;
      if (bucket.tokens < 1) return false;
      bucket.tokens -= 1;
      return true;
    },
    size: () => buckets.size,
  };
}
