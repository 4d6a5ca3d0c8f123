/** Searching events of the Kubernetes API in memory, and putting together what several places found. */
import type { ClusterEvent, EventQuery, EventSighting, SeenEvent } from './cluster-event.ts';

/** True when it is one of those that the query asks for. */
export const isSought = (event: ClusterEvent, query: EventQuery): boolean =>
  event.at >= query.from && event.at < query.to && FILTERS.every((key) => isGiven(event[key], query[key]));

const FILTERS = ['type', 'reason', 'kind', 'namespace', 'name', 'objectUid', 'node'] as const;
const isGiven = (value: string | undefined, wanted: string | undefined): boolean =>
  wanted === undefined || value === wanted;

/** Latest first, at most as many as are asked for. @param sightings oldest first */
export const findSightings = (sightings: readonly EventSighting[], query: EventQuery): readonly EventSighting[] =>
  sightings
    .filter(({ event }) => isSought(event, query))
    .toReversed()
    .sort((one, other) => other.event.at - one.event.at)
    .slice(0, query.limit);

/** One entry an Event, latest first, at most as many as are asked for. @param sightings oldest first */
export function findSeen(sightings: readonly EventSighting[], query: EventQuery): readonly SeenEvent[] {
  const seen = new Map<string, SeenEvent>();
  for (const { event, added } of sightings) {
    if (!isSought(event, query)) continue;
    const before = seen.get(event.uid);
    seen.set(event.uid, { ...latestOf(event, before), occurrences: added + (before?.occurrences ?? 0) });
  }
  return latestFirst([...seen.values()], query.limit);
}

/** What was found, and what has been seen since and is not among it. */
export function addSeen(
  found: readonly SeenEvent[],
  since: readonly EventSighting[],
  query: EventQuery,
): readonly SeenEvent[] {
  const seen = new Map(found.map((event) => [event.uid, event]));
  for (const event of findSeen(since, { ...query, limit: since.length })) {
    const before = seen.get(event.uid);
    seen.set(event.uid, {
      ...latestOf(event, before),
      occurrences: event.occurrences + (before?.occurrences ?? 0),
    });
  }
  return latestFirst([...seen.values()], query.limit);
}

/** What several agents have counted of the same Events: of each the highest count, since nobody counts too much. */
export function uniteSeen(found: readonly (readonly SeenEvent[])[]): readonly SeenEvent[] {
  const seen = new Map<string, SeenEvent>();
  for (const event of found.flat()) {
    const before = seen.get(event.uid);
    const occurrences = Math.max(event.occurrences, before?.occurrences ?? 0);
    seen.set(event.uid, { ...latestOf(event, before), occurrences });
  }
  return latestFirst([...seen.values()]);
}

/** Of each Event the sightings of the one agent that has counted most: two of them split the same number differently. */
export function uniteSightings(found: readonly (readonly EventSighting[])[]): readonly EventSighting[] {
  if (found.length === 1) return found[0] ?? [];
  const best = new Map<string, { readonly total: number; readonly sightings: readonly EventSighting[] }>();
  for (const all of found) {
    for (const [uid, sightings] of Map.groupBy(all, ({ event }) => event.uid)) {
      const total = sightings.reduce((sum, { added }) => sum + added, 0);
      if (total > (best.get(uid)?.total ?? 0)) best.set(uid, { total, sightings });
    }
  }
  return [...best.values()].flatMap(({ sightings }) => sightings).sort((one, other) => other.event.at - one.event.at);
}

const latestOf = (event: ClusterEvent, before: ClusterEvent | undefined): ClusterEvent =>
  before === undefined || event.count >= before.count
    ? { ...event, at: Math.max(event.at, before?.at ?? 0) }
    : { ...before, at: Math.max(event.at, before.at) };

const latestFirst = (events: readonly SeenEvent[], limit = Infinity): readonly SeenEvent[] =>
  events.toSorted((one, other) => other.at - one.at).slice(0, limit);
