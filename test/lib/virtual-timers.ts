/** The waiting of code that has no clock of its own but `setTimeout` of node:timers/promises, as checks have, in virtual time. */
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers/promises';
import type { Clock } from '../../agent/base/clock.ts';

/** From now on it is this clock that lets it go on. Returns how to give the real one back. */
export function sleepBy(clock: Pick<Clock, 'sleep'>): () => void {
  const real = timers.setTimeout;
  timers.setTimeout = async <T>(
    delayMs?: number,
    value?: T,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<T> => {
    await clock.sleep(delayMs ?? 0, signal);
    signal?.throwIfAborted();
    return value as T;
  };
  // So that who has imported it by name gets it, too.
  syncBuiltinESMExports();
  return () => {
    timers.setTimeout = real;
    syncBuiltinESMExports();
  };
}
