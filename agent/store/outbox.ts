/** What goes to the store process: one batch at a time until it is stored, the latest documents, the status files. */
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { LoggedEvent } from './event-memory.ts';
import type { Trouble } from './faults.ts';
import type { Batch, Documents, StoredBatch, ToProcess } from './messages.ts';
import type { Queue } from './queue.ts';
import type { Waits } from './waits.ts';

export interface Outbox {
  save(documents: Documents): void;
  publish(files: StatusFiles): void;
  /** Sends what is due; no batch before {@link Outbox.opened}. */
  send(): void;
  /** The process has opened a database. Returns the events of a batch that turns out to be stored. */
  opened(last: StoredBatch | undefined): readonly LoggedEvent[];
  /** A batch is stored. Returns its events. */
  stored(batch: StoredBatch): readonly LoggedEvent[];
  /** A batch was not stored; it is sent again after a while. */
  troubled(trouble: Trouble): void;
  published(error: string | undefined): void;
  /** The process is gone. */
  died(): void;
  /** Sends again what is in trouble, whenever that was. */
  hurry(): void;
  /** True when all that was given is written, or could not be for now where only status files are left. */
  isDone(): boolean;
}

export interface StatusFiles {
  readonly text: string;
  readonly json: string;
}

/** A full or read-only disk is tried again after so long. */
const RETRY_MS = 10_000;
/**
 * Samples alone wait for so long: each batch writes a page of 4 KiB at least, and once a second that is most of what the
 * agent writes.
 */
const SAMPLES_WAIT_MS = 10_000;
/** A batch that meets a defect, or kills the process, so many times is given up. */
const MAX_TRIES = 3;

export interface OutboxDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly queue: Queue;
  readonly waits: Waits;
  readonly send: (message: ToProcess) => void;
}

export const createOutbox = (deps: OutboxDeps): Outbox => new StoreOutbox(deps);

class StoreOutbox implements Outbox {
  readonly #deps: OutboxDeps;
  /** The process has a database. */
  #isOpen = false;
  /** The process knows the directory. */
  #isReady = false;
  #latest: Documents = {};
  #files: StatusFiles | undefined;
  #filesInFlight: StatusFiles | undefined;
  #filesRetryAt = 0;
  #batchRetryAt = 0;
  #takenAt = -Infinity;
  #isHurried = false;
  #tries = 0;

  constructor(deps: OutboxDeps) {
    this.#deps = deps;
  }

  save(documents: Documents): void {
    this.#latest = { ...this.#latest, ...documents };
    this.#deps.queue.setDocuments(documents);
  }

  publish(files: StatusFiles): void {
    this.#files = files;
  }

  send(): void {
    this.#sendFiles();
    const { queue, waits, clock } = this.#deps;
    if (waits.has('batch') || clock.monotonic() < this.#batchRetryAt) return;
    const batch = queue.inFlight() ?? (this.#isOpen ? this.#take() : undefined);
    if (batch === undefined) return;
    waits.begin('batch');
    this.#deps.send({ kind: 'batch', batch });
  }

  opened(last: StoredBatch | undefined): readonly LoggedEvent[] {
    const { queue, waits } = this.#deps;
    this.#isOpen = true;
    this.#isReady = true;
    this.#batchRetryAt = 0;
    waits.end('batch');
    // The database may be a new one that holds none of them.
    queue.setDocuments(this.#latest);
    // Where peers' events are the process says only to who sends them: the batch goes once more and is not written.
    if (last === undefined || queue.inFlight()?.peerEvents !== undefined) return [];
    return this.#settle(last);
  }

  stored(batch: StoredBatch): readonly LoggedEvent[] {
    this.#deps.waits.end('batch');
    return this.#settle(batch);
  }

  troubled(trouble: Trouble): void {
    const { waits, clock } = this.#deps;
    waits.end('batch');
    this.#isReady = true;
    this.#batchRetryAt = clock.monotonic() + RETRY_MS;
    if (trouble.defect) this.#countFailure();
  }

  published(error: string | undefined): void {
    const { clock, log, waits } = this.#deps;
    waits.end('publish');
    if (error !== undefined) {
      log.debug({ error }, 'the status files could not be written');
      this.#files ??= this.#filesInFlight;
      this.#filesRetryAt = clock.monotonic() + RETRY_MS;
    }
    this.#filesInFlight = undefined;
  }

  died(): void {
    this.#isOpen = false;
    this.#isReady = false;
    if (this.#deps.waits.has('batch')) this.#countFailure();
    this.#files ??= this.#filesInFlight;
    this.#filesInFlight = undefined;
  }

  hurry(): void {
    this.#batchRetryAt = 0;
    this.#filesRetryAt = 0;
    this.#isHurried = true;
  }

  isDone(): boolean {
    const isWaitingForFiles = this.#files !== undefined && this.#deps.clock.monotonic() >= this.#filesRetryAt;
    return this.#deps.queue.isEmpty() && this.#filesInFlight === undefined && !isWaitingForFiles;
  }

  #take(): Batch | undefined {
    const { queue, clock } = this.#deps;
    const now = clock.monotonic();
    const isDue = this.#isHurried || queue.isUrgent() || queue.isLong() || now - this.#takenAt >= SAMPLES_WAIT_MS;
    const batch = isDue ? queue.take() : undefined;
    if (batch !== undefined) this.#takenAt = now;
    return batch;
  }

  #sendFiles(): void {
    const { clock, waits, send } = this.#deps;
    if (this.#files === undefined || !this.#isReady || waits.has('publish')) return;
    if (clock.monotonic() < this.#filesRetryAt) return;
    this.#filesInFlight = this.#files;
    this.#files = undefined;
    waits.begin('publish');
    send({ kind: 'publish', ...this.#filesInFlight });
  }

  #settle(stored: StoredBatch): readonly LoggedEvent[] {
    const flight = this.#deps.queue.inFlight();
    if (flight?.run !== stored.run || stored.number !== flight.number) return [];
    this.#tries = 0;
    return this.#deps.queue.settle(stored);
  }

  #countFailure(): void {
    const { log, queue } = this.#deps;
    this.#tries += 1;
    if (this.#tries < MAX_TRIES) return;
    this.#tries = 0;
    log.error({ batch: queue.inFlight()?.number }, 'a batch was given up because the store fails on it');
    queue.drop();
  }
}
