/** How late the event loop is: what makes every other figure of this agent late. */
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Seconds. */
export interface Delays {
  readonly median: number;
  readonly p99: number;
  readonly max: number;
}

export interface EventLoopDelay {
  /**
   * The worse of this minute and the one before.
   *
   * @param now Unix ms
   */
  read(now: number): Delays;
}

const RESOLUTION_MS = 50;
const WINDOW_MS = 60_000;
const NONE: Delays = { median: 0, p99: 0, max: 0 };

export function watchEventLoop(): EventLoopDelay {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  let previous = NONE;
  let windowStart: number | undefined;
  return {
    read(now) {
      windowStart ??= now;
      const current: Delays = {
        median: delay(histogram.percentile(50)),
        p99: delay(histogram.percentile(99)),
        max: delay(histogram.max),
      };
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

/** The histogram holds the nanoseconds between two ticks of its own timer: what exceeds the period is the delay. */
const delay = (nanoseconds: number): number => Math.max(0, Math.round(nanoseconds / 1000 - RESOLUTION_MS * 1000)) / 1e6;
