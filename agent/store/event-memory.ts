/**
 * The newest events in memory. A question to the timeline is answered from here whenever everything it asks for is
 * here: then the answer is whole, newer than the database's, and the same while the disk is away.
 */
import type { TimelineQuery } from '../model/history.ts';
import type { StoredEvent, TimelineEvent } from '../model/timeline.ts';

/** An event on its way into the database. */
export interface LoggedEvent {
  readonly event: TimelineEvent;
  /** Counts the events of this run from 1. */
  readonly ordinal: number;
  /** Monotonic. */
  readonly addedAt: number;
  /** Its place in the node's log, once it is stored. */
  sequence?: number;
  /** Listeners were told. */
  announced: boolean;
}

export interface EventMemory {
  add(events: readonly LoggedEvent[]): void;
  /** The newest events of earlier runs, oldest first; `all`: there are no others. Only the first call counts. */
  load(events: readonly StoredEvent[], all: boolean): void;
  /** What is here, newest first; `whole` when there can be nothing else. */
  find(query: TimelineQuery): { readonly whole: boolean; readonly events: readonly LoggedEvent[] };
}

const CAPACITY = 500;

/** `startedAt`: Unix ms; of the time before, nothing is known until {@link EventMemory.load}. */
export function createEventMemory(startedAt: number): EventMemory {
  let entries: LoggedEvent[] = [];
  /** Everything from then on is here. */
  let wholeFrom = startedAt;
  let isLoaded = false;

  const trim = (): void => {
    const excess = entries.length - CAPACITY;
    if (excess <= 0) return;
    for (const { event } of entries.slice(0, excess)) wholeFrom = Math.max(wholeFrom, event.at + 1);
    entries = entries.slice(excess);
  };

  return {
    add(events) {
      entries.push(...events);
      trim();
    },
    load(events, all) {
      if (isLoaded) return;
      isLoaded = true;
      wholeFrom = all ? -Infinity : Math.max(...events.slice(0, 1).map(({ at }) => at + 1));
      entries = [...events.map(fromDatabase), ...entries];
      trim();
    },
    find({ from, to, node, check, limit }) {
      const found = entries
        .filter(
          ({ event }) =>
            event.at >= from &&
            event.at < to &&
            (node === undefined || event.node === node) &&
            (check === undefined || ('check' in event && event.check === check)),
        )
        .sort((a, b) => b.event.at - a.event.at || b.ordinal - a.ordinal)
        .slice(0, limit);
      const known = found.filter(({ event }) => event.at >= wholeFrom);
      return { whole: from >= wholeFrom || known.length >= limit, events: found };
    },
  };
}

/** Negative while the event is not in the database; such a number is never given again in this run. */
export const toStored = ({ event, ordinal, sequence }: LoggedEvent): StoredEvent => ({
  ...event,
  sequence: sequence ?? -ordinal,
});

const fromDatabase = ({ sequence, ...event }: StoredEvent): LoggedEvent => ({
  event,
  ordinal: 0,
  addedAt: 0,
  sequence,
  announced: true,
});
