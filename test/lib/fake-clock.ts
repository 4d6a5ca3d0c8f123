/** A clock whose time moves only when a test says so. */
import type { Clock } from '../../agent/base/clock.ts';

interface Timer {
  at: number;
  readonly order: number;
  readonly periodMs?: number;
  readonly action: () => void;
}

export interface FakeClock extends Clock {
  /** Moves time forward, runs what falls due in order, and lets promises settle after each. */
  advance(durationMs: number): Promise<void>;
  readonly pendingTimers: () => number;
}

const START = Date.UTC(2026, 0, 1, 12, 0, 0);

/** Lets every promise that can settle do so; 50 rounds are far more than any chain in the product needs. */
async function settlePromises(): Promise<void> {
  for (let round = 0; round < 50; round += 1) await Promise.resolve();
}

export function createFakeClock(): FakeClock {
  let elapsed = 0;
  let count = 0;
  const timers = new Set<Timer>();
  const add = (delayMs: number, action: () => void, periodMs?: number): (() => void) => {
    count += 1;
    const timer: Timer = { at: elapsed + delayMs, order: count, action, ...(periodMs !== undefined && { periodMs }) };
    timers.add(timer);
    return () => timers.delete(timer);
  };
  return {
    now: () => START + elapsed,
    monotonic: () => elapsed,
    after: (delayMs, action) => add(delayMs, action),
    every: (periodMs, action) => add(periodMs, action, periodMs),
    sleep: (delayMs, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) return resolve();
        const cancel = add(delayMs, resolve);
        signal?.addEventListener('abort', () => {
          cancel();
          resolve();
        });
      }),
    async advance(durationMs) {
      const end = elapsed + durationMs;
      await settlePromises();
      for (;;) {
        const due = [...timers].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at || a.order - b.order)[0];
        if (due === undefined) break;
        elapsed = Math.max(elapsed, due.at);
        if (due.periodMs === undefined) timers.delete(due);
        else due.at += due.periodMs;
        due.action();
        await settlePromises();
      }
      elapsed = end;
    },
    pendingTimers: () => timers.size,
  };
}
