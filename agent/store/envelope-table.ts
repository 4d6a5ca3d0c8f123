/** What was signed in the mesh, as bytes: read when an agent starts. */
import type { KeptEnvelope, MeshMemory } from '../model/mesh-memory.ts';
import type { Connection } from './connection.ts';
import { isEventKey, isOfItself } from './envelope-key.ts';
import { createMetaSum } from './meta-sum.ts';

export interface EnvelopeTable {
  /** Each takes the place of the one with its key. */
  put(envelopes: readonly KeptEnvelope[]): void;
  /** Deletes what these authors, as keys begin, said of themselves. */
  forget(authors: readonly string[]): void;
  /** All, with the age they have now. */
  all(now: number): MeshMemory['envelopes'];
  /** Bytes of all, near enough for a limit. */
  bytes(): number;
  /** Deletes at most `limit` made before `before` (Unix ms): events first, of each kind the oldest first. */
  removeBefore(before: number, limit: number): number;
}

/** What SQLite adds to key and bytes: row header, columns, two index entries. */
const ROW_BYTES = 64;
/** Values of `is_event`, in the order in which they go. */
const KINDS = [1, 0] as const;

export function createEnvelopeTable(connection: Connection): EnvelopeTable {
  const { size, put, all, old, of, remove } = prepare(connection);
  const total = createMetaSum(connection, 'envelope_bytes');
  return {
    put(envelopes) {
      let added = 0;
      for (const { key, bytes, madeAt } of envelopes) {
        added += rowBytes(key, bytes) - (size.get(key)?.bytes ?? 0);
        put.run(key, isEventKey(key) ? 1 : 0, Math.round(madeAt), bytes);
      }
      total.add(added);
    },
    forget(authors) {
      for (const author of authors) {
        const gone = of.all(`${author}/`, `${author}0`).filter(({ key }) => isOfItself(key));
        for (const { key } of gone) remove.run(key);
        total.add(-gone.reduce((sum, row) => sum + row.bytes, 0));
      }
    },
    all: (now) =>
      all.all().map(({ bytes, made_at }) => ({ bytes: new Uint8Array(bytes), ageMs: Math.max(0, now - made_at) })),
    bytes: () => total.read(),
    removeBefore(before, limit) {
      let removed = 0;
      for (const kind of KINDS) {
        const rows = old.all(kind, before, limit - removed);
        for (const { key } of rows) remove.run(key);
        total.add(-rows.reduce((sum, row) => sum + row.bytes, 0));
        removed += rows.length;
      }
      return removed;
    },
  };
}

const rowBytes = (key: string, bytes: Uint8Array): number => Buffer.byteLength(key) + bytes.length + ROW_BYTES;

const SIZE = `octet_length(key) + octet_length(bytes) + ${ROW_BYTES} AS bytes`;

const prepare = (connection: Connection) => ({
  size: connection.prepare<[string], { bytes: number }>(`SELECT ${SIZE} FROM envelopes WHERE key = ?`),
  put: connection.prepare<[string, number, number, Uint8Array]>(
    `INSERT INTO envelopes (key, is_event, made_at, bytes) VALUES (?, ?, ?, ?)
     ON CONFLICT (key) DO UPDATE SET made_at = excluded.made_at, bytes = excluded.bytes`,
  ),
  all: connection.prepare<[], { bytes: Uint8Array; made_at: number }>('SELECT bytes, made_at FROM envelopes'),
  old: connection.prepare<[number, number, number], { key: string; bytes: number }>(
    `SELECT key, ${SIZE} FROM envelopes WHERE is_event = ? AND made_at < ? ORDER BY made_at LIMIT ?`,
  ),
  // `0` is the character behind `/`.
  of: connection.prepare<[string, string], { key: string; bytes: number }>(
    `SELECT key, ${SIZE} FROM envelopes WHERE is_event = 0 AND key > ? AND key < ?`,
  ),
  remove: connection.prepare<[string]>('DELETE FROM envelopes WHERE key = ?'),
});
