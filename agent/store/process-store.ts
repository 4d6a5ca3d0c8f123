/**
 * The agent's side of its store, as a state machine. Everything that touches the data directory happens in the store process; here is what
 * must go on when that hangs or dies: a bounded queue, the newest events, the last word on the store's health. Nothing
 * here throws or waits for the disk.
 */
import { randomUUID } from 'node:crypto';
import type { DiskSamples } from '../../checks/types.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { Sample, SeriesPoints, SeriesQuery, StoreAnswer, TimelineQuery } from '../model/history.ts';
import type { CheckResult } from '../model/report.ts';
import type { StoreHealth } from '../model/store-health.ts';
import type { StoredEvent, TimelineEvent } from '../model/timeline.ts';
import type { Trust } from './database.ts';
import { type DiskRecord, createDiskRecord, explainSilence } from './disk-record.ts';
import { type EventFeed, createEventFeed } from './event-feed.ts';
import { type LoggedEvent, toStored } from './event-memory.ts';
import type { Trouble } from './faults.ts';
import { type Condition, type HealthRecord, createHealthRecord } from './health.ts';
import type { Link, StoreCommand } from './link.ts';
import { type MarkFile, createMarkFile } from './mark.ts';
import type { Blocked, FromProcess, ProcessOptions, Seen } from './messages.ts';
import { type Outbox, createOutbox } from './outbox.ts';
import { type PendingQueries, createPendingQueries, unavailable } from './pending-queries.ts';
import { isStopped, readProcessState } from './process-state.ts';
import type { Store, StoreDeps, StoreMemory } from './port.ts';
import { createQueue } from './queue.ts';
import { type Waits, createWaits } from './waits.ts';

export interface ProcessStoreOptions {
  readonly process: ProcessOptions;
  readonly command: StoreCommand;
}

export const createProcessStore = (options: ProcessStoreOptions, deps: Required<StoreDeps>): Store =>
  new ProcessStore(options, deps);

const TICK_MS = 1000;
/** A tick that comes this much too late means that the agent itself was away. */
const LATE_MS = 500;
const OPEN_WITHIN_MS = 3000;
const PROBE_TICKS = 5;
const STALLED_AFTER_MS = 5000;
/** A process that only waits for its turn on a busy machine is given longer: its disk may be fine. */
const STARVED_AFTER_MS = 20_000;
/** A process that neither waits for a device nor is stopped, and still says nothing for so long, hangs by itself. */
const HANGS_AFTER_MS = 60_000;
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
  readonly #disk: DiskRecord;
  readonly #health: HealthRecord;
  readonly #healthListeners = new Set<(health: StoreHealth) => void>();
  readonly #opening = Promise.withResolvers<StoreMemory | undefined>();
  /** What the process said last of the database. */
  #said: Condition = { state: 'opening', message: 'the database is being opened' };
  #retryOpenAt: number | undefined;
  #blocked: Blocked | undefined;
  /** Whether the agent was given what earlier runs left, or had to start without. */
  #memory: 'awaited' | 'given' | 'late' = 'awaited';
  #seen: Seen | undefined;
  /** What earlier runs had seen, where it came too late to be given to the agent at its start. */
  #seenBefore: Seen = {};
  #tellSeen: (seen: Seen) => void = () => {};
  #ticks = 0;
  #tickedAt = 0;
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
    this.#disk = createDiskRecord(directory);
    this.#health = createHealthRecord(directory, clock, () => this.#tellHealth());
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
  }

  async open(): Promise<StoreMemory | undefined> {
    this.#tickedAt = this.#clock.monotonic();
    this.#stopTicks = this.#clock.every(TICK_MS, () => this.#tick());
    const cancel = this.#clock.after(OPEN_WITHIN_MS, () => this.#startWithoutMemory());
    this.#link.start();
    const memory = await this.#opening.promise;
    cancel();
    return memory;
  }

  record(samples: readonly Sample[]): void {
    this.#queue.addSamples(samples);
  }

  append(events: readonly TimelineEvent[]): void {
    this.#queue.addEvents(this.#feed.append(events));
    // Those that still hoped for their sequence go first, so that the order stays.
    if (this.#health.state() !== 'ok') this.#feed.announce(this.#queue.pendingEvents());
  }

  saveResults(results: readonly CheckResult[]): void {
    this.#outbox.save({ results });
  }

  saveSeen(seen: Seen): void {
    this.#seen = seen;
    this.#outbox.save({ seen: { ...this.#seenBefore, ...seen } });
  }

  onLateSeen(listener: (seen: Seen) => void): void {
    this.#tellSeen = listener;
  }

  publish(files: { readonly text: string; readonly json: string }): void {
    this.#outbox.publish(files);
  }

  mark(check: string | undefined): void {
    this.#mark.mark(check);
  }

  health(): StoreHealth {
    return this.#health.read(this.#queue.counts());
  }

  disk(): DiskSamples {
    this.#forgiveAbsence();
    return this.#disk.read(this.#waits.longestMs(), () => this.#processState());
  }

  onHealth(listener: (health: StoreHealth) => void): () => void {
    this.#healthListeners.add(listener);
    return () => this.#healthListeners.delete(listener);
  }

  onStored(listener: (events: readonly StoredEvent[]) => void): () => void {
    return this.#feed.listen(listener);
  }

  series(query: SeriesQuery): Promise<StoreAnswer<readonly SeriesPoints[]>> {
    const silence = this.#silence();
    if (silence !== undefined) return Promise.resolve(unavailable(silence));
    return this.#queries.ask(
      (id) => this.#link.send({ kind: 'series', id, query }),
      (answer) => ('series' in answer ? answer.series : undefined),
    );
  }

  async timeline(query: TimelineQuery): Promise<StoreAnswer<readonly StoredEvent[]>> {
    const { whole, events } = this.#feed.memory.find(query);
    if (whole) return { kind: 'answer', value: events.map(toStored) };
    const silence = this.#silence();
    if (silence !== undefined) return unavailable(silence);
    const answer = await this.#queries.ask(
      (id) => this.#link.send({ kind: 'timeline', id, query }),
      (given) => ('events' in given ? given.events : undefined),
    );
    if (answer.kind === 'unavailable') return answer;
    const unstored = this.#feed.memory.find(query).events.filter(({ sequence }) => sequence === undefined);
    const merged = [...unstored.map(toStored), ...answer.value].sort((a, b) => b.at - a.at);
    return { kind: 'answer', value: merged.slice(0, query.limit) };
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
    this.#link.send({ kind: 'open', options: this.#options, trust });
  }

  #onMessage(message: FromProcess): void {
    switch (message.kind) {
      case 'blocked':
        this.#blocked = message.blocked;
        return;
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
        this.#waits.end('probe');
        if ('error' in message) this.#disk.fail(message.error);
        else this.#disk.add(message.at, message.durationMs);
        return this.#review();
      case 'published':
        this.#outbox.published(message.error);
        return this.#flush();
      case 'note':
        this.#log.warn({ note: message.message }, 'the store has something to say');
    }
  }

  #onOpened(message: Extract<FromProcess, { kind: 'opened' }>): void {
    const { results, seen, events, allEvents, lastBatch, setAside, sizeBytes } = message;
    this.#waits.end('open');
    this.#retryOpenAt = undefined;
    this.#link.opened();
    this.#health.setSize(sizeBytes);
    if (setAside !== undefined) this.#health.setAside(setAside);
    this.#feed.memory.load(events, allEvents);
    this.#giveMemory(results, seen);
    const settled = this.#outbox.opened(lastBatch);
    // A batch that is still to be written proves whether the disk takes writes again.
    if (this.#queue.inFlight() === undefined) this.#onStored(settled);
    else this.#flush(true);
  }

  #onStored(events: readonly LoggedEvent[]): void {
    this.#said = OK;
    this.#review();
    this.#feed.announce(events);
    this.#flush(this.#queue.isLong());
  }

  #onTrouble(trouble: Trouble): void {
    const isOpening = this.#waits.has('open');
    this.#waits.end('open');
    this.#outbox.troubled(trouble);
    this.#said = trouble;
    if (isOpening) this.#retryOpenAt = this.#clock.monotonic() + RETRY_OPEN_MS;
    this.#review();
    this.#startWithoutMemory();
    if (this.#closing !== undefined) this.#finish('abandoned');
  }

  #onDeath(how: string, again: number): void {
    this.#log.error({ how, again }, 'the store process ended; it is started again');
    this.#outbox.died();
    this.#waits.clear();
    this.#retryOpenAt = undefined;
    const message = `the store's process ended (${how}) and is started again`;
    this.#said = { state: again >= MANY_DEATHS ? 'failed' : 'opening', message };
    this.#queries.giveUp(message);
    this.#review();
  }

  #tick(): void {
    this.#forgiveAbsence();
    const now = this.#clock.monotonic();
    this.#tickedAt = now;
    this.#beat();
    if (this.#retryOpenAt !== undefined && now >= this.#retryOpenAt) this.#sendOpen('usual');
    this.#flush(true);
    this.#feed.announceLate(this.#queue.pendingEvents());
    this.#review();
    this.#endHanging();
  }

  /** While the agent itself was away it could hear nobody: that time is no silence of the process. */
  #forgiveAbsence(): void {
    const lateMs = this.#clock.monotonic() - this.#tickedAt - TICK_MS;
    if (lateMs <= LATE_MS) return;
    this.#waits.forgive(lateMs);
    this.#tickedAt += lateMs;
  }

  #beat(): void {
    this.#ticks += 1;
    const probe = this.#ticks % PROBE_TICKS === 1 && !this.#waits.has('probe') && !this.#waits.has('open');
    if (this.#link.beat(probe) && probe) this.#waits.begin('probe');
  }

  /** Sends what is due: once a second, or at once while much waits or the store is being closed. */
  #flush(isDue = false): void {
    if (isDue || this.#closing !== undefined) this.#outbox.send();
    if (this.#closing === undefined || this.#isEnding || !this.#outbox.isDone()) return;
    this.#isEnding = true;
    void this.#link.end().then(() => this.#finish('flushed'));
    this.#link.send({ kind: 'close' });
  }

  /** The one place where the state is decided: silence outweighs what was said before it. */
  #review(): void {
    this.#forgiveAbsence();
    const silentMs = this.#waits.longestMs();
    if (silentMs < STALLED_AFTER_MS) {
      if (this.#health.set(this.#said)) this.#sayState();
      return;
    }
    if (this.#health.state() === 'stalled') return;
    const process = this.#processState();
    if (process?.state === 'R' && silentMs < STARVED_AFTER_MS) return;
    const reason = explainSilence(process);
    const message = `a write to ${this.#options.directory} was not acknowledged for 5 s: ${reason}`;
    // A process that is stopped or gets no CPU says nothing about the disk.
    const state = isStopped(process) || process?.state === 'R' ? 'failed' : 'stalled';
    if (!this.#health.set({ state, message })) return;
    this.#queries.giveUp(message);
    this.#sayState();
  }

  #sayState(): void {
    const { state, message } = this.health();
    if (state === 'ok') this.#log.info({ state }, 'the state of the store changed');
    else this.#log.warn({ state, message }, 'the state of the store changed');
  }

  #tellHealth(): void {
    const health = this.health();
    for (const listener of this.#healthListeners) listener(health);
  }

  /** Why no question can be answered now; undefined when it can. */
  #silence(): string | undefined {
    const { state, message } = this.health();
    return state === 'ok' || state === 'full' || state === 'read-only' ? undefined : message;
  }

  #endHanging(): void {
    if (this.#waits.longestMs() < HANGS_AFTER_MS) return;
    const state = this.#processState()?.state;
    if (state !== 'R' && state !== 'S') return;
    this.#log.error({ state }, 'the store process hangs without waiting for the disk; it is ended');
    this.#link.kill();
  }

  #processState(): ReturnType<typeof readProcessState> {
    const pid = this.#link.pid();
    return pid === undefined ? undefined : readProcessState(pid);
  }

  #giveMemory(results: readonly CheckResult[], seen: Seen): void {
    if (this.#memory === 'late') {
      this.#memory = 'given';
      this.#seenBefore = seen;
      if (this.#seen !== undefined) this.saveSeen(this.#seen);
      this.#tellSeen(seen);
    }
    if (this.#memory !== 'awaited') return;
    this.#memory = 'given';
    this.#opening.resolve({ results, seen, ...(this.#blocked !== undefined && { blocked: this.#blocked }) });
  }

  /** Only that a check blocked the agent is known early. */
  #startWithoutMemory(): void {
    if (this.#memory !== 'awaited') return;
    this.#memory = 'late';
    const blocked = this.#blocked;
    this.#opening.resolve(blocked === undefined ? undefined : { results: [], seen: undefined, blocked });
  }

  #finish(result: 'flushed' | 'abandoned'): void {
    this.#stopTicks();
    this.#queries.giveUp('the agent is ending');
    this.#link.release();
    this.#mark.close();
    this.#closing?.resolve(result);
  }
}
