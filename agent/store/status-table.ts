/** What the diagnosis concluded over time: one row for each time during which it stayed the same. */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { StatusAt, StatusChange, StatusRecord, StatusSpan } from '../model/past-status.ts';
import type { Connection } from './connection.ts';
import { createMetaSum } from './meta-sum.ts';

export interface StatusTable {
  /** Adds what begins, and gives a later end to what is there. */
  put(changes: readonly StatusChange[]): void;
  /** The newest row holds until `until` (Unix ms) at least: the agent lived then and had nothing new to say. */
  extend(until: number): void;
  /** What the log tells of this instant (Unix ms). */
  find(at: number): StatusAt;
  /** Bytes of all, near enough for a limit. */
  bytes(): number;
  /** Deletes at most `limit` that ended before `before` (Unix ms), oldest first. Returns how many. */
  removeBefore(before: number, limit: number): number;
}

/** What SQLite adds to a body: row header, columns, an index entry. */
const ROW_BYTES = 48;
/** So many later rows are looked through for the end of findings; each is some kilobytes. */
const MOST_LATER = 200;

interface Row {
  readonly sequence: number;
  readonly at: number;
  readonly until: number;
  readonly body: Uint8Array;
}

export function createStatusTable(connection: Connection): StatusTable {
  const { insert, end, extend, first, last, next, later, old, remove } = prepare(connection);
  const total = createMetaSum(connection, 'status_bytes');
  return {
    put(changes) {
      for (const { from, until, body } of changes) {
        if (body === undefined) {
          end.run(Math.round(until), Math.round(from));
          continue;
        }
        const bytes = deflateRawSync(body);
        insert.run(Math.round(from), Math.round(until), bytes);
        total.add(bytes.length + ROW_BYTES);
      }
    },
    extend: (until) => void extend.run({ until: Math.round(until) }),
    find(at) {
      const begins = first.get()?.at;
      const row = last.get(at);
      if (begins === undefined || row === undefined) return { ...(begins !== undefined && { begins }), over: {} };
      const span = toSpan(row);
      const following = next.get({ at: row.at, sequence: row.sequence })?.at;
      return {
        begins,
        span,
        ...(following !== undefined && { next: following }),
        over: endsOf(span.record, later.iterate({ at: row.at, sequence: row.sequence, limit: MOST_LATER })),
      };
    },
    bytes: () => total.read(),
    removeBefore(before, limit) {
      const rows = old.all({ before, limit });
      for (const { sequence } of rows) remove.run(sequence);
      total.add(-rows.reduce((sum, { bytes }) => sum + bytes, 0));
      return rows.length;
    },
  };
}

/**
 * By when findings were gone. An agent that has just started, or had no room for all, does not mention what may well go
 * on.
 */
function endsOf({ findings }: StatusRecord, rows: Iterable<Row>): Record<string, number> {
  const open = new Set(findings.map(({ id }) => id));
  const over: Record<string, number> = {};
  for (const row of rows) {
    if (open.size === 0) break;
    const { record } = toSpan(row);
    if (!record.view.settled || record.leftOut > 0) continue;
    const present = new Set(record.findings.map(({ id }) => id));
    for (const id of open) {
      if (present.has(id)) continue;
      over[id] = row.at;
      open.delete(id);
    }
  }
  return over;
}

/** The body is what this program wrote. */
const toSpan = ({ at, until, body }: Row): StatusSpan => ({
  from: at,
  until,
  record: JSON.parse(inflateRawSync(body).toString('utf8')) as StatusRecord,
});

const COLUMNS = 'sequence, at, until, body';
const BEHIND = '(at > @at OR (at = @at AND sequence > @sequence))';

type Place = Pick<Row, 'at' | 'sequence'>;

const prepare = (connection: Connection) => ({
  insert: connection.prepare<[number, number, Uint8Array]>('INSERT INTO statuses (at, until, body) VALUES (?, ?, ?)'),
  end: connection.prepare<[number, number]>('UPDATE statuses SET until = max(until, ?) WHERE at = ?'),
  extend: connection.prepare<[{ until: number }]>(
    `UPDATE statuses SET until = @until
     WHERE sequence = (SELECT max(sequence) FROM statuses) AND until < @until AND at <= @until`,
  ),
  first: connection.prepare<[], { at: number }>('SELECT at FROM statuses ORDER BY at LIMIT 1'),
  last: connection.prepare<[number], Row>(
    `SELECT ${COLUMNS} FROM statuses WHERE at <= ? ORDER BY at DESC, sequence DESC LIMIT 1`,
  ),
  next: connection.prepare<[Place], { at: number }>(
    `SELECT at FROM statuses WHERE ${BEHIND} ORDER BY at, sequence LIMIT 1`,
  ),
  later: connection.prepare<[Place & { readonly limit: number }], Row>(
    `SELECT ${COLUMNS} FROM statuses WHERE ${BEHIND} ORDER BY at, sequence LIMIT @limit`,
  ),
  old: connection.prepare<[{ before: number; limit: number }], { sequence: number; bytes: number }>(
    `SELECT sequence, octet_length(body) + ${ROW_BYTES} AS bytes FROM statuses
     WHERE at < @before AND until < @before ORDER BY at LIMIT @limit`,
  ),
  remove: connection.prepare<[number]>('DELETE FROM statuses WHERE sequence = ?'),
});
