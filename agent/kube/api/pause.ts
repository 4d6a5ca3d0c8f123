/** A pause between two tries of one question. */
import { backOffMs } from '../../base/back-off.ts';
import type { Clock } from '../../base/clock.ts';
import type { Failure } from './answer.ts';

export interface Pause {
  /** Longer with every failure in a row, from 1 s to `longestMs`; not shorter than what the API asked for. */
  next(failure?: Failure): Promise<void>;
  /** It worked: the next pause is a short one again. */
  reset(): void;
}

const FIRST_MS = 1000;

export function createPause(
  longestMs: number,
  { clock, random, signal }: { readonly clock: Clock; readonly random: () => number; readonly signal: AbortSignal },
): Pause {
  let failures = 0;
  return {
    next(failure) {
      failures += 1;
      const ownMs = backOffMs(failures, random(), { firstMs: FIRST_MS, longestMs });
      return clock.sleep(Math.max(ownMs, failure?.retryAfterMs ?? 0), signal);
    },
    reset() {
      failures = 0;
    },
  };
}
