/** The database as a whole: what a batch writes, what a query reads, what keeps it within its bounds. */
import type { Clock } from '../base/clock.ts';
import type { EventQuery, EventSighting, SeenEvent } from '../model/cluster-event.ts';
import type { SeriesPoints, SeriesQuery, TimelineQuery } from '../model/history.ts';
import type { LivenessMemory } from '../model/liveness.ts';
import type { MeshMemory } from '../model/mesh-memory.ts';
import { HELD_BACK_MS, type StatusAt } from '../model/past-status.ts';
import type { CheckResult } from '../model/report.ts';
import type { Incident, Scene } from '../model/scene.ts';
import { type ChunkTable, createChunkTable } from './chunk-table.ts';
import { type ClusterEventTable, type CountedEvents, createClusterEventTable } from './cluster-event-table.ts';
import type { Connection } from './connection.ts';
import { type DocumentTable, createDocumentTable } from './document-table.ts';
import { type EnvelopeTable, createEnvelopeTable } from './envelope-table.ts';
import { type EventTable, type Whose, createEventTable } from './event-table.ts';
import type { Batch, RowEvent, Seen, StoredBatch } from './messages.ts';
import { querySeries } from './query.ts';
import { type Limits, type Retention, createRetention } from './retention.ts';
import { type SampleLog, createSampleLog } from './sample-log.ts';
import { type SceneTable, createSceneTable } from './scene-table.ts';
import { type StatusTable, createStatusTable } from './status-table.ts';
import { type SeriesTable, createSeriesTable } from './series-table.ts';
import { type Tail, createTail } from './tail.ts';

export interface History {
  /** Writes a batch in one transaction, once. After an error nothing of it is there. */
  write(batch: Batch): StoredBatch;
  lastBatch(): StoredBatch | undefined;
  results(): readonly CheckResult[];
  seen(): Seen;
  alerts(): unknown;
  liveness(): LivenessMemory | undefined;
  mesh(): MeshMemory;
  /** The newest events by time, oldest first. */
  newestEvents(count: number, whose?: Whose): RowEvent[];
  series(query: SeriesQuery): SeriesPoints[];
  /** Newest first. */
  timeline(query: TimelineQuery): RowEvent[];
  /** What the diagnosis was at this instant, Unix ms. */
  statusAt(at: number): StatusAt;
  /** The newest scenes, in short. */
  incidents(limit: number): Incident[];
  /** Undefined: there is none of that id. */
  scene(id: string): Scene | undefined;
  /** Of the Kubernetes API, latest first. */
  clusterEvents(query: EventQuery): SeenEvent[];
  sightings(query: EventQuery): EventSighting[];
  /** How often they happened in all, the latest `limit` from `from` (Unix ms) on. */
  counted(from: number, limit: number): CountedEvents;
  /** Housekeeping after a batch: sums up, deletes, shrinks, each a bounded part. */
  maintain(): void;
  fileBytes(): number;
  close(): void;
}

const AGE_EVERY_MS = 60_000;
const UNUSED_EVERY_MS = 3_600_000;

export interface HistoryDeps {
  readonly clock: Clock;
  /** Told what an operator may want to know. */
  readonly note: (message: string) => void;
}

/** Reads what an earlier process left open. Throws SQLite's errors. */
export const createHistory = (connection: Connection, limits: Limits, deps: HistoryDeps): History =>
  new DatabaseHistory(connection, limits, deps);

class DatabaseHistory implements History {
  readonly #connection: Connection;
  readonly #deps: HistoryDeps;
  readonly #series: SeriesTable;
  readonly #chunks: ChunkTable;
  readonly #tail: Tail;
  readonly #events: EventTable;
  readonly #envelopes: EnvelopeTable;
  readonly #documents: DocumentTable;
  readonly #statuses: StatusTable;
  readonly #scenes: SceneTable;
  readonly #clusterEvents: ClusterEventTable;
  readonly #samples: SampleLog;
  readonly #retention: Retention;
  #agedAt = -Infinity;
  #cleanedAt: number;
  /** Results are saved every minute, whatever happens: until then an earlier run looked, and its last status held. */
  #aliveUntil: number | undefined;

  constructor(connection: Connection, limits: Limits, deps: HistoryDeps) {
    this.#connection = connection;
    this.#deps = deps;
    this.#series = createSeriesTable(connection);
    this.#chunks = createChunkTable(connection);
    this.#tail = createTail(connection);
    this.#events = createEventTable(connection);
    this.#envelopes = createEnvelopeTable(connection);
    this.#documents = createDocumentTable(connection);
    this.#statuses = createStatusTable(connection);
    this.#scenes = createSceneTable(connection);
    this.#clusterEvents = createClusterEventTable(connection);
    this.#samples = createSampleLog({ series: this.#series, chunks: this.#chunks, tail: this.#tail }, deps.note);
    const tables = {
      chunks: this.#chunks,
      events: this.#events,
      envelopes: this.#envelopes,
      statuses: this.#statuses,
      scenes: this.#scenes,
      clusterEvents: this.#clusterEvents,
    };
    this.#retention = createRetention(connection, tables, limits);
    this.#cleanedAt = deps.clock.monotonic();
    this.#reload();
    this.#aliveUntil = this.#documents.resultsSavedAt() - HELD_BACK_MS;
  }

  write(batch: Batch): StoredBatch {
    const { run, number, peerEvents = [] } = batch;
    const last = this.#tail.last();
    const stored = last?.run === run && number <= last.number ? last : this.#transact(() => this.#add(batch));
    return peerEvents.length === 0 ? stored : { ...stored, peerSequences: this.#events.sequencesOf(peerEvents) };
  }

  lastBatch(): StoredBatch | undefined {
    return this.#tail.last();
  }

  results(): readonly CheckResult[] {
    return this.#documents.results(this.#deps.clock.now());
  }

  seen(): Seen {
    return this.#documents.seen();
  }

  alerts(): unknown {
    return this.#documents.alerts();
  }

  liveness(): LivenessMemory | undefined {
    return this.#documents.liveness();
  }

  mesh(): MeshMemory {
    return { ...this.#documents.mesh(), envelopes: this.#envelopes.all(this.#deps.clock.now()) };
  }

  newestEvents(count: number, whose?: Whose): RowEvent[] {
    return this.#events.newest(count, whose);
  }

  series(query: SeriesQuery): SeriesPoints[] {
    const { open, openOfPeer } = this.#samples;
    const source = { series: this.#series, chunks: this.#chunks, open, openOfPeer };
    return querySeries(source, query, this.#deps.clock.now());
  }

  timeline(query: TimelineQuery): RowEvent[] {
    return this.#events.find(query);
  }

  statusAt(at: number): StatusAt {
    return this.#statuses.find(at);
  }

  incidents(limit: number): Incident[] {
    return this.#scenes.list(limit);
  }

  scene(id: string): Scene | undefined {
    return this.#scenes.find(id);
  }

  clusterEvents(query: EventQuery): SeenEvent[] {
    return this.#clusterEvents.events(query);
  }

  sightings(query: EventQuery): EventSighting[] {
    return this.#clusterEvents.sightings(query);
  }

  counted(from: number, limit: number): CountedEvents {
    return this.#clusterEvents.counted(from, limit);
  }

  maintain(): void {
    const now = this.#deps.clock.now();
    const monotonic = this.#deps.clock.monotonic();
    if (this.#samples.isLong()) this.#transact(() => this.#samples.sumUp(now));
    if (monotonic - this.#agedAt >= AGE_EVERY_MS) {
      this.#agedAt = monotonic;
      this.#transact(() => this.#retention.removeOld(now));
    }
    if (monotonic - this.#cleanedAt >= UNUSED_EVERY_MS) {
      this.#cleanedAt = monotonic;
      this.#transact(() => this.#series.removeUnused(this.#samples.hasOpen));
    }
    this.#transact(() => this.#retention.makeRoom(now));
    this.#retention.shrink();
  }

  fileBytes(): number {
    return this.#retention.fileBytes();
  }

  close(): void {
    this.#connection.close();
  }

  #add(batch: Batch): StoredBatch {
    const { run, number, samples, peerSamples, events, peerEvents, forgotten, envelopes, statuses, documents } = batch;
    const stored = { run, number, firstSequence: this.#events.next() };
    this.#events.append(events);
    this.#events.appendOfPeers(peerEvents ?? []);
    this.#envelopes.forget(forgotten ?? []);
    this.#envelopes.put(envelopes ?? []);
    if (statuses !== undefined) {
      if (this.#aliveUntil !== undefined) this.#statuses.extend(this.#aliveUntil);
      this.#aliveUntil = undefined;
      this.#statuses.put(statuses);
    }
    this.#scenes.put(batch.scenes ?? []);
    this.#clusterEvents.put(batch.sightings ?? []);
    this.#documents.save(documents, this.#deps.clock.now());
    this.#samples.write(stored, { ...(samples && { samples }), ...(peerSamples && { peerSamples }) });
    return stored;
  }

  /** What a transaction did in memory is undone together with what it did in the database. */
  #transact<T>(action: () => T): T {
    try {
      return this.#connection.transaction(action)();
    } catch (error) {
      this.#reload();
      throw error;
    }
  }

  #reload(): void {
    try {
      this.#samples.reload();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.#deps.note('the newest samples of an earlier run are damaged and were dropped');
      this.#tail.clear();
      this.#samples.reload();
    }
  }
}
