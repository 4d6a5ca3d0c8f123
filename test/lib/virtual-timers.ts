/** The waiting of code that has no clock of its own but `setTimeout` of node:timers, as checks have, in virtual time. */
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers';
import type { Clock } from '../../agent/base/clock.ts';

/** From now on its timers are of this clock. Returns how to give the real ones back. */
export function waitBy(clock: Pick<Clock, 'after'>): () => void {
  const { setTimeout: set, clearTimeout: clear } = timers;
  const cancels = new Map<unknown, () => void>();
  const virtual = {
    setTimeout(action: (...values: unknown[]) => void, delayMs = 0, ...values: unknown[]): object {
      const timer = {};
      const cancel = clock.after(delayMs, () => {
        cancels.delete(timer);
        action(...values);
      });
      cancels.set(timer, cancel);
      return timer;
    },
    clearTimeout(timer: unknown): void {
      cancels.get(timer)?.();
      cancels.delete(timer);
    },
  };
  // So that who has imported them by name gets them, too.
  Object.assign(timers, virtual);
  syncBuiltinESMExports();
  return () => {
    Object.assign(timers, { setTimeout: set, clearTimeout: clear });
    syncBuiltinESMExports();
  };
}
