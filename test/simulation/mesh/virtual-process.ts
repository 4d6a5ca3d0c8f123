/**
 * A process in virtual time: its clock, and whatever runs in it. While it stands still its timers are late and what
 * arrives for it waits in its kernel; when it goes on, the timers that fell due come first, as in Node.
 */
import type { Clock } from '../../../agent/base/clock.ts';
import type { EventQueue } from '../event-queue.ts';

export interface VirtualProcess {
  readonly clock: Clock;
  /** Runs when the process does; never after its end. */
  run(action: () => void): void;
  isAlive(): boolean;
  isFrozen(): boolean;
  freeze(): void;
  thaw(): void;
  end(): void;
}

/** Timers of Node have a grain of a millisecond. */
const GRAIN_MS = 1;
const NOON = Date.UTC(2026, 0, 1, 12, 0, 0);

/** @param aheadMs so far the host's wall clock is ahead of the true time; asked each time */
export function createVirtualProcess(queue: EventQueue, aheadMs: () => number): VirtualProcess {
  const startedAt = queue.now();
  let state: 'running' | 'frozen' | 'ended' = 'running';
  let lateTimers: (() => void)[] = [];
  let arrived: (() => void)[] = [];

  const after = (delayMs: number, action: () => void): (() => void) => {
    let isOff = false;
    const fire = (): void => {
      if (isOff || state === 'ended') return;
      if (state === 'frozen') return void lateTimers.push(fire);
      isOff = true;
      action();
    };
    queue.after(Math.max(GRAIN_MS, delayMs), fire);
    return () => void (isOff = true);
  };

  const clock: Clock = {
    now: () => NOON + queue.now() + aheadMs(),
    monotonic: () => queue.now() - startedAt,
    after,
    every(periodMs, action) {
      let cancel: () => void = () => {};
      const arm = (): void => {
        cancel = after(periodMs, () => {
          arm();
          action();
        });
      };
      arm();
      return () => cancel();
    },
    sleep: (delayMs, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) return resolve();
        const finish = (): void => {
          cancel();
          signal?.removeEventListener('abort', finish);
          resolve();
        };
        const cancel = after(delayMs, finish);
        signal?.addEventListener('abort', finish, { once: true });
      }),
  };

  const run = (action: () => void): void => {
    if (state === 'ended') return;
    if (state === 'frozen') arrived.push(action);
    else action();
  };

  return {
    clock,
    run,
    isAlive: () => state !== 'ended',
    isFrozen: () => state === 'frozen',
    freeze() {
      if (state === 'running') state = 'frozen';
    },
    thaw() {
      if (state !== 'frozen') return;
      state = 'running';
      const waiting = [...lateTimers, ...arrived.map((action) => () => run(action))];
      [lateTimers, arrived] = [[], []];
      // Each in a turn of its own, so that what it promises settles before the next.
      for (const action of waiting) queue.after(0, action);
    },
    end() {
      state = 'ended';
      [lateTimers, arrived] = [[], []];
    },
  };
}
