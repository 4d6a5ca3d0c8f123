/** Scenes of failures on this node: written once, listed without being read, read one by one. */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Incident, Scene } from '../model/scene.ts';
import { workloadOf } from '../model/pod-names.ts';
import type { Connection } from './connection.ts';
import type { KeptScene } from './kept-scene.ts';
import { createMetaSum } from './meta-sum.ts';

export interface SceneTable {
  put(scenes: readonly KeptScene[]): void;
  /** Newest first. */
  list(limit: number): Incident[];
  /** Undefined: there is none of that id. */
  find(id: string): Scene | undefined;
  /** Bytes of all, near enough for a limit. */
  bytes(): number;
  /** Deletes at most `limit` that are from before `before` (Unix ms), oldest first. Returns how many. */
  removeBefore(before: number, limit: number): number;
  /**
   * Deletes one: the oldest of the workload that has most of them, so that what fails every minute does not take the place of
   * what failed once. Returns how many: none where there is none.
   */
  removeSurplus(): number;
}

/** What SQLite adds: row header, columns, two index entries with the id. */
const ROW_BYTES = 128;
const BYTES = `octet_length(body) + octet_length(incident) + ${ROW_BYTES}`;
/** One that does not get smaller than that is not written: whoever made it knows the bound. */
const MAX_SCENE_BYTES = 256 * 1024;

export function createSceneTable(connection: Connection): SceneTable {
  const { insert, newest, one, old, places, remove } = prepare(connection);
  const total = createMetaSum(connection, 'scene_bytes');
  const removeAll = (rows: readonly { readonly id: string; readonly bytes: number }[]): number => {
    for (const { id } of rows) remove.run(id);
    total.add(-rows.reduce((sum, { bytes }) => sum + bytes, 0));
    return rows.length;
  };
  return {
    put(scenes) {
      for (const { incident, body } of scenes) {
        const bytes = deflateRawSync(body);
        if (bytes.length > MAX_SCENE_BYTES) continue;
        const told = JSON.stringify(incident);
        const { changes } = insert.run(incident.id, Math.round(incident.at), told, bytes);
        if (changes > 0) total.add(bytes.length + Buffer.byteLength(told) + ROW_BYTES);
      }
    },
    // What this program wrote.
    list: (limit) => newest.all(limit).map(({ incident }) => JSON.parse(incident) as Incident),
    find(id) {
      const row = one.get(id);
      return row === undefined ? undefined : (JSON.parse(inflateRawSync(row.body).toString('utf8')) as Scene);
    },
    bytes: () => total.read(),
    removeBefore: (before, limit) => removeAll(old.all({ before, limit })),
    removeSurplus() {
      const oldest = new Map<string, { readonly id: string; readonly bytes: number; count: number }>();
      for (const { id, bytes, place } of places.iterate()) {
        const workload = workloadOf(place);
        const first = oldest.get(workload);
        if (first === undefined) oldest.set(workload, { id, bytes, count: 1 });
        else first.count += 1;
      }
      // Of those that have as many the one that was seen first stays: it is the oldest.
      const most = [...oldest.values()].reduce((a, b) => (b.count > a.count ? b : a), { id: '', bytes: 0, count: 0 });
      return most.count === 0 ? 0 : removeAll([most]);
    },
  };
}

const prepare = (connection: Connection) => ({
  insert: connection.prepare<[string, number, string, Uint8Array]>(
    'INSERT OR IGNORE INTO scenes (id, at, incident, body) VALUES (?, ?, ?, ?)',
  ),
  newest: connection.prepare<[number], { incident: string }>('SELECT incident FROM scenes ORDER BY at DESC LIMIT ?'),
  one: connection.prepare<[string], { body: Uint8Array }>('SELECT body FROM scenes WHERE id = ?'),
  old: connection.prepare<[{ before: number; limit: number }], { id: string; bytes: number }>(
    `SELECT id, ${BYTES} AS bytes FROM scenes
     WHERE at < @before ORDER BY at LIMIT @limit`,
  ),
  places: connection.prepare<[], { id: string; bytes: number; place: string }>(
    `SELECT id, ${BYTES} AS bytes, (incident ->> 'namespace') || '/' || (incident ->> 'pod') AS place
     FROM scenes ORDER BY at`,
  ),
  remove: connection.prepare<[string]>('DELETE FROM scenes WHERE id = ?'),
});
