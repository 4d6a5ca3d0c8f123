/**
 * Answers questions to series and timeline. Series come from the database only; the timeline comes from memory where
 * that has all that is asked for, else from the database with what still waits for it.
 */
import type { EventSighting } from '../model/cluster-event.ts';
import { addSeen, findSightings } from '../model/event-search.ts';
import type { HistoryPort, StoreAnswer, TimelineQuery } from '../model/history.ts';
import type { StoreHealth } from '../model/store-health.ts';
import type { StoredEvent } from '../model/timeline.ts';
import { type EventMemory, toStored } from './event-memory.ts';
import type { RowEvent, ToProcess } from './messages.ts';
import type { ClusterEventStore, SceneStore } from './port.ts';
import { type PendingQueries, unavailable } from './pending-queries.ts';

export interface HistoryReaderDeps {
  readonly memory: Pick<EventMemory, 'find'>;
  /** What waits to be written, oldest first. */
  readonly pendingSightings: () => readonly EventSighting[];
  readonly queries: Pick<PendingQueries, 'ask'>;
  readonly send: (message: ToProcess) => void;
  readonly health: () => StoreHealth;
}

export type HistoryReader = HistoryPort &
  Omit<SceneStore, 'saveScene'> &
  Omit<ClusterEventStore, 'saveSightings' | 'sightingsLostUntil'>;

export function createHistoryReader({
  memory,
  pendingSightings,
  queries,
  send,
  health,
}: HistoryReaderDeps): HistoryReader {
  /** Why no question can be answered now; undefined when it can. */
  const silence = (): string | undefined => {
    const { state, message } = health();
    return state === 'ok' || state === 'full' || state === 'read-only' ? undefined : message;
  };
  const ask = async (query: TimelineQuery): Promise<StoreAnswer<readonly RowEvent[]>> => {
    const reason = silence();
    if (reason !== undefined) return unavailable(reason);
    return queries.ask(
      (id) => send({ kind: 'timeline', id, query }),
      (answer) => ('events' in answer ? answer.events : undefined),
    );
  };
  return {
    async series(query) {
      const reason = silence();
      if (reason !== undefined) return unavailable(reason);
      return queries.ask(
        (id) => send({ kind: 'series', id, query }),
        (answer) => ('series' in answer ? answer.series : undefined),
      );
    },
    async statusAt(at) {
      const reason = silence();
      if (reason !== undefined) return unavailable(reason);
      return queries.ask(
        (id) => send({ kind: 'status', id, at }),
        (answer) => ('status' in answer ? answer.status : undefined),
      );
    },
    async incidents(limit) {
      const reason = silence();
      if (reason !== undefined) return unavailable(reason);
      return queries.ask(
        (id) => send({ kind: 'scenes', id, limit }),
        (answer) => ('incidents' in answer ? answer.incidents : undefined),
      );
    },
    async scene(name) {
      const reason = silence();
      if (reason !== undefined) return unavailable(reason);
      return queries.ask(
        (id) => send({ kind: 'scene', id, scene: name }),
        (answer) => ('scenes' in answer ? answer.scenes : undefined),
      );
    },
    // Process and agent talk in order: what still waits when the answer comes is not in it, and all else is.
    async clusterEvents(query) {
      const reason = silence();
      if (reason !== undefined) return unavailable(reason);
      return queries.ask(
        (id) => send({ kind: 'cluster-events', id, query }),
        (answer) => ('clusterEvents' in answer ? addSeen(answer.clusterEvents, pendingSightings(), query) : undefined),
      );
    },
    async sightings(query) {
      const reason = silence();
      if (reason !== undefined) return unavailable(reason);
      return queries.ask(
        (id) => send({ kind: 'sightings', id, query }),
        (answer) =>
          'sightings' in answer
            ? findSightings([...answer.sightings.toReversed(), ...pendingSightings()], query)
            : undefined,
      );
    },
    async countedEvents(from, limit) {
      const reason = silence();
      if (reason !== undefined) return unavailable(reason);
      return queries.ask(
        (id) => send({ kind: 'counted', id, from, limit }),
        (answer) => ('counted' in answer ? answer.counted : undefined),
      );
    },
    async timeline(query) {
      const { whole, events } = memory.find(query);
      if (whole) return { kind: 'answer', value: events.map(toStored) };
      const answer = await ask(query);
      return answer.kind === 'unavailable'
        ? answer
        : { kind: 'answer', value: withWaiting(memory, query, answer.value) };
    },
  };
}

/** A peer's event that waits may be one that an earlier run stored. */
function withWaiting(
  memory: Pick<EventMemory, 'find'>,
  query: TimelineQuery,
  rows: readonly RowEvent[],
): readonly StoredEvent[] {
  const stored = new Set(rows.map(({ origin }) => origin));
  const waiting = memory
    .find(query)
    .events.filter(({ sequence, origin }) => sequence === undefined && (origin === undefined || !stored.has(origin)));
  const merged = [...waiting.map(toStored), ...rows.map(withoutOrigin)].sort((a, b) => b.at - a.at);
  return merged.slice(0, query.limit);
}

const withoutOrigin = ({ origin: _origin, ...event }: RowEvent): StoredEvent => event;
