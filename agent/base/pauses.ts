/** Notices that this process stood still as a whole: it was stopped, frozen with its machine, or starved of the CPU. */
import type { Clock } from './clock.ts';

export interface Pauses {
  /** True from the end of a pause until what was missed in it had time to be made up for. */
  catchingUp(): boolean;
  /** When the last pause was noticed, on the monotonic clock, ms. */
  resumedAt(): number | undefined;
  stop(): void;
}

const TICK_MS = 1000;
/** A tick this late is no jitter. */
const LATE_MS = 1000;
/** Every check that fell due meanwhile has run by then; the longest deadline is 8 s. */
const CATCH_UP_MS = 10_000;

export function createPauses(clock: Pick<Clock, 'monotonic' | 'every'>): Pauses {
  let tickedAt = clock.monotonic();
  let resumedAt: number | undefined;
  const look = (): number => {
    const now = clock.monotonic();
    // Whoever asks may be served before the tick that is due.
    if (now - tickedAt > TICK_MS + LATE_MS) resumedAt = now;
    return now;
  };
  const stop = clock.every(TICK_MS, () => {
    tickedAt = look();
  });
  return {
    catchingUp() {
      const now = look();
      return resumedAt !== undefined && now - resumedAt <= CATCH_UP_MS;
    },
    resumedAt() {
      look();
      return resumedAt;
    },
    stop,
  };
}
