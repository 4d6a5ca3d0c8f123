/** Where samples go: into the tail with their batch, into open chunks in memory, into a chunk row when that is full. */
import { CHUNK_SIZE, roundReading } from './chunk.ts';
import type { ChunkTable } from './chunk-table.ts';
import type { SampleColumns, StoredBatch } from './messages.ts';
import { type Points, fromSamples, noPoints } from './points.ts';
import { SINGLE } from './resolutions.ts';
import type { SeriesTable } from './series-table.ts';
import type { OpenChunk, Tail, TailSample } from './tail.ts';

export interface SampleLog {
  /** Inside the batch's transaction. Call {@link SampleLog.reload} when that is rolled back. */
  write(batch: StoredBatch, samples: SampleColumns | undefined): void;
  /** Reads the open chunks from the tail again. Throws RangeError when the tail is damaged. */
  reload(): void;
  /** Samples of a series that are in no chunk yet. */
  readonly open: (series: number) => Points;
  /** True when the tail has grown so long that it is to be summed up. */
  isLong(): boolean;
  /** Stores the chunks of series that have ended and sums up the tail. Inside a transaction. */
  sumUp(now: number): void;
  readonly hasOpen: (series: number) => boolean;
}

/** About ten minutes; reading that many rows takes milliseconds. */
const LONG_TAIL_ROWS = 600;
const LONG_TAIL_BYTES = 256 * 1024;
/** A series without a sample for so long has ended: its device or endpoint is gone. */
const ENDED_AFTER_MS = 3 * 3_600_000;

export function createSampleLog(tables: { series: SeriesTable; chunks: ChunkTable; tail: Tail }): SampleLog {
  const { series: names, chunks, tail } = tables;
  const open = new Map<number, OpenChunk>();

  /** The same for a new sample and for one that is read again, so that both give the same open chunks. */
  const take = (series: number, at: number, value: number, finish: (chunk: OpenChunk) => void): void => {
    let chunk = open.get(series);
    if (chunk === undefined) {
      chunk = { series, times: new Float64Array(CHUNK_SIZE), values: new Float64Array(CHUNK_SIZE), count: 0 };
      open.set(series, chunk);
    }
    if (chunk.count > 0 && Math.abs(at - (chunk.times[0] ?? at)) > SINGLE.maxSpanMs) finish(chunk);
    chunk.times[chunk.count] = at;
    chunk.values[chunk.count] = value;
    chunk.count += 1;
    if (chunk.count === CHUNK_SIZE) finish(chunk);
  };
  const store = (chunk: OpenChunk): void => {
    chunks.add(chunk.series, chunk.times.subarray(0, chunk.count), chunk.values.subarray(0, chunk.count));
    chunk.count = 0;
  };

  return {
    write(batch, columns) {
      const samples = columns === undefined ? [] : toTailSamples(columns, names);
      tail.add(batch, samples);
      for (const { series, at, value } of samples) take(series, at, value, store);
    },
    reload() {
      open.clear();
      names.reset();
      tail.replay((series, at, value) => take(series, at, value, (chunk) => (chunk.count = 0)));
    },
    open(series) {
      const chunk = open.get(series);
      if (chunk === undefined) return noPoints();
      return fromSamples(chunk.times.subarray(0, chunk.count), chunk.values.subarray(0, chunk.count));
    },
    isLong() {
      const { rows, bytes } = tail.size();
      return rows > LONG_TAIL_ROWS || bytes > LONG_TAIL_BYTES;
    },
    sumUp(now) {
      for (const chunk of open.values()) {
        if (now - (chunk.times[Math.max(0, chunk.count - 1)] ?? 0) < ENDED_AFTER_MS) continue;
        if (chunk.count > 0) store(chunk);
        open.delete(chunk.series);
      }
      tail.sumUp(open.values());
    },
    hasOpen: (series) => (open.get(series)?.count ?? 0) > 0,
  };
}

function toTailSamples({ keys, series, times, values }: SampleColumns, names: SeriesTable): TailSample[] {
  const ids = keys.map((key) => names.idOf(key));
  return Array.from(series, (place, index) => ({
    series: ids[place] ?? 0,
    at: Math.round(times[index] ?? 0),
    value: roundReading(values[index] ?? 0),
  }));
}
