/**
 * Where samples go: into the tail with their batch, into open chunks in memory, into the database's chunks when those
 * are full. Of other nodes' samples only roll-ups are made; until then they answer questions from their open chunks.
 */
import { CHUNK_SIZE, roundReading } from './chunk.ts';
import type { ChunkTable } from './chunk-table.ts';
import type { Batch, SampleColumns, StoredBatch } from './messages.ts';
import { createOpenChunks } from './open-chunks.ts';
import { createPeerSeries } from './peer-series.ts';
import type { Points } from './points.ts';
import type { SeriesTable } from './series-table.ts';
import type { OpenChunk, Tail, TailSample } from './tail.ts';

export interface SampleLog {
  /** Inside the batch's transaction. Call {@link SampleLog.reload} when that is rolled back. */
  write(batch: StoredBatch, samples: Pick<Batch, 'samples' | 'peerSamples'>): void;
  /** Reads the open chunks from the tail again. Throws RangeError when the tail is damaged. */
  reload(): void;
  /** Samples of a series that are in no chunk yet. */
  readonly open: (series: number) => Points;
  /** Those of another node's series, which are kept as roll-ups only. */
  readonly openOfPeer: (series: number) => Points;
  /** True when the tail has grown so long that it is to be summed up. */
  isLong(): boolean;
  /** Stores the chunks of series that have ended and sums up the tail. Inside a transaction. */
  sumUp(now: number): void;
  readonly hasOpen: (series: number) => boolean;
}

/** About ten minutes; reading that many rows takes milliseconds. */
const LONG_TAIL_ROWS = 600;
const LONG_TAIL_BYTES = 256 * 1024;
/** Others' series are many: 300 B of memory each, and their roll-ups are written every eight minutes. */
const PEER_CHUNK_SIZE = 32;

export interface SampleTables {
  readonly series: SeriesTable;
  readonly chunks: ChunkTable;
  readonly tail: Tail;
}

/** `note`: told once when readings of other nodes are left out. */
export function createSampleLog(tables: SampleTables, note: (message: string) => void): SampleLog {
  const { series, chunks, tail } = tables;
  const own = createOpenChunks(CHUNK_SIZE);
  const ofPeers = createOpenChunks(PEER_CHUNK_SIZE);
  const peers = createPeerSeries(series, note);
  const store = ({ series: id, times, values, count }: OpenChunk): void =>
    chunks.add(id, times.subarray(0, count), values.subarray(0, count));
  const storeOfPeer = ({ series: id, times, values, count }: OpenChunk): void =>
    chunks.addRollUps(id, times.subarray(0, count), values.subarray(0, count));

  return {
    write(batch, { samples, peerSamples }) {
      const added = toTailSamples(samples, (key) => series.idOf(key));
      const addedOfPeers = toTailSamples(peerSamples, (key) => peers.admit(key));
      tail.add(batch, { own: added, ofPeers: addedOfPeers });
      for (const { series: id, at, value } of added) own.take(id, at, value, store);
      for (const { series: id, at, value } of addedOfPeers) ofPeers.take(id, at, value, storeOfPeer);
    },
    reload() {
      own.clear();
      ofPeers.clear();
      peers.clear();
      series.reset();
      const drop = (): void => {};
      tail.replay({
        own: (id, at, value) => own.take(id, at, value, drop),
        ofPeers: (id, at, value) => ofPeers.take(id, at, value, drop),
      });
      for (const chunk of ofPeers.all()) peers.restore(chunk.series);
    },
    open: (id) => own.read(id),
    openOfPeer: (id) => ofPeers.read(id),
    isLong() {
      const { rows, bytes } = tail.size();
      return rows > LONG_TAIL_ROWS || bytes > LONG_TAIL_BYTES;
    },
    sumUp(now) {
      own.end(now, store);
      for (const id of ofPeers.end(now, storeOfPeer)) peers.remove(id);
      tail.sumUp({ own: own.all(), ofPeers: ofPeers.all() });
    },
    hasOpen: (id) => own.has(id) || ofPeers.has(id),
  };
}

/** Those whose series has a number. */
function toTailSamples(
  columns: SampleColumns | undefined,
  numberOf: (key: SampleColumns['keys'][number]) => number | undefined,
): TailSample[] {
  if (columns === undefined) return [];
  const { keys, series, times, values } = columns;
  const ids = keys.map(numberOf);
  const samples: TailSample[] = [];
  for (const [index, place] of series.entries()) {
    const id = ids[place];
    if (id === undefined) continue;
    samples.push({ series: id, at: Math.round(times[index] ?? 0), value: roundReading(values[index] ?? 0) });
  }
  return samples;
}
