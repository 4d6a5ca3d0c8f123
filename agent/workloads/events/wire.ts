/**
 * The form in which agents tell each other events of the Kubernetes API: arrays, to which newer versions may add. Their instants
 * are those of whoever wrote the event, as the API tells them to everybody, and travel as they are.
 */
import type { ClusterEvent, EventQuery, EventSighting, SeenEvent } from '../../model/cluster-event.ts';
import {
  Malformed,
  readArray,
  readInstant,
  readInteger,
  readMatch,
  readNumber,
  readOptional,
  readText,
} from '../../model/read.ts';
import type { CountedSighting } from './ledger.ts';

const UID = /^[0-9A-Za-z._:-]{1,64}$/;
const MAX_COUNT = 2 ** 31;
const MAX_MESSAGE = 1024;
const MAX_NAME = 253;
const MAX_WORD = 128;
/** Of one answer. */
export const MAX_LIMIT = 1000;
const FIELDS = 15;
/** No agent speaks of longer ago: an instant that is reckoned from it is one that can be shown. */
const LONGEST_AGO_MS = 365 * 86_400_000;

type Item = readonly unknown[];

/** How long ago, ms; null: that is not known. */
export const agoItem = (agoMs: number | undefined): number | null =>
  agoMs === undefined ? null : Math.min(LONGEST_AGO_MS, Math.max(0, Math.round(agoMs)));

/** Throws {@link Malformed} also for what is longer ago than any agent says. */
export const readAgo = (value: unknown): number | undefined =>
  readOptional(value, (ago) => readNumber(ago, 0, LONGEST_AGO_MS));

export const eventItem = (event: ClusterEvent, maxMessage = MAX_MESSAGE): Item => [
  event.uid,
  event.type,
  event.reason,
  event.message.length <= maxMessage ? event.message : `${event.message.slice(0, maxMessage - 1)}…`,
  event.kind,
  event.namespace,
  event.name,
  event.objectUid,
  event.container ?? null,
  event.component,
  event.node ?? null,
  event.firstAt,
  event.at,
  event.count,
];

/** Throws {@link Malformed}. */
function readEvent(value: unknown): ClusterEvent {
  const [uid, type, reason, message, kind, namespace, name, objectUid, container, component, node, ...numbers] =
    readArray(value, FIELDS);
  const at = readInstant(numbers[1]);
  const told = {
    container: readOptional(container, (text) => readText(text, MAX_NAME)),
    node: readOptional(node, (text) => readText(text, MAX_NAME)),
  };
  return {
    uid: readMatch(uid, UID),
    type: readText(type, MAX_WORD),
    reason: readText(reason, MAX_WORD),
    message: readText(message, MAX_MESSAGE),
    kind: readText(kind, MAX_WORD),
    namespace: readText(namespace, MAX_NAME),
    name: readText(name, MAX_NAME),
    objectUid: readText(objectUid, MAX_NAME),
    component: readText(component, MAX_NAME),
    firstAt: Math.min(at, readInstant(numbers[0])),
    at,
    count: readInteger(numbers[2], 1, MAX_COUNT),
    ...(told.container !== undefined && { container: told.container }),
    ...(told.node !== undefined && { node: told.node }),
  };
}

export const sightingItem = ({ event, added, sinceAt }: EventSighting): Item => [
  added,
  eventItem(event),
  null,
  sinceAt ?? null,
];
export const countedItem = ({ event, added, counted, sinceAt }: CountedSighting): Item => [
  added,
  eventItem(event),
  counted,
  sinceAt ?? null,
];
export const seenItem = ({ occurrences, ...event }: SeenEvent): Item => [occurrences, eventItem(event)];

/** What cannot be read is left out. */
export const readSightings = (value: unknown, most = MAX_LIMIT): readonly EventSighting[] =>
  readEach(value, most, ([added, event, , sinceAt]) => {
    const read = readEvent(event);
    return { event: read, added: readInteger(added, 1, read.count), ...readSince(sinceAt, read) };
  });

export const readCounted = (value: unknown, most: number): readonly CountedSighting[] =>
  readEach(value, most, ([added, event, counted, sinceAt]) => {
    const read = readEvent(event);
    const told = readInteger(added, 1, read.count);
    return {
      event: read,
      added: told,
      counted: readInteger(counted, told, read.count),
      ...readSince(sinceAt, read),
    };
  });

/** Agents of earlier versions do not say it. */
function readSince(value: unknown, { at }: ClusterEvent): Pick<EventSighting, 'sinceAt'> {
  const sinceAt = readOptional(value, readInstant);
  return sinceAt !== undefined && sinceAt < at ? { sinceAt } : {};
}

export const readSeen = (value: unknown, most = MAX_LIMIT): readonly SeenEvent[] =>
  readEach(value, most, ([occurrences, event]) => ({
    ...readEvent(event),
    occurrences: readInteger(occurrences, 1, MAX_COUNT),
  }));

function readEach<T>(value: unknown, most: number, read: (item: Item) => T): readonly T[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, most).flatMap((item) => {
    try {
      return [read(readArray(item, 4))];
    } catch (error) {
      if (error instanceof Malformed) return [];
      throw error;
    }
  });
}

const FILTERS = ['type', 'reason', 'kind', 'namespace', 'name', 'objectUid', 'node'] as const;

export const queryItem = (query: EventQuery): Item => [
  bounded(query.from),
  bounded(query.to),
  query.limit,
  ...FILTERS.map((key) => query[key] ?? null),
];

/** A time may be open at its ends. */
const bounded = (at: number): number => Math.round(Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, at)));

/** Throws {@link Malformed}. */
export function readQuery(value: unknown): EventQuery {
  const [from, to, limit, ...filters] = readArray(value, 3 + FILTERS.length);
  const given = FILTERS.flatMap((key, index) => {
    const filter = readOptional(filters[index], (text) => readText(text, MAX_NAME));
    return filter === undefined ? [] : [[key, filter] as const];
  });
  return {
    ...Object.fromEntries(given),
    from: readInteger(from, 0),
    to: readInteger(to, 0),
    limit: readInteger(limit, 1, MAX_LIMIT + 1),
  };
}

/** As many of the first ones as fit, as JSON. */
export function fitting<T>(items: readonly T[], maxBytes: number): readonly T[] {
  let bytes = 2;
  const count = items.findIndex((item) => {
    bytes += Buffer.byteLength(JSON.stringify(item)) + 1;
    return bytes > maxBytes;
  });
  return count < 0 ? items : items.slice(0, count);
}
