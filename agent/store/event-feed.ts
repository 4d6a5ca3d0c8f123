/** New events on their way to those who watch: kept in memory, told once, with a sequence as soon as they have one. */
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { PeerTimelineEvent, StoredEvent, TimelineEvent } from '../model/timeline.ts';
import { type EventMemory, type Loaded, type LoggedEvent, createEventMemory, toStored } from './event-memory.ts';
import { MAX_PEER_EVENTS } from './queue.ts';

export interface EventFeed {
  readonly memory: Pick<EventMemory, 'find'>;
  /** What earlier runs left; only the first call counts. */
  load(own: Loaded, ofPeers: Loaded): void;
  append(events: readonly TimelineEvent[]): readonly LoggedEvent[];
  /** Those of other nodes' logs that were not here lately. */
  appendOfPeers(events: readonly PeerTimelineEvent[]): readonly LoggedEvent[];
  /** Tells the listeners of those events that they were not told of yet. */
  announce(events: readonly LoggedEvent[]): void;
  /** Announces what has waited too long for its sequence. */
  announceLate(pending: readonly LoggedEvent[]): void;
  listen(listener: (events: readonly StoredEvent[]) => void): () => void;
}

const LATE_MS = 2000;
/** More than can be on their way at once, so that no batch holds an event twice; older ones the database knows. */
const MAX_ORIGINS = 2 * MAX_PEER_EVENTS;

export const createEventFeed = (clock: Clock, log: Logger): EventFeed => new Feed(clock, log);

class Feed implements EventFeed {
  readonly memory: EventMemory;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #listeners = new Set<(events: readonly StoredEvent[]) => void>();
  readonly #origins = new Set<string>();
  #count = 0;

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
    this.memory = createEventMemory(clock.now());
  }

  load(own: Loaded, ofPeers: Loaded): void {
    this.memory.load(own, ofPeers);
    for (const { origin } of ofPeers.events) if (origin !== undefined) this.#isNew(origin);
  }

  append(events: readonly TimelineEvent[]): readonly LoggedEvent[] {
    return this.#take(events.map((event) => ({ event })));
  }

  appendOfPeers(events: readonly PeerTimelineEvent[]): readonly LoggedEvent[] {
    const fresh = events.filter(({ origin }) => this.#isNew(origin));
    return this.#take(fresh.map(({ origin, ...event }) => ({ event, origin })));
  }

  announce(events: readonly LoggedEvent[]): void {
    const news = events.filter((event) => !event.announced);
    if (news.length === 0) return;
    for (const event of news) event.announced = true;
    const told = news.map(toStored);
    for (const listener of this.#listeners) {
      try {
        listener(told);
      } catch (err) {
        this.#log.error({ err }, 'a listener to the timeline failed');
      }
    }
  }

  announceLate(pending: readonly LoggedEvent[]): void {
    const before = this.#clock.monotonic() - LATE_MS;
    this.announce(pending.filter(({ announced, addedAt }) => !announced && addedAt <= before));
  }

  listen(listener: (events: readonly StoredEvent[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #take(events: readonly Pick<LoggedEvent, 'event' | 'origin'>[]): readonly LoggedEvent[] {
    const addedAt = this.#clock.monotonic();
    const logged = events.map((event): LoggedEvent => {
      this.#count += 1;
      return { ...event, ordinal: this.#count, addedAt, announced: false };
    });
    this.memory.add(logged);
    return logged;
  }

  #isNew(origin: string): boolean {
    if (this.#origins.has(origin)) return false;
    this.#origins.add(origin);
    const [oldest] = this.#origins;
    if (this.#origins.size > MAX_ORIGINS && oldest !== undefined) this.#origins.delete(oldest);
    return true;
  }
}
