/** The samples of each series that make its next chunk. */
import { type Points, fromSamples, noPoints } from './points.ts';
import { SINGLE } from './resolutions.ts';
import type { OpenChunk } from './tail.ts';

export interface OpenChunks {
  /** The same for a new sample and for one that is read again, so that both give the same open chunks. */
  take(series: number, at: number, value: number, finish: (chunk: OpenChunk) => void): void;
  read(series: number): Points;
  has(series: number): boolean;
  /** Finishes and forgets the chunks of series that have ended. Returns their series. */
  end(now: number, finish: (chunk: OpenChunk) => void): readonly number[];
  all(): Iterable<OpenChunk>;
  clear(): void;
}

/** A series without a sample for so long has ended: its device or endpoint is gone. A clock far ahead is no better. */
const ENDED_AFTER_MS = 3 * 3_600_000;

/** `size`: so many samples finish a chunk. Whoever finishes a chunk stores it or drops it; after that it is empty. */
export function createOpenChunks(size: number): OpenChunks {
  const open = new Map<number, OpenChunk>();
  const begin = (series: number): OpenChunk => {
    const chunk = { series, times: new Float64Array(size), values: new Float64Array(size), count: 0 };
    open.set(series, chunk);
    return chunk;
  };
  const finishAndEmpty = (chunk: OpenChunk, finish: (chunk: OpenChunk) => void): void => {
    finish(chunk);
    chunk.count = 0;
  };
  return {
    take(series, at, value, finish) {
      const chunk = open.get(series) ?? begin(series);
      if (chunk.count > 0 && Math.abs(at - (chunk.times[0] ?? at)) > SINGLE.maxSpanMs) finishAndEmpty(chunk, finish);
      chunk.times[chunk.count] = at;
      chunk.values[chunk.count] = value;
      chunk.count += 1;
      if (chunk.count === size) finishAndEmpty(chunk, finish);
    },
    read(series) {
      const chunk = open.get(series);
      if (chunk === undefined) return noPoints();
      return fromSamples(chunk.times.subarray(0, chunk.count), chunk.values.subarray(0, chunk.count));
    },
    has: (series) => (open.get(series)?.count ?? 0) > 0,
    end(now, finish) {
      const ended = [...open.values()].filter(({ times, count }) => {
        const newest = times[Math.max(0, count - 1)] ?? 0;
        return Math.abs(now - newest) >= ENDED_AFTER_MS;
      });
      for (const chunk of ended) {
        if (chunk.count > 0) finish(chunk);
        open.delete(chunk.series);
      }
      return ended.map(({ series }) => series);
    },
    all: () => open.values(),
    clear: () => open.clear(),
  };
}
