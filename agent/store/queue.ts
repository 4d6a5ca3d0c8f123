/** What waits for the store process: bounded, and written batch by batch. */
import type { EventSighting } from '../model/cluster-event.ts';
import type { Sample, SeriesKey } from '../model/history.ts';
import type { KeptEnvelope } from '../model/mesh-memory.ts';
import type { StatusChange } from '../model/past-status.ts';
import { createBoundedList } from './bounded-list.ts';
import { createEnvelopeQueue } from './envelope-queue.ts';
import type { LoggedEvent } from './event-memory.ts';
import type { Batch, Documents, SampleColumns, StoredBatch } from './messages.ts';
import type { KeptScene } from './kept-scene.ts';
import { seriesName } from './series-name.ts';

/** Of what comes from other nodes there is a share of its own, so that no peer pushes anything of this node out. */
export interface Queue {
  addSamples(samples: readonly Sample[]): void;
  addPeerSamples(samples: readonly Sample[]): void;
  addEvents(events: readonly LoggedEvent[]): void;
  addPeerEvents(events: readonly LoggedEvent[]): void;
  addEnvelopes(envelopes: readonly KeptEnvelope[]): void;
  /** What these authors said of themselves goes, waiting or written. Envelopes that are added later stay. */
  forgetEnvelopes(authors: readonly string[]): void;
  addStatuses(changes: readonly StatusChange[]): void;
  addScene(scene: KeptScene): void;
  addSightings(sightings: readonly EventSighting[]): void;
  setDocuments(documents: Documents): void;
  /** The batch that was taken and not settled yet. */
  inFlight(): Batch | undefined;
  /** Makes the next batch when none is in flight and something waits. */
  take(): Batch | undefined;
  /** The batch in flight is stored; returns its events with their sequences. */
  settle(stored: Pick<StoredBatch, 'firstSequence' | 'peerSequences'>): readonly LoggedEvent[];
  /** Gives the batch in flight up: the store process fails on it. */
  drop(): void;
  /** Events that are not stored yet, the own ones first, each kind oldest first. */
  pendingEvents(): readonly LoggedEvent[];
  /** The same of events of the Kubernetes API, oldest first. */
  pendingSightings(): readonly EventSighting[];
  /** Of what was dropped of them, the latest time that one happened, Unix ms; undefined: nothing was. */
  sightingsLostUntil(): number | undefined;
  isEmpty(): boolean;
  /** True when more waits than one batch takes. */
  isLong(): boolean;
  /** True when something else than samples waits. */
  isUrgent(): boolean;
  counts(): QueueCounts;
}

/** Of this node and of others together. */
export interface QueueCounts {
  readonly queuedSamples: number;
  readonly droppedSamples: number;
  readonly queuedEvents: number;
  readonly droppedEvents: number;
}

/** Half an hour of 150 series every 15 s; some 3 MiB while the disk is away. */
const MAX_SAMPLES = 20_000;
/** A minute of 100 nodes: what peers measured is on their own disks, too. */
const MAX_PEER_SAMPLES = 5000;
/** Events are few and say more than samples: they are kept longer. */
const MAX_EVENTS = 5000;
export const MAX_PEER_EVENTS = 2000;
const SAMPLES_A_BATCH = 5000;
const EVENTS_A_BATCH = 500;
/** Some kilobytes each; what a disk that is away for longer misses is a gap. */
const MAX_STATUSES = 200;
/** Up to a quarter of a mebibyte each, and as many as an hour has at most. */
const MAX_SCENES = 30;
/** Most of a MiB each thousand; others keep copies. */
const MAX_SIGHTINGS = 5000;
const SIGHTINGS_A_BATCH = 1000;
/** The store's process reads other messages between batches. */
const SCENES_A_BATCH = 4;
/** Times that Date and the store's format can hold. */
const MAX_TIME = 8.64e15 / 4;

export const createQueue = (run: string): Queue => new BoundedQueue(run);

interface Flight {
  readonly batch: Batch;
  readonly events: readonly LoggedEvent[];
  readonly peerEvents: readonly LoggedEvent[];
}

class BoundedQueue implements Queue {
  readonly #run: string;
  readonly #samples = createBoundedList<Sample>(MAX_SAMPLES);
  readonly #peerSamples = createBoundedList<Sample>(MAX_PEER_SAMPLES);
  readonly #events = createBoundedList<LoggedEvent>(MAX_EVENTS);
  readonly #peerEvents = createBoundedList<LoggedEvent>(MAX_PEER_EVENTS);
  readonly #statuses = createBoundedList<StatusChange>(MAX_STATUSES);
  readonly #scenes = createBoundedList<KeptScene>(MAX_SCENES);
  readonly #sightings = createBoundedList<EventSighting>(MAX_SIGHTINGS);
  readonly #envelopes = createEnvelopeQueue();
  #documents: Documents = {};
  /** Authors; as many as were removed from the cluster since the last batch. */
  readonly #forgotten = new Set<string>();
  #flight: Flight | undefined;
  #number = 0;
  /** With batches that were given up. */
  #lostSamples = 0;
  #lostEvents = 0;
  #lostSightings = 0;
  #sightingsLostUntil: number | undefined;

  constructor(run: string) {
    this.#run = run;
  }

  addSamples(samples: readonly Sample[]): void {
    this.#samples.add(samples.filter(isMeasured));
  }

  addPeerSamples(samples: readonly Sample[]): void {
    this.#peerSamples.add(samples.filter(isMeasured));
  }

  addEvents(events: readonly LoggedEvent[]): void {
    this.#events.add(events);
  }

  addPeerEvents(events: readonly LoggedEvent[]): void {
    this.#peerEvents.add(events);
  }

  addEnvelopes(envelopes: readonly KeptEnvelope[]): void {
    this.#envelopes.add(envelopes);
  }

  forgetEnvelopes(authors: readonly string[]): void {
    this.#envelopes.forget(authors);
    for (const author of authors) this.#forgotten.add(author);
  }

  addStatuses(changes: readonly StatusChange[]): void {
    this.#statuses.add(changes);
  }

  addScene(scene: KeptScene): void {
    this.#scenes.add([scene]);
  }

  addSightings(sightings: readonly EventSighting[]): void {
    this.#loseSightings(this.#sightings.add(sightings));
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
    const events = this.#events.take(EVENTS_A_BATCH);
    const peerEvents = this.#peerEvents.take(EVENTS_A_BATCH);
    const samples = this.#samples.take(SAMPLES_A_BATCH);
    const peerSamples = this.#peerSamples.take(SAMPLES_A_BATCH);
    const envelopes = this.#envelopes.take();
    const statuses = this.#statuses.take(MAX_STATUSES);
    const scenes = this.#scenes.take(SCENES_A_BATCH);
    const sightings = this.#sightings.take(SIGHTINGS_A_BATCH);
    const batch: Batch = {
      run: this.#run,
      number: this.#number,
      events: events.map(({ event }) => event),
      documents: this.#documents,
      ...(samples.length > 0 && { samples: toColumns(samples) }),
      ...(peerSamples.length > 0 && { peerSamples: toColumns(peerSamples) }),
      ...(peerEvents.length > 0 && { peerEvents: peerEvents.map(({ event, origin = '' }) => ({ ...event, origin })) }),
      ...(this.#forgotten.size > 0 && { forgotten: [...this.#forgotten] }),
      ...(envelopes.length > 0 && { envelopes }),
      ...(statuses.length > 0 && { statuses }),
      ...(scenes.length > 0 && { scenes }),
      ...(sightings.length > 0 && { sightings }),
    };
    this.#documents = {};
    this.#forgotten.clear();
    this.#flight = { batch, events, peerEvents };
    return batch;
  }

  settle({ firstSequence, peerSequences = [] }: Pick<StoredBatch, 'firstSequence' | 'peerSequences'>): LoggedEvent[] {
    const { events = [], peerEvents = [] } = this.#flight ?? {};
    for (const [index, event] of events.entries()) event.sequence = firstSequence + index;
    for (const [index, event] of peerEvents.entries()) {
      event.sequence = peerSequences[index] ?? 0;
      // It was there before: whoever wanted to know was told then.
      if (event.sequence < firstSequence) event.announced = true;
    }
    this.#flight = undefined;
    return [...events, ...peerEvents];
  }

  /** Envelopes go with it: peers have them, and what the process fails on must not come back for ever. */
  drop(): void {
    this.#lostSamples += this.#samplesInFlight();
    this.#lostEvents += this.#eventsInFlight();
    this.#loseSightings(this.#flight?.batch.sightings ?? []);
    this.#documents = { ...this.#flight?.batch.documents, ...this.#documents };
    for (const author of this.#flight?.batch.forgotten ?? []) this.#forgotten.add(author);
    this.#flight = undefined;
  }

  pendingEvents(): readonly LoggedEvent[] {
    const { events = [], peerEvents = [] } = this.#flight ?? {};
    return [...events, ...this.#events.all(), ...peerEvents, ...this.#peerEvents.all()];
  }

  pendingSightings(): readonly EventSighting[] {
    return [...(this.#flight?.batch.sightings ?? []), ...this.#sightings.all()];
  }

  sightingsLostUntil(): number | undefined {
    return this.#sightingsLostUntil;
  }

  isEmpty(): boolean {
    const noSamples = this.#samples.length() === 0 && this.#peerSamples.length() === 0;
    return this.#flight === undefined && noSamples && !this.isUrgent();
  }

  isUrgent(): boolean {
    const hasEvents = this.#events.length() > 0 || this.#peerEvents.length() > 0;
    const hasEnvelopes = this.#forgotten.size > 0 || !this.#envelopes.isEmpty();
    const hasTold = [this.#statuses, this.#scenes, this.#sightings].some((list) => list.length() > 0);
    return hasEvents || hasEnvelopes || hasTold || Object.keys(this.#documents).length > 0;
  }

  isLong(): boolean {
    const hasManySamples = [this.#samples, this.#peerSamples].some((list) => list.length() >= SAMPLES_A_BATCH);
    const hasManyEvents = [this.#events, this.#peerEvents].some((list) => list.length() >= EVENTS_A_BATCH);
    const hasManySightings = this.#sightings.length() >= SIGHTINGS_A_BATCH;
    return hasManySamples || hasManyEvents || hasManySightings || this.#envelopes.isLong();
  }

  counts(): QueueCounts {
    return {
      queuedSamples: this.#samples.length() + this.#peerSamples.length() + this.#samplesInFlight(),
      droppedSamples: this.#samples.dropped() + this.#peerSamples.dropped() + this.#lostSamples,
      queuedEvents: this.#events.length() + this.#peerEvents.length() + this.#eventsInFlight(),
      droppedEvents: this.#events.dropped() + this.#peerEvents.dropped() + this.#lostEvents + this.#lostSightings,
    };
  }

  #loseSightings(lost: readonly EventSighting[]): void {
    this.#lostSightings += lost.length;
    for (const { event } of lost) this.#sightingsLostUntil = Math.max(this.#sightingsLostUntil ?? event.at, event.at);
  }

  #samplesInFlight(): number {
    const { samples, peerSamples } = this.#flight?.batch ?? {};
    return (samples?.series.length ?? 0) + (peerSamples?.series.length ?? 0);
  }

  #eventsInFlight(): number {
    return (this.#flight?.events.length ?? 0) + (this.#flight?.peerEvents.length ?? 0);
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
