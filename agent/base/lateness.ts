/** How late the event loop is: what makes every other figure of this agent late. */
import { type RecordableHistogram, createHistogram } from 'node:perf_hooks';
import type { Clock } from './clock.ts';

/** Seconds. */
export interface Delays {
  readonly median: number;
  readonly p99: number;
  readonly max: number;
}

export interface Lateness {
  /**
   * Of the timers of this minute and the one before, the worse.
   *
   * @param now Unix ms
   */
  read(now: number): Delays;
}

const WINDOW_MS = 60_000;
const NONE: Delays = { median: 0, p99: 0, max: 0 };

/**
 * A clock that takes down how late its timers run. The agent has more than ten a second anyway; a timer just for looking
 * would wake up the process as often again.
 */
export function createTimedClock(clock: Clock): { readonly clock: Clock; readonly lateness: Lateness } {
  const histogram = createHistogram();
  const note = (lateMs: number): void => histogram.record(Math.max(1, Math.round(lateMs * 1e6)));
  return {
    clock: {
      ...clock,
      after(delayMs, action) {
        const dueAt = clock.monotonic() + delayMs;
        return clock.after(delayMs, () => {
          note(clock.monotonic() - dueAt);
          action();
        });
      },
      every(periodMs, action) {
        let dueAt = clock.monotonic() + periodMs;
        return clock.every(periodMs, () => {
          const now = clock.monotonic();
          note(now - dueAt);
          dueAt = now + periodMs;
          action();
        });
      },
    },
    lateness: createReader(histogram),
  };
}

function createReader(histogram: RecordableHistogram): Lateness {
  let previous = NONE;
  let windowStart: number | undefined;
  return {
    read(now) {
      windowStart ??= now;
      const current: Delays = histogram.count === 0 ? NONE : delaysOf(histogram);
      const worse = {
        median: Math.max(current.median, previous.median),
        p99: Math.max(current.p99, previous.p99),
        max: Math.max(current.max, previous.max),
      };
      if (now - windowStart >= WINDOW_MS) {
        previous = current;
        histogram.reset();
        windowStart = now;
      }
      return worse;
    },
  };
}

const delaysOf = (histogram: RecordableHistogram): Delays => ({
  median: seconds(histogram.percentile(50)),
  p99: seconds(histogram.percentile(99)),
  max: seconds(histogram.max),
});

/** To the microsecond. */
const seconds = (nanoseconds: number): number => Math.round(nanoseconds / 1000) / 1e6;
