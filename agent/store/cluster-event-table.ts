/** Events of the Kubernetes API: the latest of each, and when it was seen to have happened again. */
import type { ClusterEvent, EventQuery, EventSighting, SeenEvent } from '../model/cluster-event.ts';
import type { Connection } from './connection.ts';
import { createMetaSum } from './meta-sum.ts';

export interface ClusterEventTable {
  /** What is there already, or would be counted twice, is left out. */
  put(sightings: readonly EventSighting[]): void;
  /** One entry an Event, latest first: `at` is its last time within that of the query. */
  events(query: EventQuery): SeenEvent[];
  /** One entry a sighting, latest first. */
  sightings(query: EventQuery): EventSighting[];
  /** The latest `limit` from `from` (Unix ms) on, oldest first. */
  counted(from: number, limit: number): CountedEvents;
  /** Bytes of all, near enough for a limit. */
  bytes(): number;
  /** Deletes at most `limit` sightings that are from before `before` (Unix ms), oldest first. Returns how many. */
  removeBefore(before: number, limit: number): number;
}

/** How often Events happened in all, as far as that is kept. */
export interface CountedEvents {
  readonly events: readonly {
    readonly uid: string;
    readonly count: number;
    /** The sum of its sightings, also of those that are not kept any more. */
    readonly counted: number;
    readonly at: number;
  }[];
  /** Unix ms; those that are missing happened not after this. */
  readonly horizon: number;
}

/** What SQLite adds: row header, numbers, index entries. */
const EVENT_ROW_BYTES = 130;
const SIGHTING_ROW_BYTES = 56;
const TEXTS = ['uid', 'type', 'reason', 'message', 'kind', 'namespace', 'name', 'object_uid', 'component'] as const;
const BYTES = `${[...TEXTS.map((column) => `octet_length(${column})`), "octet_length(coalesce(container, ''))", "octet_length(coalesce(node, ''))"].join(' + ')} + octet_length(uid) + ${EVENT_ROW_BYTES}`;

interface Row {
  readonly uid: string;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly object_uid: string;
  readonly container: string | null;
  readonly component: string;
  readonly node: string | null;
  readonly first_at: number;
  readonly at: number;
  readonly count: number;
}

export function createClusterEventTable(connection: Connection): ClusterEventTable {
  const { find, insert, update, see, grouped, single, counted, old, remove, oldest, idle, forget, horizon, raise } =
    prepare(connection);
  const total = createMetaSum(connection, 'cluster_event_bytes');

  const put = ({ event, added, sinceAt }: EventSighting): number => {
    const before = find.get(event.uid);
    // It has happened since, and not so often in all: whoever said so was wrong.
    const isRefuted = before !== undefined && event.count < before.count && event.at > before.at;
    if (before !== undefined && event.count <= before.count && !isRefuted) return 0;
    const fresh = Math.min(added, event.count - (isRefuted ? 0 : (before?.count ?? 0)));
    const row = { ...toRow(event), counted: Math.min(event.count, fresh + (before?.counted ?? 0)) };
    const id = before?.id ?? Number(insert.run(row).lastInsertRowid);
    if (before !== undefined) update.run({ ...row, at: Math.max(row.at, before.at), id });
    const since = Math.max(Math.round(sinceAt ?? row.at), before?.at ?? 0);
    see.run(id, row.at, fresh, event.count, fresh > 1 && since < row.at ? since : null);
    return bytesOf(event) - (before?.bytes ?? 0) + SIGHTING_ROW_BYTES;
  };

  return {
    put(sightings) {
      total.add(sightings.reduce((bytes, sighting) => bytes + put(sighting), 0));
    },
    events: (query) =>
      grouped.all(toParameters(query)).map(({ occurrences, ...row }) => ({ ...toEvent(row), occurrences })),
    sightings: (query) =>
      single.all(toParameters(query)).map(({ added, since_at: sinceAt, ...row }) => ({
        event: toEvent(row),
        added,
        ...(sinceAt !== null && { sinceAt }),
      })),
    counted(from, limit) {
      const events = counted.all(from, limit).toReversed();
      const missing = events.length < limit ? 0 : (events[0]?.at ?? 0);
      return { events, horizon: Math.max(missing, horizon.get()?.value ?? 0) };
    },
    bytes: () => total.read(),
    removeBefore(before, limit) {
      const rows = old.all(before, limit);
      for (const { id } of rows) remove.run(id);
      // Of what was seen last before all sightings that are left there is none left.
      const gone = idle.all(Math.min(before, oldest.get()?.at ?? Infinity), limit);
      for (const { id } of gone) forget.run(id);
      if (gone.length > 0) raise.run(Math.max(...gone.map(({ at }) => at)));
      total.add(-rows.length * SIGHTING_ROW_BYTES - gone.reduce((sum, { bytes }) => sum + bytes, 0));
      return rows.length;
    },
  };
}

const COLUMNS = [...TEXTS, 'container', 'node', 'first_at', 'at', 'count', 'counted'] as const;
const FILTER = `(@type IS NULL OR e.type = @type) AND (@reason IS NULL OR e.reason = @reason)
  AND (@kind IS NULL OR e.kind = @kind) AND (@namespace IS NULL OR e.namespace = @namespace)
  AND (@name IS NULL OR e.name = @name) AND (@objectUid IS NULL OR e.object_uid = @objectUid)
  AND (@node IS NULL OR e.node = @node)`;
const OF_EVENT = [...TEXTS, 'container', 'node', 'first_at'].map((column) => `e.${column}`).join(', ');

type QueryParameters = Readonly<Record<string, string | number | null>>;

const prepare = (connection: Connection) => ({
  find: connection.prepare<[string], { id: number; count: number; counted: number; at: number; bytes: number }>(
    `SELECT id, count, counted, at, ${BYTES} AS bytes FROM cluster_events WHERE uid = ?`,
  ),
  insert: connection.prepare<[Row & { counted: number }]>(
    `INSERT INTO cluster_events (${COLUMNS.join(', ')}) VALUES (${COLUMNS.map((column) => `@${column}`).join(', ')})`,
  ),
  update: connection.prepare<[Row & { id: number; counted: number }]>(
    `UPDATE cluster_events SET ${COLUMNS.filter((column) => column !== 'uid')
      .map((column) => `${column} = @${column}`)
      .join(', ')} WHERE id = @id`,
  ),
  see: connection.prepare<[number, number, number, number, number | null]>(
    'INSERT INTO sightings (event, at, added, count, since_at) VALUES (?, ?, ?, ?, ?)',
  ),
  grouped: connection.prepare<[QueryParameters], Row & { occurrences: number }>(
    // Grouped by the index alone, before anything is looked up.
    `SELECT ${OF_EVENT}, e.count, s.at AS at, s.occurrences FROM (
       SELECT event, max(at) AS at, sum(added) AS occurrences FROM sightings WHERE at >= @from AND at < @to GROUP BY event
     ) s JOIN cluster_events e ON e.id = s.event
     WHERE ${FILTER} ORDER BY s.at DESC, e.id DESC LIMIT @limit`,
  ),
  single: connection.prepare<[QueryParameters], Row & { added: number; since_at: number | null }>(
    `SELECT ${OF_EVENT}, s.count, s.at AS at, s.added, s.since_at FROM sightings s JOIN cluster_events e ON e.id = s.event
     WHERE s.at >= @from AND s.at < @to AND ${FILTER} ORDER BY s.at DESC, s.id DESC LIMIT @limit`,
  ),
  counted: connection.prepare<[number, number], { uid: string; count: number; counted: number; at: number }>(
    'SELECT uid, count, counted, at FROM cluster_events WHERE at >= ? ORDER BY at DESC LIMIT ?',
  ),
  old: connection.prepare<[number, number], { id: number }>(
    'SELECT id FROM sightings WHERE at < ? ORDER BY at LIMIT ?',
  ),
  remove: connection.prepare<[number]>('DELETE FROM sightings WHERE id = ?'),
  oldest: connection.prepare<[], { at: number }>('SELECT at FROM sightings ORDER BY at LIMIT 1'),
  idle: connection.prepare<[number, number], { id: number; at: number; bytes: number }>(
    `SELECT id, at, ${BYTES} AS bytes FROM cluster_events WHERE at < ? ORDER BY at LIMIT ?`,
  ),
  forget: connection.prepare<[number]>('DELETE FROM cluster_events WHERE id = ?'),
  horizon: connection.prepare<[], { value: number }>("SELECT value FROM meta WHERE name = 'cluster_event_horizon'"),
  raise: connection.prepare<[number]>("UPDATE meta SET value = max(value, ?) WHERE name = 'cluster_event_horizon'"),
});

const toParameters = (query: EventQuery): QueryParameters => ({
  type: null,
  reason: null,
  kind: null,
  namespace: null,
  name: null,
  objectUid: null,
  node: null,
  ...query,
});

const toRow = ({ objectUid, container, node, firstAt, ...event }: ClusterEvent): Row => ({
  ...event,
  object_uid: objectUid,
  container: container ?? null,
  node: node ?? null,
  first_at: Math.round(firstAt),
  at: Math.round(event.at),
});

const toEvent = ({ object_uid: objectUid, container, node, first_at: firstAt, ...row }: Row): ClusterEvent => ({
  ...row,
  objectUid,
  firstAt,
  ...(container !== null && { container }),
  ...(node !== null && { node }),
});

/** As {@link BYTES} of its row. */
function bytesOf({ uid, type, reason, message, kind, namespace, name, objectUid, component, ...more }: ClusterEvent) {
  const texts = [uid, uid, type, reason, message, kind, namespace, name, objectUid, component];
  return Buffer.byteLength([...texts, more.container, more.node].join('')) + EVENT_ROW_BYTES;
}
