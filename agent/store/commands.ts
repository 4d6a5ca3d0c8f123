/** What the store process does for each message of the agent. One after the other: the disk is one. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import type { MeshMemory } from '../model/mesh-memory.ts';
import { readBlocked } from './blocked-file.ts';
import { type Trust, openDatabase } from './database.ts';
import { createDiskProbe } from './disk-probe.ts';
import { faultOf, troubleOf } from './faults.ts';
import { type History, createHistory } from './history.ts';
import type { Batch, FromProcess, ProcessOptions, ToProcess } from './messages.ts';
import type { Limits } from './retention.ts';
import { type SetAside, pruneSetAside, sizeOf } from './set-aside.ts';
import { writeStatusFiles } from './status-files.ts';

export interface Commands {
  handle(message: ToProcess): void;
  /** Closes the database in order; what was not acknowledged by then is not written. */
  close(): void;
  /** Where the data is, once the agent has said it. */
  directory(): string | undefined;
}

export interface CommandsDeps {
  readonly clock: Clock;
  readonly send: (message: FromProcess) => void;
  readonly heard: () => void;
  /** The agent wants the process to end; the database is closed. */
  readonly end: () => void;
}

const DATABASE = 'history.db';
/** So many of the newest events go back to the agent, which answers from them while the disk is away. */
const NEWEST_EVENTS = 500;
const MAX_EVENT_BYTES = 64 * 1024 * 1024;
const MAX_ENVELOPE_BYTES = 16 * 1024 * 1024;
const MAX_STATUS_BYTES = 16 * 1024 * 1024;
const DEFAULT_SCENES = { maxBytes: 64 * 1024 * 1024, days: 7 };
const DEFAULT_CLUSTER_EVENTS = { maxBytes: 32 * 1024 * 1024, days: 7 };
const JOURNAL_RESERVE_BYTES = 8 * 1024 * 1024;
const DAY_MS = 24 * 3_600_000;

export const createCommands = (deps: CommandsDeps): Commands => new StoreCommands(deps);

class StoreCommands implements Commands {
  readonly #deps: CommandsDeps;
  #options: ProcessOptions | undefined;
  #history: History | undefined;
  #setAside: SetAside | undefined;
  #probe: (() => number) | undefined;
  /** Another agent owns the directory: nothing is written there. */
  #isLocked = false;
  #isMeshWanted = false;
  #asideBytes = 0;

  constructor(deps: CommandsDeps) {
    this.#deps = deps;
  }

  directory(): string | undefined {
    return this.#options?.directory;
  }

  handle(message: ToProcess): void {
    switch (message.kind) {
      case 'open':
        this.#isMeshWanted = message.mesh;
        return this.#start(message.options, message.trust);
      case 'batch':
        return this.#write(message.batch);
      case 'series':
        return this.#answer(message.id, (history) => ({ series: history.series(message.query) }));
      case 'timeline':
        return this.#answer(message.id, (history) => ({ events: history.timeline(message.query) }));
      case 'status':
        return this.#answer(message.id, (history) => ({ status: history.statusAt(message.at) }));
      case 'scenes':
        return this.#answer(message.id, (history) => ({ incidents: history.incidents(message.limit) }));
      case 'scene':
        return this.#answer(message.id, (history) => ({ scenes: [history.scene(message.scene) ?? []].flat() }));
      case 'cluster-events':
        return this.#answer(message.id, (history) => ({ clusterEvents: history.clusterEvents(message.query) }));
      case 'sightings':
        return this.#answer(message.id, (history) => ({ sightings: history.sightings(message.query) }));
      case 'counted':
        return this.#answer(message.id, (history) => ({ counted: history.counted(message.from, message.limit) }));
      case 'heartbeat':
        this.#deps.heard();
        if (message.probe) this.#measureDisk();
        return;
      case 'publish':
        return this.#publish(message);
      case 'close':
        this.close();
        this.#deps.end();
    }
  }

  close(): void {
    const history = this.#history;
    this.#history = undefined;
    try {
      history?.close();
    } catch (error) {
      this.#note(`the database could not be closed in order: ${messageOf(error)}`);
    }
  }

  #start(options: ProcessOptions, trust: Trust): void {
    this.#options = options;
    const blocked = readBlocked(options.directory, this.#deps.clock.now());
    if (blocked !== undefined) this.#deps.send({ kind: 'blocked', blocked });
    this.#open(trust);
  }

  #open(trust: Trust): void {
    const { directory } = this.#need();
    const path = join(directory, DATABASE);
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      const opened = openDatabase(path, trust, this.#deps.clock, (connection) => {
        const { clock } = this.#deps;
        return createHistory(connection, this.#limits(path), { clock, note: (message) => this.#note(message) });
      });
      this.#history = opened.value;
      if (opened.setAside !== undefined) this.#setAside = whereItIs(opened.setAside);
      this.#isLocked = false;
      // Said first, so that the disk is known when the agent begins to look.
      this.#measureDisk();
      this.#sayOpened(opened.value);
    } catch (error) {
      this.#isLocked = faultOf(error) === 'locked';
      this.#sayTrouble(error);
    }
  }

  #limits(path: string): Limits {
    const { maxBytes, eventDays, scenes = DEFAULT_SCENES, clusterEvents = DEFAULT_CLUSTER_EVENTS } = this.#need();
    this.#asideBytes = pruneSetAside(path, maxBytes / 2);
    return {
      fileBytes: maxBytes - this.#asideBytes - Math.min(JOURNAL_RESERVE_BYTES, maxBytes / 3),
      eventBytes: Math.min(MAX_EVENT_BYTES, maxBytes / 4),
      eventMs: eventDays * DAY_MS,
      envelopeBytes: Math.min(MAX_ENVELOPE_BYTES, maxBytes / 8),
      statusBytes: Math.min(MAX_STATUS_BYTES, maxBytes / 8),
      sceneBytes: Math.min(scenes.maxBytes, maxBytes / 4),
      sceneMs: scenes.days * DAY_MS,
      clusterEventBytes: Math.min(clusterEvents.maxBytes, maxBytes / 8),
      clusterEventMs: clusterEvents.days * DAY_MS,
    };
  }

  #sayOpened(history: History): void {
    const events = history.newestEvents(NEWEST_EVENTS, 'own');
    const peerEvents = history.newestEvents(NEWEST_EVENTS, 'peers');
    const mesh = this.#isMeshWanted ? this.#readMesh(history) : undefined;
    const [lastBatch, liveness] = [history.lastBatch(), history.liveness()];
    this.#isMeshWanted = false;
    this.#deps.send({
      kind: 'opened',
      results: history.results(),
      seen: history.seen(),
      alerts: history.alerts(),
      ...(liveness !== undefined && { liveness }),
      events,
      allEvents: events.length < NEWEST_EVENTS,
      peerEvents,
      allPeerEvents: peerEvents.length < NEWEST_EVENTS,
      sizeBytes: this.#sizeBytes(history),
      ...(mesh !== undefined && { mesh }),
      ...(lastBatch !== undefined && { lastBatch }),
      ...(this.#setAside !== undefined && { setAside: this.#setAside }),
    });
  }

  /** An agent without it asks its peers: no reason to do without the rest. */
  #readMesh(history: History): MeshMemory | undefined {
    try {
      return history.mesh();
    } catch (error) {
      this.#note(`what the mesh left cannot be read: ${messageOf(error)}`);
      return undefined;
    }
  }

  #write(batch: Batch): void {
    const history = this.#history;
    // The agent sends the batch again when it hears that the database is open.
    if (history === undefined) return this.#open('usual');
    try {
      const stored = history.write(batch);
      this.#deps.send({ kind: 'stored', ...stored, sizeBytes: this.#sizeBytes(history) });
    } catch (error) {
      return this.#fail(error);
    }
    try {
      history.maintain();
    } catch (error) {
      // Whatever else is wrong, the next batch meets it too and says so.
      if (faultOf(error) === 'corrupt') this.#fail(error);
    }
  }

  #answer(
    id: number,
    read: (
      history: History,
    ) =>
      | { series: ReturnType<History['series']> }
      | { events: ReturnType<History['timeline']> }
      | { status: ReturnType<History['statusAt']> }
      | { incidents: ReturnType<History['incidents']> }
      | { scenes: NonNullable<ReturnType<History['scene']>>[] }
      | { clusterEvents: ReturnType<History['clusterEvents']> }
      | { sightings: ReturnType<History['sightings']> }
      | { counted: ReturnType<History['counted']> },
  ): void {
    const history = this.#history;
    if (history === undefined) return this.#deps.send({ kind: 'answer', id, error: 'the database is not open' });
    try {
      this.#deps.send({ kind: 'answer', id, ...read(history) });
    } catch (error) {
      this.#deps.send({ kind: 'answer', id, error: messageOf(error) });
      if (faultOf(error) === 'corrupt') this.#fail(error);
    }
  }

  /** A full or read-only disk can still be read; a damaged database is replaced; anything else is opened anew. */
  #fail(error: unknown): void {
    const fault = faultOf(error);
    if (fault === 'corrupt') {
      this.#note(`the database is damaged: ${messageOf(error)}`);
      this.close();
      return this.#open('replace');
    }
    this.#sayTrouble(error);
    if (fault === 'failed') this.close();
  }

  #sayTrouble(error: unknown): void {
    this.#deps.send({ kind: 'trouble', trouble: troubleOf(error, this.#need().directory) });
  }

  #measureDisk(): void {
    const { clock, send } = this.#deps;
    if (this.#options === undefined || this.#isLocked) {
      return send({ kind: 'probed', error: 'the data directory is not open' });
    }
    this.#probe ??= createDiskProbe(this.#options.directory, clock);
    try {
      const durationMs = this.#probe();
      send({ kind: 'probed', at: clock.now(), durationMs });
    } catch (error) {
      send({ kind: 'probed', error: messageOf(error) });
    }
  }

  #publish(files: { readonly text: string; readonly json: string }): void {
    const { send } = this.#deps;
    if (this.#options === undefined || this.#isLocked) return send({ kind: 'published' });
    try {
      writeStatusFiles(this.#options.directory, files);
      send({ kind: 'published' });
    } catch (error) {
      send({ kind: 'published', error: messageOf(error) });
    }
  }

  #sizeBytes(history: History): number {
    const journal = join(this.#need().directory, `${DATABASE}-wal`);
    return history.fileBytes() + sizeOf(journal) + this.#asideBytes;
  }

  #note(message: string): void {
    this.#deps.send({ kind: 'note', message });
  }

  #need(): ProcessOptions {
    if (this.#options === undefined) throw new Error('the store process was not told where its data is');
    return this.#options;
  }
}

/** What alone would take more than half of the store's bytes is not kept. */
const whereItIs = (setAside: SetAside): SetAside =>
  existsSync(setAside.path) ? setAside : { ...setAside, path: `${setAside.path} (deleted, because it was too large)` };
