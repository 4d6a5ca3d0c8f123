/** What the store is to the rest of the agent. */
import type { DiskSamples } from '../../checks/types.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { EventQuery, EventSighting, SeenEvent } from '../model/cluster-event.ts';
import type { HistoryPort, Sample, StoreAnswer } from '../model/history.ts';
import type { LivenessMemory } from '../model/liveness.ts';
import type { MeshChanges, MeshMemory } from '../model/mesh-memory.ts';
import type { StatusChange } from '../model/past-status.ts';
import type { CheckResult } from '../model/report.ts';
import type { Incident, Scene } from '../model/scene.ts';
import type { StoreHealth } from '../model/store-health.ts';
import type { PeerTimelineEvent, StoredEvent, TimelineEvent } from '../model/timeline.ts';
import type { CountedEvents } from './cluster-event-table.ts';
import type { StoreCommand, createLink } from './link.ts';
import type { Blocked, Seen } from './messages.ts';

export interface StoreOptions {
  readonly directory: string;
  /** Bound on the database with its journal and what was set aside. */
  readonly maxBytes: number;
  /** How long events are kept. Default 30. */
  readonly eventDays?: number;
  /** Of scenes of failures: bytes of all, and for how long. Default: 64 MiB, 7 days; never more than a quarter of all. */
  readonly scenes?: { readonly maxBytes: number; readonly days: number };
  /** The same of events of the Kubernetes API. Default: 32 MiB, 7 days; never more than an eighth of all. */
  readonly clusterEvents?: { readonly maxBytes: number; readonly days: number };
  /** How the store process is started. Default: the module beside this one. */
  readonly command?: StoreCommand;
}

export interface StoreDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** Instead of a real process; for tests. */
  readonly createLink?: typeof createLink;
}

/** The scenes of failures on this node. */
export interface SceneStore {
  /** In the queue of all writes: it may be read when it was written. */
  saveScene(scene: Scene): void;
  /** In short, newest first. */
  incidents(limit: number): Promise<StoreAnswer<readonly Incident[]>>;
  /** Empty: there is none of that id. */
  scene(id: string): Promise<StoreAnswer<readonly Scene[]>>;
}

/** Events of the Kubernetes API that this agent has read, or copied from another one. */
export interface ClusterEventStore {
  /** In the queue of all writes. What would be counted twice is left out when it is written. */
  saveSightings(sightings: readonly EventSighting[]): void;
  /** Some that happened until then (Unix ms) could not be written and were given up; undefined: none in this run. */
  sightingsLostUntil(): number | undefined;
  /** One entry an Event, latest first, with what waits to be written. */
  clusterEvents(query: EventQuery): Promise<StoreAnswer<readonly SeenEvent[]>>;
  /** One entry a sighting, likewise. */
  sightings(query: EventQuery): Promise<StoreAnswer<readonly EventSighting[]>>;
  /** How often they happened in all, the latest `limit` from `from` (Unix ms) on, of what is written. */
  countedEvents(from: number, limit: number): Promise<StoreAnswer<CountedEvents>>;
}

/** What earlier runs left. */
export interface StoreMemory {
  /** The latest report, with ages as of now. */
  readonly results: readonly CheckResult[];
  /** Undefined: it could not be read. */
  readonly seen: Seen | undefined;
  /** Undefined: there is none, or it could not be read. */
  readonly liveness?: LivenessMemory;
  /** The check that blocked an agent which was ended for it, less than a day ago. */
  readonly blocked?: Blocked;
}

export interface Store extends HistoryPort, SceneStore, ClusterEventStore {
  /**
   * Starts the process and waits at most 3 s for what earlier runs left; undefined when it did not come in time or
   * cannot be read.
   */
  open(): Promise<StoreMemory | undefined>;
  /** What the mesh left, once; undefined when it did not come within 15 s of {@link Store.open}, or cannot be read. */
  takeMesh(): Promise<MeshMemory | undefined>;
  /** What the notifications kept; undefined as with {@link Store.takeMesh}, or when there is none. */
  takeAlerts(): Promise<unknown>;
  /** Never throws and never blocks. The queue is bounded; the oldest samples are dropped first and counted. */
  record(samples: readonly Sample[]): void;
  /** Like {@link Store.record}, in a queue of their own that holds far longer. */
  append(events: readonly TimelineEvent[]): void;
  /** Events of other nodes' logs, for the merged timeline. One that is already there is left out. */
  appendOfPeers(events: readonly PeerTimelineEvent[]): void;
  /** Shared readings of other nodes: kept as 1-minute and 15-minute roll-ups only. */
  recordOfPeers(samples: readonly Sample[]): void;
  /** What the mesh has learned since the last call. */
  saveMesh(changes: MeshChanges): void;
  /** What the diagnosis concludes, and until when it did. */
  saveStatuses(changes: readonly StatusChange[]): void;
  /** The latest report; replaces the last. */
  saveResults(results: readonly CheckResult[]): void;
  /** What runs or ran on this node; replaces the last. What could not be read at the start is kept besides. */
  saveSeen(seen: Seen): void;
  /** What the notifications keep; replaces the last. Nothing is written before what was there could be read. */
  saveAlerts(memory: object): void;
  /** Told once, when what {@link Store.takeAlerts} gave up waiting for was read. */
  onLateAlerts(listener: (memory: unknown) => void): void;
  /** Which containers were restarted; replaces the last. Nothing is written before what was there could be read. */
  saveLiveness(memory: LivenessMemory): void;
  /** Told once, as {@link Store.onLateSeen}. */
  onLateLiveness(listener: (memory: LivenessMemory) => void): void;
  /** Told once, when what ran on this node before could be read only after {@link Store.open} gave up waiting. */
  onLateSeen(listener: (seen: Seen) => void): void;
  /** `status.txt` and `status.json` beside the database; at most one write a second, the newest wins. */
  publish(files: { readonly text: string; readonly json: string }): void;
  /** Which check has control of the event loop from now on; undefined: none. Takes a microsecond. */
  mark(check: string | undefined): void;
  /** From memory: right also while the process hangs. */
  health(): StoreHealth;
  disk(): DiskSamples;
  /** Told when the state, its message or what was set aside changes. Returns how to call it off. */
  onHealth(listener: (health: StoreHealth) => void): () => void;
  /**
   * Told once of every event: with its sequence when the database has it, or, when that takes longer than 2 s or the
   * store is not `ok`, with a negative provisional number, so that people who watch miss nothing while the disk is away.
   */
  onStored(listener: (events: readonly StoredEvent[]) => void): () => void;
  /**
   * Writes all that waits and ends the process. `abandoned`: it took longer than `timeoutMs` or the store takes no
   * writes; the process is killed and nobody waits for it.
   */
  close(timeoutMs: number): Promise<'flushed' | 'abandoned'>;
}
