/** The store's state as others see it: every change is dated and told once. */
import type { Clock } from '../base/clock.ts';
import type { StoreHealth } from '../model/store-health.ts';
import type { QueueCounts } from './queue.ts';
import type { SetAside } from './set-aside.ts';

export interface Condition {
  readonly state: StoreHealth['state'];
  /** Empty for `ok`. */
  readonly message: string;
}

export interface HealthRecord {
  /** Tells the listeners when the condition is another; dates it and returns true when its state is. */
  set(condition: Condition): boolean;
  setAside(what: SetAside): void;
  setSize(bytes: number): void;
  read(counts: QueueCounts): StoreHealth;
  state(): StoreHealth['state'];
}

export function createHealthRecord(directory: string, clock: Clock, changed: () => void): HealthRecord {
  let current: Condition = { state: 'opening', message: 'the database is being opened' };
  let since = clock.now();
  let aside: SetAside | undefined;
  let sizeBytes = 0;
  return {
    set(condition) {
      const { state, message } = condition;
      if (state === current.state && message === current.message) return false;
      const isNew = state !== current.state;
      if (isNew) since = clock.now();
      current = { state, message };
      changed();
      return isNew;
    },
    setAside(what) {
      if (aside?.at === what.at) return;
      aside = what;
      changed();
    },
    setSize(bytes) {
      sizeBytes = bytes;
    },
    read: (counts) => ({
      directory,
      ...current,
      since,
      ...counts,
      sizeBytes,
      ...(aside !== undefined && { setAside: aside }),
    }),
    state: () => current.state,
  };
}
