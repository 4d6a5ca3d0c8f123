/** The node's own event log, and what it heard of others' logs. */
import type { TimelineQuery } from '../model/history.ts';
import type { PeerTimelineEvent, TimelineEvent } from '../model/timeline.ts';
import type { Connection } from './connection.ts';
import type { RowEvent } from './messages.ts';
import { createMetaSum } from './meta-sum.ts';

/** Whose events; `all` is both. */
export type Whose = 'own' | 'peers' | 'all';

export interface EventTable {
  /** The sequence that the next event gets. */
  next(): number;
  /** Appends own events in order; their sequences follow one another. */
  append(events: readonly TimelineEvent[]): void;
  /** Adds those that are not there yet, after the own ones. */
  appendOfPeers(events: readonly PeerTimelineEvent[]): void;
  /** Where these are; 0 for one that is not there. */
  sequencesOf(events: readonly PeerTimelineEvent[]): number[];
  /** Newest first. */
  find(query: TimelineQuery): RowEvent[];
  /** The newest `count` by time, oldest first. */
  newest(count: number, whose?: Whose): RowEvent[];
  /** Bytes of all events, near enough for a limit. */
  bytes(whose: 'peers' | 'all'): number;
  /** Deletes at most `limit` events from before `before` (Unix ms), oldest first. Returns how many. */
  removeBefore(before: number, limit: number, whose?: Whose): number;
}

/** What SQLite adds to a body: row header, columns, index entries. */
const ROW_BYTES = 64;

interface Row {
  readonly sequence: number;
  readonly body: string;
  readonly origin: string | null;
}

export function createEventTable(connection: Connection): EventTable {
  const { insert, last, place, select, remove, newest, old } = prepare(connection);
  const bytes = { all: createMetaSum(connection, 'event_bytes'), peers: createMetaSum(connection, 'peer_event_bytes') };
  const count = (own: number, peers: number): void => {
    bytes.all.add(own + peers);
    bytes.peers.add(peers);
  };

  return {
    next: () => (last.get()?.seq ?? 0) + 1,
    append(events) {
      let added = 0;
      for (const event of events) {
        const body = JSON.stringify(event);
        insert.run(event.at, event.node, checkOf(event), body, null);
        added += rowBytes(body, '');
      }
      count(added, 0);
    },
    appendOfPeers(events) {
      let added = 0;
      for (const { origin, ...event } of events) {
        // Asked before, because an insert that meets a conflict uses up a number.
        if (place.get(origin) !== undefined) continue;
        const body = JSON.stringify(event);
        insert.run(event.at, event.node, checkOf(event), body, origin);
        added += rowBytes(body, origin);
      }
      count(0, added);
    },
    sequencesOf: (events) => events.map(({ origin }) => place.get(origin)?.sequence ?? 0),
    find({ from, to, node, check, limit }) {
      return select.all({ from, to, node: node ?? null, check: check ?? null, limit }).map(toEvent);
    },
    newest: (limit, whose = 'all') => newest[whose].all(limit).map(toEvent).toReversed(),
    bytes: (whose) => bytes[whose].read(),
    removeBefore(before, limit, whose = 'all') {
      const rows = old[whose].all(before, limit);
      for (const { sequence } of rows) remove.run(sequence);
      const sum = (ofPeer: 0 | 1): number =>
        rows.reduce((total, row) => (row.of_peer === ofPeer ? total + row.bytes : total), 0);
      count(-sum(0), -sum(1));
      return rows.length;
    },
  };
}

const checkOf = (event: TimelineEvent): string | null => ('check' in event ? event.check : null);

/** An origin is in the row and in an index. */
const rowBytes = (body: string, origin: string): number =>
  Buffer.byteLength(body) + 2 * Buffer.byteLength(origin) + ROW_BYTES;

const WHOSE = { own: 'origin IS NULL', peers: 'origin IS NOT NULL', all: 'TRUE' } as const;
const COLUMNS = 'sequence, body, origin';

const prepare = (connection: Connection) => ({
  insert: connection.prepare<[number, string, string | null, string, string | null]>(
    'INSERT INTO events (at, node, check_id, body, origin) VALUES (?, ?, ?, ?, ?)',
  ),
  last: connection.prepare<[], { seq: number }>("SELECT seq FROM sqlite_sequence WHERE name = 'events'"),
  place: connection.prepare<[string], { sequence: number }>('SELECT sequence FROM events WHERE origin = ?'),
  select: connection.prepare<FindParameters, Row>(
    `SELECT ${COLUMNS} FROM events WHERE at >= @from AND at < @to AND (@node IS NULL OR node = @node)
     AND (@check IS NULL OR check_id = @check) ORDER BY at DESC, sequence DESC LIMIT @limit`,
  ),
  newest: eachOf((where) =>
    connection.prepare<[number], Row>(
      `SELECT ${COLUMNS} FROM events WHERE ${where} ORDER BY at DESC, sequence DESC LIMIT ?`,
    ),
  ),
  old: eachOf((where) =>
    connection.prepare<[number, number], { sequence: number; bytes: number; of_peer: 0 | 1 }>(
      `SELECT sequence, octet_length(body) + 2 * octet_length(coalesce(origin, '')) + ${ROW_BYTES} AS bytes,
       origin IS NOT NULL AS of_peer FROM events WHERE ${where} AND at < ? ORDER BY at LIMIT ?`,
    ),
  ),
  remove: connection.prepare<[number]>('DELETE FROM events WHERE sequence = ?'),
});

const eachOf = <T>(make: (where: string) => T): Readonly<Record<Whose, T>> => ({
  own: make(WHOSE.own),
  peers: make(WHOSE.peers),
  all: make(WHOSE.all),
});

interface FindParameters {
  readonly from: number;
  readonly to: number;
  readonly node: string | null;
  readonly check: string | null;
  readonly limit: number;
}

/** The body is what this program wrote. */
const toEvent = ({ sequence, body, origin }: Row): RowEvent => ({
  ...(JSON.parse(body) as TimelineEvent),
  sequence,
  ...(origin !== null && { origin }),
});
