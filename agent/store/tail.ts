/**
 * Samples that are in no chunk yet. Every batch adds a row in its own transaction, so that an acknowledged batch
 * survives a kill; from time to time one row sums up all of them. Reading the rows in order gives the open chunks again.
 */
import { ByteReader, ByteWriter } from './bytes.ts';
import { decodeChunk, encodeSamples } from './chunk.ts';
import type { Connection } from './connection.ts';
import type { StoredBatch } from './messages.ts';

export interface TailSample {
  readonly series: number;
  readonly at: number;
  readonly value: number;
}

export interface Tail {
  add(batch: StoredBatch, samples: readonly TailSample[]): void;
  /** Replaces all rows by one that holds the open chunks. */
  sumUp(open: Iterable<OpenChunk>): void;
  /** Gives all samples in the order in which they came. Throws RangeError when a row is damaged. */
  replay(give: (series: number, at: number, value: number) => void): void;
  /** The last batch that was written. */
  last(): StoredBatch | undefined;
  /** Rows and bytes since they were last summed up or read. */
  size(): { readonly rows: number; readonly bytes: number };
  clear(): void;
}

/** The samples of a series that make its next chunk; the first `count` places are in use. */
export interface OpenChunk {
  readonly series: number;
  readonly times: Float64Array;
  readonly values: Float64Array;
  count: number;
}

const FORMAT = { batch: 1, sum: 2 } as const;

interface Row {
  readonly run: string;
  readonly number: number;
  readonly first_sequence: number;
}

export function createTail(connection: Connection): Tail {
  const { insert, newest, all, remove } = prepare(connection);
  let rows = 0;
  let bytes = 0;
  const last = (): StoredBatch | undefined => {
    const row = newest.get();
    return row && { run: row.run, number: row.number, firstSequence: row.first_sequence };
  };
  const clear = (): void => {
    remove.run();
    rows = 0;
    bytes = 0;
  };
  return {
    add({ run, number, firstSequence }, samples) {
      const data = encodeBatch(samples);
      insert.run(run, number, firstSequence, data);
      rows += 1;
      bytes += data.length;
    },
    sumUp(open) {
      const batch = last();
      if (batch === undefined) return;
      clear();
      insert.run(batch.run, batch.number, batch.firstSequence, encodeSum(open));
    },
    replay(give) {
      rows = 0;
      bytes = 0;
      for (const { data } of all.all()) {
        decodeRow(data, give);
        rows += 1;
        bytes += data.length;
      }
    },
    last,
    size: () => ({ rows, bytes }),
    clear,
  };
}

const prepare = (connection: Connection) => ({
  insert: connection.prepare<[string, number, number, Uint8Array]>(
    'INSERT INTO tail (run, number, first_sequence, data) VALUES (?, ?, ?, ?)',
  ),
  newest: connection.prepare<[], Row>('SELECT run, number, first_sequence FROM tail ORDER BY id DESC LIMIT 1'),
  all: connection.prepare<[], { data: Uint8Array }>('SELECT data FROM tail ORDER BY id'),
  remove: connection.prepare<[]>('DELETE FROM tail'),
});

/** Count, first time, then series, time since the first and value of each sample. */
function encodeBatch(samples: readonly TailSample[]): Uint8Array {
  const writer = new ByteWriter();
  const base = samples[0]?.at ?? 0;
  writer.byte(FORMAT.batch);
  writer.varint(samples.length);
  writer.double(base);
  for (const { series, at, value } of samples) {
    writer.varint(series);
    writer.zigzag(at - base);
    writer.double(value);
  }
  return writer.finish();
}

/** Count, then series, length and chunk of each. */
function encodeSum(open: Iterable<OpenChunk>): Uint8Array {
  const writer = new ByteWriter();
  const chunks = [...open].filter(({ count }) => count > 0);
  writer.byte(FORMAT.sum);
  writer.varint(chunks.length);
  for (const { series, times, values, count } of chunks) {
    const bytes = encodeSamples(times.subarray(0, count), values.subarray(0, count));
    writer.varint(series);
    writer.varint(bytes.length);
    writer.append(bytes);
  }
  return writer.finish();
}

function decodeRow(data: Uint8Array, give: (series: number, at: number, value: number) => void): void {
  const reader = new ByteReader(data);
  const format = reader.byte();
  const count = reader.varint();
  if (format === FORMAT.batch) {
    const base = reader.double();
    for (let index = 0; index < count; index += 1) give(reader.varint(), base + reader.zigzag(), reader.double());
    return;
  }
  if (format !== FORMAT.sum) throw new RangeError(`unknown format of a tail row: ${format}`);
  for (let index = 0; index < count; index += 1) {
    const series = reader.varint();
    const { times, averages } = decodeChunk(reader.take(reader.varint()));
    for (const [at, time] of times.entries()) give(series, time, averages[at] ?? 0);
  }
}
