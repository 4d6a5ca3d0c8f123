/** What waits for the store process: bounded, and written batch by batch. */
import type { Sample, SeriesKey } from '../model/history.ts';
import type { LoggedEvent } from './event-memory.ts';
import type { Batch, Documents, SampleColumns } from './messages.ts';
import { seriesName } from './series-name.ts';

export interface Queue {
  addSamples(samples: readonly Sample[]): void;
  addEvents(events: readonly LoggedEvent[]): void;
  setDocuments(documents: Documents): void;
  /** The batch that was taken and not settled yet. */
  inFlight(): Batch | undefined;
  /** Makes the next batch when none is in flight and something waits. */
  take(): Batch | undefined;
  /** The batch in flight is stored; returns its events with their sequences. */
  settle(firstSequence: number): readonly LoggedEvent[];
  /** Gives the batch in flight up: the store process fails on it. */
  drop(): void;
  /** Events that are not stored yet, oldest first. */
  pendingEvents(): readonly LoggedEvent[];
  isEmpty(): boolean;
  /** True when more waits than one batch takes. */
  isLong(): boolean;
  counts(): QueueCounts;
}

export interface QueueCounts {
  readonly queuedSamples: number;
  readonly droppedSamples: number;
  readonly queuedEvents: number;
  readonly droppedEvents: number;
}

/** Half an hour of 150 series every 15 s; some 3 MiB while the disk is away. */
const MAX_SAMPLES = 20_000;
/** Events are few and say more than samples: they are kept longer. */
const MAX_EVENTS = 5000;
const SAMPLES_A_BATCH = 5000;
const EVENTS_A_BATCH = 500;
/** Times that Date and the store's format can hold. */
const MAX_TIME = 8.64e15 / 4;

export const createQueue = (run: string): Queue => new BoundedQueue(run);

interface Flight {
  readonly batch: Batch;
  readonly events: readonly LoggedEvent[];
}

class BoundedQueue implements Queue {
  readonly #run: string;
  #samples: Sample[] = [];
  #events: LoggedEvent[] = [];
  #documents: Documents = {};
  #flight: Flight | undefined;
  #number = 0;
  #droppedSamples = 0;
  #droppedEvents = 0;

  constructor(run: string) {
    this.#run = run;
  }

  addSamples(samples: readonly Sample[]): void {
    for (const sample of samples) if (isMeasured(sample)) this.#samples.push(sample);
    const excess = this.#samples.length - MAX_SAMPLES;
    if (excess <= 0) return;
    this.#samples = this.#samples.slice(excess);
    this.#droppedSamples += excess;
  }

  addEvents(events: readonly LoggedEvent[]): void {
    this.#events.push(...events);
    const excess = this.#events.length - MAX_EVENTS;
    if (excess <= 0) return;
    this.#events = this.#events.slice(excess);
    this.#droppedEvents += excess;
  }

  setDocuments(documents: Documents): void {
    this.#documents = { ...this.#documents, ...documents };
  }

  inFlight(): Batch | undefined {
    return this.#flight?.batch;
  }

  take(): Batch | undefined {
    if (this.#flight !== undefined || this.isEmpty()) return undefined;
    this.#number += 1;
    const events = this.#events.splice(0, EVENTS_A_BATCH);
    const samples = this.#samples.splice(0, SAMPLES_A_BATCH);
    const batch = {
      run: this.#run,
      number: this.#number,
      events: events.map(({ event }) => event),
      documents: this.#documents,
      ...(samples.length > 0 && { samples: toColumns(samples) }),
    };
    this.#documents = {};
    this.#flight = { batch, events };
    return batch;
  }

  settle(firstSequence: number): readonly LoggedEvent[] {
    const events = this.#flight?.events ?? [];
    for (const [index, event] of events.entries()) event.sequence = firstSequence + index;
    this.#flight = undefined;
    return events;
  }

  drop(): void {
    this.#droppedSamples += this.#samplesInFlight();
    this.#droppedEvents += this.#flight?.events.length ?? 0;
    this.#documents = { ...this.#flight?.batch.documents, ...this.#documents };
    this.#flight = undefined;
  }

  pendingEvents(): readonly LoggedEvent[] {
    return [...(this.#flight?.events ?? []), ...this.#events];
  }

  isEmpty(): boolean {
    const nothingWaits = this.#samples.length === 0 && this.#events.length === 0;
    return this.#flight === undefined && nothingWaits && Object.keys(this.#documents).length === 0;
  }

  isLong(): boolean {
    return this.#samples.length >= SAMPLES_A_BATCH || this.#events.length >= EVENTS_A_BATCH;
  }

  counts(): QueueCounts {
    return {
      queuedSamples: this.#samples.length + this.#samplesInFlight(),
      droppedSamples: this.#droppedSamples,
      queuedEvents: this.#events.length + (this.#flight?.events.length ?? 0),
      droppedEvents: this.#droppedEvents,
    };
  }

  #samplesInFlight(): number {
    return this.#flight?.batch.samples?.series.length ?? 0;
  }
}

/** A reading that is no number is no measurement; a chart has a gap there. */
const isMeasured = ({ at, value }: Sample): boolean => Number.isFinite(value) && Math.abs(at) < MAX_TIME;

function toColumns(samples: readonly Sample[]): SampleColumns {
  const keys: SeriesKey[] = [];
  const places = new Map<string, number>();
  const placeOf = (key: SeriesKey): number => {
    const name = seriesName(key);
    const known = places.get(name);
    if (known !== undefined) return known;
    places.set(name, keys.length);
    return keys.push(key) - 1;
  };
  return {
    series: Uint32Array.from(samples, ({ key }) => placeOf(key)),
    times: Float64Array.from(samples, ({ at }) => at),
    values: Float64Array.from(samples, ({ value }) => value),
    keys,
  };
}
