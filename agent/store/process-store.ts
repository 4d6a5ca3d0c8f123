/**
 * The agent's side of its store, as a state machine. Everything that touches the data directory happens in the store
 * process; here is what must go on when that hangs or dies: a bounded queue, the newest events, the last word on the
 * store's health. Nothing here throws or waits for the disk.
 */
import { randomUUID } from 'node:crypto';
import type { DiskSamples } from '../../checks/types.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { EventQuery, EventSighting, SeenEvent } from '../model/cluster-event.ts';
import type { Sample, SeriesPoints, SeriesQuery, StoreAnswer, TimelineQuery } from '../model/history.ts';
import type { LivenessMemory } from '../model/liveness.ts';
import type { MeshChanges, MeshMemory } from '../model/mesh-memory.ts';
import type { StatusAt, StatusChange } from '../model/past-status.ts';
import type { CheckResult } from '../model/report.ts';
import type { Incident, Scene } from '../model/scene.ts';
import type { StoreHealth } from '../model/store-health.ts';
import type { PeerTimelineEvent, StoredEvent, TimelineEvent } from '../model/timeline.ts';
import type { CountedEvents } from './cluster-event-table.ts';
import type { Trust } from './database.ts';
import { type DiskWatch, createDiskWatch } from './disk-watch.ts';
import { type EventFeed, createEventFeed } from './event-feed.ts';
import type { LoggedEvent } from './event-memory.ts';
import type { Trouble } from './faults.ts';
import { type HistoryReader, createHistoryReader } from './history-reader.ts';
import { type Handover, createHandover } from './handover.ts';
import { type Condition, type HealthRecord, createHealthRecord } from './health.ts';
import { toKept } from './kept-scene.ts';
import { type Link, type StoreCommand, processOf } from './link.ts';
import { type MarkFile, createMarkFile } from './mark.ts';
import type { FromProcess, ProcessOptions, Seen } from './messages.ts';
import { type Outbox, createOutbox } from './outbox.ts';
import { type PendingQueries, createPendingQueries } from './pending-queries.ts';
import type { Store, StoreDeps, StoreMemory } from './port.ts';
import { createQueue } from './queue.ts';
import { type SilenceWatch, TICK_MS, createSilenceWatch } from './silence-watch.ts';
import { type Waits, createWaits } from './waits.ts';

export interface ProcessStoreOptions {
  readonly process: ProcessOptions;
  readonly command: StoreCommand;
}

export const createProcessStore = (options: ProcessStoreOptions, deps: Required<StoreDeps>): Store =>
  new ProcessStore(options, deps);

const OPEN_WITHIN_MS = 3000;
/**
 * The mesh waits as long as for its identity: without what it knew an agent whose seeds are gone finds nobody, until it
 * is started again. A machine that starts has no time, and all its disk is read at once.
 */
const MESH_WITHIN_MS = 15_000;
const RETRY_OPEN_MS = 10_000;
const MANY_DEATHS = 3;
const OK: Condition = { state: 'ok', message: '' };

class ProcessStore implements Store {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #options: ProcessOptions;
  readonly #link: Link;
  readonly #mark: MarkFile;
  readonly #queue = createQueue(randomUUID());
  readonly #waits: Waits;
  readonly #outbox: Outbox;
  readonly #feed: EventFeed;
  readonly #queries: PendingQueries;
  readonly #reader: HistoryReader;
  readonly #disk: DiskWatch;
  readonly #health: HealthRecord;
  readonly #watch: SilenceWatch;
  readonly #handover: Handover = createHandover();
  #seen: Seen | undefined;
  #liveness: LivenessMemory | undefined;
  #alerts: object | undefined;
  #retryOpenAt: number | undefined;
  #goWithoutMeshAt = Infinity;
  #stopTicks = (): void => {};
  #closing: PromiseWithResolvers<'flushed' | 'abandoned'> | undefined;
  #isEnding = false;

  constructor({ process, command }: ProcessStoreOptions, { clock, log, createLink: startLink }: Required<StoreDeps>) {
    const { directory } = process;
    this.#clock = clock;
    this.#log = log;
    this.#options = process;
    this.#mark = createMarkFile(randomUUID());
    this.#waits = createWaits(() => clock.monotonic());
    this.#feed = createEventFeed(clock, log);
    this.#queries = createPendingQueries(clock);
    this.#health = createHealthRecord(directory, clock, () => this.#queue.counts());
    this.#link = startLink(
      command,
      { clock, log, markFile: this.#mark.file },
      {
        onStart: (trust) => this.#sendOpen(trust),
        onMessage: (message) => this.#onMessage(message),
        onDeath: (how, again) => this.#onDeath(how, again),
      },
    );
    const { send } = this.#link;
    this.#outbox = createOutbox({ clock, log, queue: this.#queue, waits: this.#waits, send });
    const health = (): StoreHealth => this.health();
    this.#reader = createHistoryReader({
      memory: this.#feed.memory,
      pendingSightings: () => this.#queue.pendingSightings(),
      queries: this.#queries,
      send,
      health,
    });
    this.#disk = createDiskWatch(directory, { waits: this.#waits, link: this.#link });
    this.#watch = createSilenceWatch(directory, {
      clock,
      log,
      waits: this.#waits,
      health: this.#health,
      process: () => processOf(this.#link),
      silent: (message) => this.#queries.giveUp(message),
      kill: () => this.#link.kill(),
    });
  }

  async open(): Promise<StoreMemory | undefined> {
    this.#watch.tick();
    this.#stopTicks = this.#clock.every(TICK_MS, () => this.#tick());
    const cancel = this.#clock.after(OPEN_WITHIN_MS, () => this.#handover.goWithout());
    this.#goWithoutMeshAt = this.#clock.monotonic() + MESH_WITHIN_MS;
    this.#link.start();
    const memory = await this.#handover.memory;
    cancel();
    return memory;
  }

  takeMesh(): Promise<MeshMemory | undefined> {
    return this.#handover.takeMesh();
  }

  takeAlerts(): Promise<unknown> {
    return this.#handover.alerts;
  }

  record(samples: readonly Sample[]): void {
    this.#queue.addSamples(samples);
  }

  recordOfPeers(samples: readonly Sample[]): void {
    this.#queue.addPeerSamples(samples);
  }

  append(events: readonly TimelineEvent[]): void {
    this.#queue.addEvents(this.#feed.append(events));
    this.#announceWhileAway();
  }

  appendOfPeers(events: readonly PeerTimelineEvent[]): void {
    this.#queue.addPeerEvents(this.#feed.appendOfPeers(events));
    this.#announceWhileAway();
  }

  saveMesh({ envelopes, forgotten, addresses, members }: MeshChanges): void {
    if (forgotten !== undefined) this.#queue.forgetEnvelopes(forgotten);
    this.#queue.addEnvelopes(envelopes);
    this.#outbox.save({ ...(addresses !== undefined && { addresses }), ...(members !== undefined && { members }) });
  }

  saveStatuses(changes: readonly StatusChange[]): void {
    this.#queue.addStatuses(changes);
  }

  saveScene(scene: Scene): void {
    this.#queue.addScene(toKept(scene));
    this.#flush(true);
  }

  saveSightings(sightings: readonly EventSighting[]): void {
    this.#queue.addSightings(sightings);
  }

  sightingsLostUntil(): number | undefined {
    return this.#queue.sightingsLostUntil();
  }

  saveResults(results: readonly CheckResult[]): void {
    this.#outbox.save({ results });
  }

  saveSeen(seen: Seen): void {
    this.#seen = seen;
    this.#outbox.save({ seen: this.#handover.complete(seen) });
  }

  saveAlerts(alerts: object): void {
    this.#alerts = alerts;
    if (this.#handover.isGiven()) this.#outbox.save({ alerts });
  }

  onLateAlerts(listener: (memory: unknown) => void): void {
    this.#handover.onLateAlerts(listener);
  }

  saveLiveness(memory: LivenessMemory): void {
    this.#liveness = memory;
    if (this.#handover.isGiven()) this.#outbox.save({ liveness: memory });
  }

  onLateLiveness(listener: (memory: LivenessMemory) => void): void {
    this.#handover.onLateLiveness(listener);
  }

  onLateSeen(listener: (seen: Seen) => void): void {
    this.#handover.onLateSeen(listener);
  }

  publish(files: { readonly text: string; readonly json: string }): void {
    this.#outbox.publish(files);
  }

  mark(check: string | undefined): void {
    this.#mark.mark(check);
  }

  health(): StoreHealth {
    return this.#health.read();
  }

  disk(): DiskSamples {
    this.#watch.forgiveAbsence();
    return this.#disk.read();
  }

  onHealth(listener: (health: StoreHealth) => void): () => void {
    return this.#health.listen(listener);
  }

  onStored(listener: (events: readonly StoredEvent[]) => void): () => void {
    return this.#feed.listen(listener);
  }

  series(query: SeriesQuery): Promise<StoreAnswer<readonly SeriesPoints[]>> {
    return this.#reader.series(query);
  }

  timeline(query: TimelineQuery): Promise<StoreAnswer<readonly StoredEvent[]>> {
    return this.#reader.timeline(query);
  }

  statusAt(at: number): Promise<StoreAnswer<StatusAt>> {
    return this.#reader.statusAt(at);
  }

  incidents(limit: number): Promise<StoreAnswer<readonly Incident[]>> {
    return this.#reader.incidents(limit);
  }

  scene(id: string): Promise<StoreAnswer<readonly Scene[]>> {
    return this.#reader.scene(id);
  }

  clusterEvents(query: EventQuery): Promise<StoreAnswer<readonly SeenEvent[]>> {
    return this.#reader.clusterEvents(query);
  }

  sightings(query: EventQuery): Promise<StoreAnswer<readonly EventSighting[]>> {
    return this.#reader.sightings(query);
  }

  countedEvents(from: number, limit: number): Promise<StoreAnswer<CountedEvents>> {
    return this.#reader.countedEvents(from, limit);
  }

  close(timeoutMs: number): Promise<'flushed' | 'abandoned'> {
    if (this.#closing !== undefined) return this.#closing.promise;
    this.#closing = Promise.withResolvers();
    const cancel = this.#clock.after(timeoutMs, () => this.#finish('abandoned'));
    void this.#closing.promise.then(cancel);
    this.#outbox.hurry();
    this.#flush();
    return this.#closing.promise;
  }

  #sendOpen(trust: Trust): void {
    this.#waits.begin('open');
    this.#retryOpenAt = undefined;
    this.#link.send({ kind: 'open', options: this.#options, trust, mesh: this.#handover.isMeshAwaited() });
  }

  #onMessage(message: FromProcess): void {
    switch (message.kind) {
      case 'blocked':
        return this.#handover.setBlocked(message.blocked);
      case 'opened':
        return this.#onOpened(message);
      case 'stored':
        this.#health.setSize(message.sizeBytes);
        return this.#onStored(this.#outbox.stored(message));
      case 'trouble':
        return this.#onTrouble(message.trouble);
      case 'answer':
        return this.#queries.settle(message);
      case 'probed':
        this.#disk.probed(message);
        return this.#watch.review();
      case 'published':
        this.#outbox.published(message.error);
        return this.#flush();
      case 'note':
        this.#log.warn({ note: message.message }, 'the store has something to say');
    }
  }

  #onOpened(message: Extract<FromProcess, { kind: 'opened' }>): void {
    const { events, allEvents, peerEvents, allPeerEvents, lastBatch, setAside, sizeBytes } = message;
    this.#waits.end('open');
    this.#retryOpenAt = undefined;
    this.#link.opened();
    this.#health.setSize(sizeBytes);
    if (setAside !== undefined) this.#health.setAside(setAside);
    this.#feed.load({ events, all: allEvents }, { events: peerEvents, all: allPeerEvents });
    // What comes late is taken up by the agent, which then saves both.
    const isLate = !this.#handover.isGiven() && message.liveness !== undefined;
    const areAlertsLate = !this.#handover.isGiven() && message.alerts !== undefined;
    this.#handover.give(message);
    // What was saved before anything was read may lack what is known now.
    if (this.#seen !== undefined) this.saveSeen(this.#seen);
    if (this.#liveness !== undefined && !isLate) this.saveLiveness(this.#liveness);
    if (this.#alerts !== undefined && !areAlertsLate) this.saveAlerts(this.#alerts);
    const settled = this.#outbox.opened(lastBatch);
    // A batch that is still to be written proves whether the disk takes writes again.
    if (this.#queue.inFlight() === undefined) this.#onStored(settled);
    else this.#flush(true);
  }

  #onStored(events: readonly LoggedEvent[]): void {
    this.#watch.heard(OK);
    this.#watch.review();
    this.#feed.announce(events);
    this.#flush(this.#queue.isLong());
  }

  #onTrouble(trouble: Trouble): void {
    const isOpening = this.#waits.has('open');
    this.#waits.end('open');
    this.#outbox.troubled(trouble);
    this.#watch.heard(trouble);
    if (isOpening) this.#retryOpenAt = this.#clock.monotonic() + RETRY_OPEN_MS;
    this.#watch.review();
    this.#handover.goWithout();
    // Another process may still hold the database, one that ends; a disk that is full stays so.
    if (trouble.state !== 'failed') this.#handover.goWithoutMesh();
    if (this.#closing !== undefined) this.#finish('abandoned');
  }

  #onDeath(how: string, again: number): void {
    this.#log.error({ how, again }, 'the store process ended; it is started again');
    this.#outbox.died();
    this.#waits.clear();
    this.#retryOpenAt = undefined;
    const message = `the store's process ended (${how}) and is started again`;
    this.#watch.heard({ state: again >= MANY_DEATHS ? 'failed' : 'opening', message });
    this.#queries.giveUp(message);
    this.#watch.review();
  }

  #tick(): void {
    this.#watch.tick();
    this.#disk.tick();
    if (this.#retryOpenAt !== undefined && this.#clock.monotonic() >= this.#retryOpenAt) this.#sendOpen('usual');
    if (this.#clock.monotonic() >= this.#goWithoutMeshAt) this.#handover.goWithoutMesh();
    this.#flush(true);
    this.#feed.announceLate(this.#queue.pendingEvents());
    this.#watch.review();
  }

  /** Those that still hoped for their sequence go first, so that the order stays. */
  #announceWhileAway(): void {
    if (this.#health.state() !== 'ok') this.#feed.announce(this.#queue.pendingEvents());
  }

  /** Sends what is due: once a second, samples alone less often; at once while much waits or the store is being closed. */
  #flush(isDue = false): void {
    if (isDue || this.#closing !== undefined) this.#outbox.send();
    if (this.#closing === undefined || this.#isEnding || !this.#outbox.isDone()) return;
    this.#isEnding = true;
    void this.#link.end().then(() => this.#finish('flushed'));
    this.#link.send({ kind: 'close' });
  }

  #finish(result: 'flushed' | 'abandoned'): void {
    this.#stopTicks();
    this.#handover.goWithoutMesh();
    this.#queries.giveUp('the agent is ending');
    this.#link.release();
    this.#mark.close();
    this.#closing?.resolve(result);
  }
}
