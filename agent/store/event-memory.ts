/**
 * The newest events in memory. A question to the timeline is answered from here whenever everything it asks for is
 * here: then the answer is whole, newer than the database's, and the same while the disk is away.
 */
import type { TimelineQuery } from '../model/history.ts';
import type { StoredEvent, TimelineEvent } from '../model/timeline.ts';
import type { RowEvent } from './messages.ts';

/** An event on its way into the database. */
export interface LoggedEvent {
  readonly event: TimelineEvent;
  /** Names an event of another node's log. */
  readonly origin?: string;
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
  /** Own events and those of other nodes; each have their own share. */
  add(events: readonly LoggedEvent[]): void;
  /** The newest events of earlier runs, oldest first; `all`: there are no others. Only the first call counts. */
  load(own: Loaded, ofPeers: Loaded): void;
  /** What is here, newest first; `whole` when there can be nothing else. */
  find(query: TimelineQuery): { readonly whole: boolean; readonly events: readonly LoggedEvent[] };
}

export interface Loaded {
  readonly events: readonly RowEvent[];
  readonly all: boolean;
}

const CAPACITY = 500;

/** `startedAt`: Unix ms; of the time before, nothing is known until {@link EventMemory.load}. */
export function createEventMemory(startedAt: number): EventMemory {
  const [own, ofPeers] = [createShelf(startedAt), createShelf(startedAt)];
  let isLoaded = false;

  return {
    add(events) {
      own.add(events.filter(({ origin }) => origin === undefined));
      ofPeers.add(events.filter(({ origin }) => origin !== undefined));
    },
    load(loaded, loadedOfPeers) {
      if (isLoaded) return;
      isLoaded = true;
      own.load(loaded);
      ofPeers.load(loadedOfPeers);
    },
    find(query) {
      const { from, limit } = query;
      const wholeFrom = Math.max(own.wholeFrom(), ofPeers.wholeFrom());
      const found = [...own.entries(), ...ofPeers.entries()]
        .filter(({ event }) => isWanted(event, query))
        .sort(newestFirst)
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

interface Shelf {
  add(events: readonly LoggedEvent[]): void;
  load(loaded: Loaded): void;
  entries(): readonly LoggedEvent[];
  /** Everything from then on is here. */
  wholeFrom(): number;
}

function createShelf(startedAt: number): Shelf {
  let entries: LoggedEvent[] = [];
  let wholeFrom = startedAt;
  /** The oldest by time go, not those that came first: a peer's log arrives long after its events. */
  const trim = (): void => {
    if (entries.length <= CAPACITY) return;
    entries.sort((a, b) => a.event.at - b.event.at);
    const gone = entries.slice(0, entries.length - CAPACITY);
    for (const { event } of gone) wholeFrom = Math.max(wholeFrom, event.at + 1);
    entries = entries.slice(gone.length);
  };
  return {
    add(events) {
      for (const event of events) entries.push(event);
      trim();
    },
    load({ events, all }) {
      wholeFrom = all ? -Infinity : Math.max(...events.slice(0, 1).map(({ at }) => at + 1));
      const here = new Set(entries.map(({ origin }) => origin));
      const fresh = events.filter(({ origin }) => origin === undefined || !here.has(origin));
      entries = [...fresh.map(fromDatabase), ...entries];
      trim();
    },
    entries: () => entries,
    wholeFrom: () => wholeFrom,
  };
}

const isWanted = (event: TimelineEvent, { from, to, node, check }: TimelineQuery): boolean =>
  event.at >= from &&
  event.at < to &&
  (node === undefined || event.node === node) &&
  (check === undefined || ('check' in event && event.check === check));

/** Of the same time, what is not stored yet is the newest. */
const newestFirst = (a: LoggedEvent, b: LoggedEvent): number =>
  b.event.at - a.event.at || placeOf(b) - placeOf(a) || b.ordinal - a.ordinal;

const placeOf = ({ sequence }: LoggedEvent): number => sequence ?? Number.MAX_SAFE_INTEGER;

const fromDatabase = ({ sequence, origin, ...event }: RowEvent): LoggedEvent => ({
  event,
  ...(origin !== undefined && { origin }),
  ordinal: 0,
  addedAt: 0,
  sequence,
  announced: true,
});
