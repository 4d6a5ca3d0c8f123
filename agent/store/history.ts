/** The database as a whole: what a batch writes, what a query reads, what keeps it within its bounds. */
import type { Clock } from '../base/clock.ts';
import type { SeriesPoints, SeriesQuery, TimelineQuery } from '../model/history.ts';
import type { CheckResult } from '../model/report.ts';
import type { StoredEvent } from '../model/timeline.ts';
import { createChunkTable } from './chunk-table.ts';
import type { Connection } from './connection.ts';
import { createDocumentTable } from './document-table.ts';
import { createEventTable } from './event-table.ts';
import type { Batch, Seen, StoredBatch } from './messages.ts';
import { querySeries } from './query.ts';
import { type Limits, createRetention } from './retention.ts';
import { createSampleLog } from './sample-log.ts';
import { createSeriesTable } from './series-table.ts';
import { createTail } from './tail.ts';

export interface History {
  /** Writes a batch in one transaction, once. After an error nothing of it is there. */
  write(batch: Batch): StoredBatch;
  lastBatch(): StoredBatch | undefined;
  results(): readonly CheckResult[];
  seen(): Seen;
  /** The newest events, oldest first. */
  newestEvents(count: number): StoredEvent[];
  series(query: SeriesQuery): SeriesPoints[];
  /** Newest first. */
  timeline(query: TimelineQuery): StoredEvent[];
  /** Housekeeping after a batch: sums up, deletes, shrinks, each a bounded part. */
  maintain(): void;
  fileBytes(): number;
  close(): void;
}

const AGE_EVERY_MS = 60_000;
const UNUSED_EVERY_MS = 3_600_000;

/** `note` is told what an operator may want to know. */
export function createHistory(
  connection: Connection,
  limits: Limits,
  deps: { readonly clock: Clock; readonly note: (message: string) => void },
): History {
  const { clock } = deps;
  const series = createSeriesTable(connection);
  const chunks = createChunkTable(connection);
  const tail = createTail(connection);
  const events = createEventTable(connection);
  const documents = createDocumentTable(connection);
  const samples = createSampleLog({ series, chunks, tail });
  const retention = createRetention(connection, { chunks, events }, limits);
  let agedAt = -Infinity;
  let cleanedAt = clock.monotonic();

  const reload = (): void => {
    try {
      samples.reload();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      deps.note('the newest samples of an earlier run are damaged and were dropped');
      tail.clear();
      samples.reload();
    }
  };
  /** What a transaction did in memory is undone together with what it did in the database. */
  const transact = <T>(action: () => T): T => {
    try {
      return connection.transaction(action)();
    } catch (error) {
      reload();
      throw error;
    }
  };
  reload();

  return {
    write({ run, number, samples: columns, events: newEvents, documents: newDocuments }) {
      const last = tail.last();
      if (last?.run === run && number <= last.number) return last;
      return transact(() => {
        const stored = { run, number, firstSequence: events.append(newEvents) };
        documents.save(newDocuments, clock.now());
        samples.write(stored, columns);
        return stored;
      });
    },
    lastBatch: () => tail.last(),
    results: () => documents.results(clock.now()),
    seen: () => documents.seen(),
    newestEvents: (count) => events.newest(count),
    series: (query) => querySeries({ series, chunks, open: samples.open }, query, clock.now()),
    timeline: (query) => events.find(query),
    maintain() {
      const now = clock.now();
      const monotonic = clock.monotonic();
      if (samples.isLong()) transact(() => samples.sumUp(now));
      if (monotonic - agedAt >= AGE_EVERY_MS) {
        agedAt = monotonic;
        transact(() => retention.removeOld(now));
      }
      if (monotonic - cleanedAt >= UNUSED_EVERY_MS) {
        cleanedAt = monotonic;
        transact(() => series.removeUnused(samples.hasOpen));
      }
      transact(() => retention.makeRoom(now));
      retention.shrink();
    },
    fileBytes: () => retention.fileBytes(),
    close: () => void connection.close(),
  };
}
