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

const isBefore = (one: Timer, other: Timer): boolean =>
  one.at === other.at ? one.order < other.order : one.at < other.at;

/** @param settle lets all that waits for no timer go on; a day in virtual time needs a cheaper way than rounds */
export function createFakeClock(settle: () => Promise<void> = settlePromises): FakeClock {
  let elapsed = 0;
  let count = 0;
  /** The next one first. */
  const timers: Timer[] = [];
  const insert = (timer: Timer): void => {
    let [from, to] = [0, timers.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (isBefore(timers[middle] as Timer, timer)) from = middle + 1;
      else to = middle;
    }
    timers.splice(from, 0, timer);
  };
  const remove = (timer: Timer): void => {
    const index = timers.indexOf(timer);
    if (index !== -1) timers.splice(index, 1);
  };
  const add = (delayMs: number, action: () => void, periodMs?: number): (() => void) => {
    count += 1;
    const timer: Timer = { at: elapsed + delayMs, order: count, action, ...(periodMs !== undefined && { periodMs }) };
    insert(timer);
    return () => remove(timer);
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
      await settle();
      for (;;) {
        const [due] = timers;
        if (due === undefined || due.at > end) break;
        timers.shift();
        elapsed = Math.max(elapsed, due.at);
        if (due.periodMs !== undefined) {
          due.at += due.periodMs;
          insert(due);
        }
        due.action();
        await settle();
      }
      elapsed = end;
    },
    pendingTimers: () => timers.length,
  };
}
