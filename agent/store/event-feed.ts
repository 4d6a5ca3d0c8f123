/** New events on their way to those who watch: kept in memory, told once, with a sequence as soon as they have one. */
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { StoredEvent, TimelineEvent } from '../model/timeline.ts';

import { type EventMemory, type LoggedEvent, createEventMemory, toStored } from './event-memory.ts';

export interface EventFeed {
  readonly memory: EventMemory;
  append(events: readonly TimelineEvent[]): readonly LoggedEvent[];
  /** Tells the listeners of those events that they were not told of yet. */
  announce(events: readonly LoggedEvent[]): void;
  /** Announces what has waited too long for its sequence. */
  announceLate(pending: readonly LoggedEvent[]): void;
  listen(listener: (events: readonly StoredEvent[]) => void): () => void;
}

const LATE_MS = 2000;

export function createEventFeed(clock: Clock, log: Logger): EventFeed {
  const memory = createEventMemory(clock.now());
  const listeners = new Set<(events: readonly StoredEvent[]) => void>();
  let count = 0;

  const announce = (events: readonly LoggedEvent[]): void => {
    const news = events.filter((event) => !event.announced);
    if (news.length === 0) return;
    for (const event of news) event.announced = true;
    const told = news.map(toStored);
    for (const listener of listeners) {
      try {
        listener(told);
      } catch (err) {
        log.error({ err }, 'a listener to the timeline failed');
      }
    }
  };

  return {
    memory,
    append(events) {
      const addedAt = clock.monotonic();
      const logged = events.map((event): LoggedEvent => {
        count += 1;
        return { event, ordinal: count, addedAt, announced: false };
      });
      memory.add(logged);
      return logged;
    },
    announce,
    announceLate(pending) {
      const before = clock.monotonic() - LATE_MS;
      announce(pending.filter(({ announced, addedAt }) => !announced && addedAt <= before));
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
