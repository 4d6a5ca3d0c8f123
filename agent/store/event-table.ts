/** The node's event log. */
import type { TimelineQuery } from '../model/history.ts';
import type { StoredEvent, TimelineEvent } from '../model/timeline.ts';
import type { Connection } from './connection.ts';

export interface EventTable {
  /** Appends in order; the sequences follow one another. Returns the first, 0 for no events. */
  append(events: readonly TimelineEvent[]): number;
  /** Newest first. */
  find(query: TimelineQuery): StoredEvent[];
  /** The newest `count`, oldest first. */
  newest(count: number): StoredEvent[];
  /** Bytes of all events, near enough for a limit. */
  bytes(): number;
  /** Deletes at most `limit` events from before `before` (Unix ms), oldest first. Returns how many. */
  removeBefore(before: number, limit: number): number;
}

/** What SQLite adds to a body: row header, columns, index entry. */
const ROW_BYTES = 64;

interface Row {
  readonly sequence: number;
  readonly body: string;
}

export function createEventTable(connection: Connection): EventTable {
  const { insert, select, newest, old, remove, count, counted } = prepare(connection);
  return {
    append(events) {
      let first = 0;
      let bytes = 0;
      for (const event of events) {
        const body = JSON.stringify(event);
        const { lastInsertRowid } = insert.run(event.at, event.node, 'check' in event ? event.check : null, body);
        if (first === 0) first = Number(lastInsertRowid);
        bytes += Buffer.byteLength(body) + ROW_BYTES;
      }
      if (bytes > 0) count.run(bytes);
      return first;
    },
    find({ from, to, node, check, limit }) {
      return select.all({ from, to, node: node ?? null, check: check ?? null, limit }).map(toEvent);
    },
    newest: (limit) => newest.all(limit).map(toEvent).toReversed(),
    bytes: () => counted.get()?.value ?? 0,
    removeBefore(before, limit) {
      const rows = old.all(before, limit);
      for (const { sequence } of rows) remove.run(sequence);
      const bytes = rows.reduce((sum, row) => sum + row.bytes, 0);
      if (bytes > 0) count.run(-bytes);
      return rows.length;
    },
  };
}

const prepare = (connection: Connection) => ({
  insert: connection.prepare<[number, string, string | null, string]>(
    'INSERT INTO events (at, node, check_id, body) VALUES (?, ?, ?, ?)',
  ),
  select: connection.prepare<FindParameters, Row>(
    `SELECT sequence, body FROM events WHERE at >= @from AND at < @to AND (@node IS NULL OR node = @node)
     AND (@check IS NULL OR check_id = @check) ORDER BY at DESC, sequence DESC LIMIT @limit`,
  ),
  newest: connection.prepare<[number], Row>('SELECT sequence, body FROM events ORDER BY sequence DESC LIMIT ?'),
  old: connection.prepare<[number, number], { sequence: number; bytes: number }>(
    `SELECT sequence, octet_length(body) + ${ROW_BYTES} AS bytes FROM events WHERE at < ? ORDER BY at LIMIT ?`,
  ),
  remove: connection.prepare<[number]>('DELETE FROM events WHERE sequence = ?'),
  count: connection.prepare<[number]>("UPDATE meta SET value = value + ? WHERE name = 'event_bytes'"),
  counted: connection.prepare<[], { value: number }>("SELECT value FROM meta WHERE name = 'event_bytes'"),
});

interface FindParameters {
  readonly from: number;
  readonly to: number;
  readonly node: string | null;
  readonly check: string | null;
  readonly limit: number;
}

/** The body is what this program wrote. */
const toEvent = ({ sequence, body }: Row): StoredEvent => ({ ...(JSON.parse(body) as TimelineEvent), sequence });
