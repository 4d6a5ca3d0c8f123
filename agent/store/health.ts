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
  read(): StoreHealth;
  state(): StoreHealth['state'];
  /** Told of every change. Returns how to call it off. */
  listen(listener: (health: StoreHealth) => void): () => void;
}

export function createHealthRecord(directory: string, clock: Clock, counts: () => QueueCounts): HealthRecord {
  let current: Condition = { state: 'opening', message: 'the database is being opened' };
  let since = clock.now();
  let aside: SetAside | undefined;
  let sizeBytes = 0;
  const listeners = new Set<(health: StoreHealth) => void>();
  const read = (): StoreHealth => ({
    directory,
    ...current,
    since,
    ...counts(),
    sizeBytes,
    ...(aside !== undefined && { setAside: aside }),
  });
  const changed = (): void => {
    const health = read();
    for (const listener of listeners) listener(health);
  };
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
    read,
    state: () => current.state,
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
