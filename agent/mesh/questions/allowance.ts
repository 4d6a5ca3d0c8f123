/** How many questions may be under way, in all and with one peer, and how many there may be over time. */
import type { Clock } from '../../base/clock.ts';
import { BoundedMap } from '../envelope/bounded-map.ts';
import { type Rate, TokenBucket } from '../records/token-bucket.ts';

export interface Allowance {
  /** Returns how to give it back, which counts once; undefined: there is none left. */
  take(peerId: string): (() => void) | undefined;
}

export interface AllowanceOptions {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly max: number;
  readonly maxOfOne: number;
  readonly rate: Rate;
}

/** Far more than are connected. */
const MAX_PEERS = 256;

export function createAllowance({ clock, max, maxOfOne, rate }: AllowanceOptions): Allowance {
  const buckets = new BoundedMap<string, TokenBucket>(MAX_PEERS);
  const underWay = new Map<string, number>();
  let all = 0;
  return {
    take(peerId) {
      const now = clock.monotonic();
      const bucket = buckets.get(peerId) ?? new TokenBucket(rate, now);
      buckets.set(peerId, bucket);
      const ofOne = underWay.get(peerId) ?? 0;
      if (all >= max || ofOne >= maxOfOne || !bucket.has(rate, now)) return undefined;
      bucket.take();
      all += 1;
      underWay.set(peerId, ofOne + 1);
      let isGiven = false;
      return () => {
        if (isGiven) return;
        isGiven = true;
        all -= 1;
        const left = (underWay.get(peerId) ?? 1) - 1;
        if (left > 0) underWay.set(peerId, left);
        else underWay.delete(peerId);
      };
    },
  };
}
