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

/** One thing for the own samples and one for those of other nodes. */
export interface OwnAndPeers<T> {
  readonly own: T;
  readonly ofPeers: T;
}

export interface Tail {
  add(batch: StoredBatch, samples: OwnAndPeers<readonly TailSample[]>): void;
  /** Replaces all rows by one that holds the open chunks. */
  sumUp(open: OwnAndPeers<Iterable<OpenChunk>>): void;
  /** Gives all samples in the order in which they came. Throws RangeError when a row is damaged. */
  replay(give: OwnAndPeers<GiveSample>): void;
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

export type GiveSample = (series: number, at: number, value: number) => void;

/** A row holds one part or more; each begins with its format. */
const FORMATS = { own: { batch: 1, sum: 2 }, ofPeers: { batch: 3, sum: 4 } } as const;

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
    add({ run, number, firstSequence }, { own, ofPeers }) {
      const writer = new ByteWriter();
      writeBatch(writer, FORMATS.own.batch, own);
      if (ofPeers.length > 0) writeBatch(writer, FORMATS.ofPeers.batch, ofPeers);
      insert.run(run, number, firstSequence, writer.finish());
      rows += 1;
      bytes += writer.length;
    },
    sumUp({ own, ofPeers }) {
      const batch = last();
      if (batch === undefined) return;
      clear();
      const writer = new ByteWriter();
      writeSum(writer, FORMATS.own.sum, own);
      writeSum(writer, FORMATS.ofPeers.sum, ofPeers);
      insert.run(batch.run, batch.number, batch.firstSequence, writer.finish());
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
function writeBatch(writer: ByteWriter, format: number, samples: readonly TailSample[]): void {
  const base = samples[0]?.at ?? 0;
  writer.byte(format);
  writer.varint(samples.length);
  writer.double(base);
  for (const { series, at, value } of samples) {
    writer.varint(series);
    writer.zigzag(at - base);
    writer.double(value);
  }
}

/** Count, then series, length and chunk of each. */
function writeSum(writer: ByteWriter, format: number, open: Iterable<OpenChunk>): void {
  const chunks = [...open].filter(({ count }) => count > 0);
  writer.byte(format);
  writer.varint(chunks.length);
  for (const { series, times, values, count } of chunks) {
    const bytes = encodeSamples(times.subarray(0, count), values.subarray(0, count));
    writer.varint(series);
    writer.varint(bytes.length);
    writer.append(bytes);
  }
}

function decodeRow(data: Uint8Array, give: OwnAndPeers<GiveSample>): void {
  const reader = new ByteReader(data);
  do {
    const format = reader.byte();
    if (format === FORMATS.own.batch) readBatch(reader, give.own);
    else if (format === FORMATS.own.sum) readSum(reader, give.own);
    else if (format === FORMATS.ofPeers.batch) readBatch(reader, give.ofPeers);
    else if (format === FORMATS.ofPeers.sum) readSum(reader, give.ofPeers);
    else throw new RangeError(`unknown format of a tail row: ${format}`);
  } while (!reader.isAtEnd);
}

function readBatch(reader: ByteReader, give: GiveSample): void {
  const count = reader.varint();
  const base = reader.double();
  for (let index = 0; index < count; index += 1) give(reader.varint(), base + reader.zigzag(), reader.double());
}

function readSum(reader: ByteReader, give: GiveSample): void {
  const count = reader.varint();
  for (let index = 0; index < count; index += 1) {
    const series = reader.varint();
    const { times, averages } = decodeChunk(reader.take(reader.varint()));
    for (const [at, time] of times.entries()) give(series, time, averages[at] ?? 0);
  }
}
