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

export function createQueue(run: string): Queue {
  let samples: Sample[] = [];
  let events: LoggedEvent[] = [];
  let documents: Documents = {};
  let flight: { readonly batch: Batch; readonly events: readonly LoggedEvent[] } | undefined;
  let number = 0;
  let droppedSamples = 0;
  let droppedEvents = 0;

  const samplesInFlight = (): number => flight?.batch.samples?.series.length ?? 0;
  const nothingWaits = (): boolean =>
    samples.length === 0 && events.length === 0 && Object.keys(documents).length === 0;

  return {
    addSamples(more) {
      for (const sample of more) if (isMeasured(sample)) samples.push(sample);
      const excess = samples.length - MAX_SAMPLES;
      if (excess <= 0) return;
      samples = samples.slice(excess);
      droppedSamples += excess;
    },
    addEvents(more) {
      events.push(...more);
      const excess = events.length - MAX_EVENTS;
      if (excess <= 0) return;
      events = events.slice(excess);
      droppedEvents += excess;
    },
    setDocuments(more) {
      documents = { ...documents, ...more };
    },
    inFlight: () => flight?.batch,
    take() {
      if (flight !== undefined || nothingWaits()) return undefined;
      number += 1;
      const taken = events.splice(0, EVENTS_A_BATCH);
      const columns = samples.length === 0 ? undefined : toColumns(samples.splice(0, SAMPLES_A_BATCH));
      const batch = {
        run,
        number,
        events: taken.map(({ event }) => event),
        documents,
        ...(columns !== undefined && { samples: columns }),
      };
      documents = {};
      flight = { batch, events: taken };
      return batch;
    },
    settle(firstSequence) {
      const stored = flight?.events ?? [];
      for (const [index, event] of stored.entries()) event.sequence = firstSequence + index;
      flight = undefined;
      return stored;
    },
    drop() {
      droppedSamples += samplesInFlight();
      droppedEvents += flight?.events.length ?? 0;
      documents = { ...flight?.batch.documents, ...documents };
      flight = undefined;
    },
    pendingEvents: () => [...(flight?.events ?? []), ...events],
    isEmpty: () => flight === undefined && nothingWaits(),
    isLong: () => samples.length >= SAMPLES_A_BATCH || events.length >= EVENTS_A_BATCH,
    counts: () => ({
      queuedSamples: samples.length + samplesInFlight(),
      droppedSamples,
      queuedEvents: events.length + (flight?.events.length ?? 0),
      droppedEvents,
    }),
  };
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
