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

export interface SampleTables {
  readonly series: SeriesTable;
  readonly chunks: ChunkTable;
  readonly tail: Tail;
}

export const createSampleLog = (tables: SampleTables): SampleLog => new TailedSampleLog(tables);

class TailedSampleLog implements SampleLog {
  readonly #tables: SampleTables;
  readonly #open = new Map<number, OpenChunk>();

  constructor(tables: SampleTables) {
    this.#tables = tables;
  }

  write(batch: StoredBatch, columns: SampleColumns | undefined): void {
    const samples = columns === undefined ? [] : toTailSamples(columns, this.#tables.series);
    this.#tables.tail.add(batch, samples);
    for (const { series, at, value } of samples) this.#take(series, at, value, (chunk) => this.#store(chunk));
  }

  reload(): void {
    this.#open.clear();
    this.#tables.series.reset();
    this.#tables.tail.replay((series, at, value) => this.#take(series, at, value, empty));
  }

  readonly open = (series: number): Points => {
    const chunk = this.#open.get(series);
    if (chunk === undefined) return noPoints();
    return fromSamples(chunk.times.subarray(0, chunk.count), chunk.values.subarray(0, chunk.count));
  };

  isLong(): boolean {
    const { rows, bytes } = this.#tables.tail.size();
    return rows > LONG_TAIL_ROWS || bytes > LONG_TAIL_BYTES;
  }

  sumUp(now: number): void {
    for (const chunk of this.#open.values()) {
      const newest = chunk.times[Math.max(0, chunk.count - 1)] ?? 0;
      if (now - newest < ENDED_AFTER_MS) continue;
      if (chunk.count > 0) this.#store(chunk);
      this.#open.delete(chunk.series);
    }
    this.#tables.tail.sumUp(this.#open.values());
  }

  readonly hasOpen = (series: number): boolean => (this.#open.get(series)?.count ?? 0) > 0;

  /** The same for a new sample and for one that is read again, so that both give the same open chunks. */
  #take(series: number, at: number, value: number, finish: (chunk: OpenChunk) => void): void {
    const chunk = this.#open.get(series) ?? this.#begin(series);
    if (chunk.count > 0 && Math.abs(at - (chunk.times[0] ?? at)) > SINGLE.maxSpanMs) finish(chunk);
    chunk.times[chunk.count] = at;
    chunk.values[chunk.count] = value;
    chunk.count += 1;
    if (chunk.count === CHUNK_SIZE) finish(chunk);
  }

  #begin(series: number): OpenChunk {
    const chunk = { series, times: new Float64Array(CHUNK_SIZE), values: new Float64Array(CHUNK_SIZE), count: 0 };
    this.#open.set(series, chunk);
    return chunk;
  }

  #store(chunk: OpenChunk): void {
    const { series, times, values, count } = chunk;
    this.#tables.chunks.add(series, times.subarray(0, count), values.subarray(0, count));
    empty(chunk);
  }
}

function empty(chunk: OpenChunk): void {
  chunk.count = 0;
}

function toTailSamples({ keys, series, times, values }: SampleColumns, names: SeriesTable): TailSample[] {
  const ids = keys.map((key) => names.idOf(key));
  return Array.from(series, (place, index) => ({
    series: ids[place] ?? 0,
    at: Math.round(times[index] ?? 0),
    value: roundReading(values[index] ?? 0),
  }));
}
