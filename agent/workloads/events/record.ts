/** What this agent knows of the events, whether it read or copied them: counted, kept, told to those who judge them. */
import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { ClusterEvent, EventQuery, EventSighting, SeenEvent } from '../../model/cluster-event.ts';
import { findSeen, findSightings } from '../../model/event-search.ts';
import type { StoreAnswer } from '../../model/history.ts';
import { formatDuration } from '../../model/text.ts';
import { type Counted, type CountedSighting, MAX_EVENTS, type Source, createLedger } from './ledger.ts';
import { type SightingLog, createSightingLog } from './log.ts';

/** As the store has it. */
export interface EventStore {
  saveSightings(sightings: readonly EventSighting[]): void;
  /** Some that happened until then (Unix ms) could not be written and were given up; undefined: none in this run. */
  sightingsLostUntil(): number | undefined;
  clusterEvents(query: EventQuery): Promise<StoreAnswer<readonly SeenEvent[]>>;
  sightings(query: EventQuery): Promise<StoreAnswer<readonly EventSighting[]>>;
  countedEvents(
    from: number,
    limit: number,
  ): Promise<StoreAnswer<{ readonly events: readonly Counted[]; readonly horizon: number }>>;
}

export interface RecordDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly store: EventStore;
  /** Names the log of this run. */
  readonly runId: string;
  /** Reasons of which nothing is kept. */
  readonly drop: readonly string[];
}

export interface EventRecord {
  readonly log: SightingLog;
  /** @param allSince as in the ledger */
  take(seen: readonly (ClusterEvent | CountedSighting)[], source: Source, allSince?: number): void;
  /** Reads what an earlier run counted; true when that is done. */
  recall(): Promise<boolean>;
  listen(listener: (sightings: readonly EventSighting[]) => void): () => void;
  /** Latest first. */
  events(query: EventQuery): Promise<Own<SeenEvent>>;
  sightings(query: EventQuery): Promise<Own<EventSighting>>;
  counts(): RecordCounts;
}

/** What this node has. */
export interface Own<T> {
  readonly found: readonly T[];
  /** Why older ones may be missing. */
  readonly missing?: string;
}

export interface RecordCounts {
  /** What it knows of the Events' numbers. */
  readonly events: number;
  readonly sightings: number;
  readonly occurrences: number;
  /** Events that are not kept because of their reason, each time that they were read. */
  readonly dropped: number;
}

const RECALLED_MS = 24 * 3_600_000;

export function createRecord({ clock, log, store, runId, drop }: RecordDeps): EventRecord {
  const ledger = createLedger();
  const kept = createSightingLog(runId);
  const dropped = new Set(drop);
  const listeners = new Set<(sightings: readonly EventSighting[]) => void>();
  const counts = { sightings: 0, occurrences: 0, dropped: 0 };

  const tell = (sightings: readonly EventSighting[]): void => {
    for (const listener of listeners) {
      try {
        listener(sightings);
      } catch (err) {
        log.error({ err: messageOf(err) }, 'who judges events failed on them');
      }
    }
  };

  /** What the disk has, though it answers, is not all. */
  const whatWasLost = ({ from }: EventQuery): { readonly missing?: string } => {
    const whys = [
      [store.sightingsLostUntil(), 'could not be written to the disk'],
      [ledger.uncountedUntil(), `may not be counted: there were more than ${MAX_EVENTS} Events`],
    ] as const;
    const parts = whys.flatMap(([until = -Infinity, why]) =>
      until < from ? [] : `some that happened before ${formatDuration(Math.max(0, clock.now() - until))} ago ${why}`,
    );
    return parts.length > 0 ? { missing: parts.join('; ') } : {};
  };

  return {
    log: kept,
    take(seen, source, allSince) {
      const wanted = seen.filter((one) => !dropped.has(('event' in one ? one.event : one).reason));
      counts.dropped += seen.length - wanted.length;
      const sightings = ledger.take(wanted, { source, now: clock.now(), allSince });
      if (sightings.length === 0) return;
      counts.sightings += sightings.length;
      for (const { added } of sightings) counts.occurrences += added;
      kept.add(sightings);
      store.saveSightings(sightings);
      tell(sightings);
    },
    async recall() {
      const answer = await store.countedEvents(clock.now() - RECALLED_MS, MAX_EVENTS);
      if (answer.kind === 'unavailable') return false;
      ledger.recall(answer.value.events, answer.value.horizon);
      return true;
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async events(query) {
      const answer = await store.clusterEvents(query);
      if (answer.kind === 'answer') return { found: answer.value, ...whatWasLost(query) };
      return { found: findSeen(kept.all(), query), ...whatIsMissing(answer.message) };
    },
    async sightings(query) {
      const answer = await store.sightings(query);
      if (answer.kind === 'answer') return { found: answer.value, ...whatWasLost(query) };
      return { found: findSightings(kept.all(), query), ...whatIsMissing(answer.message) };
    },
    counts: () => ({ ...counts, events: ledger.size() }),
  };
}

const whatIsMissing = (message: string): { readonly missing: string } => ({
  missing: `what is not in memory could not be read: ${message}`,
});
