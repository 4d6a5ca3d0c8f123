/** Rows of compressed samples and roll-up points. */
import { CHUNK_SIZE, decodeChunk, encodePoints, encodeSamples } from './chunk.ts';
import type { Connection } from './connection.ts';
import { type Points, appendPoints, fold, fromSamples, noPoints } from './points.ts';
import { RESOLUTIONS, ROLL_UPS, type Resolution, SINGLE } from './resolutions.ts';

export interface ChunkTable {
  /** Stores a finished chunk of samples and adds them to the roll-ups. */
  add(series: number, times: Float64Array, values: Float64Array): void;
  /** Adds samples to the roll-ups alone. */
  addRollUps(series: number, times: Float64Array, values: Float64Array): void;
  /** What chunks hold of the time from `from` to before `to`, perhaps with more around it and in no order. */
  read(series: number, resolution: Resolution, from: number, to: number): Points;
  /** Start of the oldest chunk, Unix ms. */
  oldest(series: number, resolution: Resolution): number | undefined;
  /** Deletes at most `limit` chunks that end before `before`, oldest first. Returns how many. */
  removeBefore(resolution: Resolution, before: number, limit: number): number;
}

interface Row {
  readonly id: number;
  readonly data: Uint8Array;
}

/** Deleting looks at so many of the oldest rows at most. */
const ROWS_LOOKED_AT = 1000;

export function createChunkTable(connection: Connection): ChunkTable {
  const statements = new Map(RESOLUTIONS.map((resolution) => [resolution, prepare(connection, resolution)]));
  const on = (resolution: Resolution): Statements => statements.get(resolution) ?? prepare(connection, resolution);

  const put = (series: number, resolution: Resolution, points: Points, id?: number): void => {
    const data = resolution === SINGLE ? encodeSamples(points.times, points.averages) : encodePoints(points);
    const [start, end] = spanOf(points, resolution);
    if (id === undefined) on(resolution).insert.run(series, start, end, data);
    else on(resolution).update.run(start, end, data, id);
  };

  /** Continues the newest chunk of the roll-up as long as it is neither full nor too long. */
  const rollUp = (series: number, resolution: Resolution, samples: Points): void => {
    const added = fold(samples, resolution.widthMs);
    const row = on(resolution).newest.get(series);
    const joined = (row && tryDecode(row.data)) ?? noPoints();
    if (joined.times.length === 0) return put(series, resolution, added);
    appendPoints(joined, added);
    const points = fold(joined, resolution.widthMs);
    const [start, end] = spanOf(points, resolution);
    if (points.times.length <= CHUNK_SIZE && end - start <= resolution.maxSpanMs) {
      put(series, resolution, points, row?.id);
    } else put(series, resolution, added);
  };

  const rollUpAll = (series: number, samples: Points): void => {
    for (const resolution of ROLL_UPS) rollUp(series, resolution, samples);
  };

  return {
    add(series, times, values) {
      const samples = fromSamples(times, values);
      put(series, SINGLE, samples);
      rollUpAll(series, samples);
    },
    addRollUps: (series, times, values) => rollUpAll(series, fromSamples(times, values)),
    read(series, resolution, from, to) {
      const points = noPoints();
      const rows = on(resolution).select.all(series, from - resolution.maxSpanMs, to, from);
      for (const { data } of rows) appendPoints(points, tryDecode(data) ?? noPoints());
      return points;
    },
    oldest: (series, resolution) => on(resolution).oldest.get(series)?.start ?? undefined,
    removeBefore: (resolution, before, limit) => on(resolution).remove.run(before, limit).changes,
  };
}

type Statements = ReturnType<typeof prepare>;

function prepare(connection: Connection, { name }: Resolution) {
  const table = `chunks_${name}`;
  return {
    insert: connection.prepare<[number, number, number, Uint8Array]>(
      `INSERT INTO ${table} (series_id, start_at, end_at, data) VALUES (?, ?, ?, ?)`,
    ),
    update: connection.prepare<[number, number, Uint8Array, number]>(
      `UPDATE ${table} SET start_at = ?, end_at = ?, data = ? WHERE id = ?`,
    ),
    newest: connection.prepare<[number], Row>(
      `SELECT id, data FROM ${table} WHERE series_id = ? ORDER BY start_at DESC LIMIT 1`,
    ),
    select: connection.prepare<[number, number, number, number], Row>(
      `SELECT id, data FROM ${table} WHERE series_id = ? AND start_at >= ? AND start_at < ? AND end_at >= ?
       ORDER BY start_at`,
    ),
    oldest: connection.prepare<[number], { start: number | null }>(
      `SELECT min(start_at) AS start FROM ${table} WHERE series_id = ?`,
    ),
    remove: connection.prepare<[number, number]>(
      `DELETE FROM ${table} WHERE id IN (
         SELECT id FROM (SELECT id, end_at FROM ${table} ORDER BY id LIMIT ${ROWS_LOOKED_AT}) WHERE end_at < ? LIMIT ?)`,
    ),
  };
}

/** A damaged chunk is a gap in one series and no reason to give up the others. */
function tryDecode(data: Uint8Array): Points | undefined {
  try {
    return decodeChunk(data);
  } catch {
    return undefined;
  }
}

/** Start of the earliest and end of the latest point. */
function spanOf({ times }: Points, { widthMs }: Resolution): [number, number] {
  const [start, end] = [Math.min(...times), Math.max(...times)];
  return [start, end + Math.max(0, widthMs - 1)];
}
