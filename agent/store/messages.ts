/** What the agent and its store process say to each other. Both are the same program, so nothing is validated twice. */
import type { EventQuery, EventSighting, SeenEvent } from '../model/cluster-event.ts';
import type { SeriesKey, SeriesPoints, SeriesQuery, TimelineQuery } from '../model/history.ts';
import type { LivenessMemory } from '../model/liveness.ts';
import type { BookEntry, KeptEnvelope, MemberMemory, MeshMemory } from '../model/mesh-memory.ts';
import type { StatusAt, StatusChange } from '../model/past-status.ts';
import type { CheckResult } from '../model/report.ts';
import type { Incident, Scene } from '../model/scene.ts';
import type { PeerTimelineEvent, StoredEvent, TimelineEvent } from '../model/timeline.ts';
import type { CountedEvents } from './cluster-event-table.ts';
import type { Trust } from './database.ts';
import type { Trouble } from './faults.ts';
import type { KeptScene } from './kept-scene.ts';
import type { SetAside } from './set-aside.ts';

/** Samples as columns; `series` are places in `keys`. */
export interface SampleColumns {
  readonly keys: readonly SeriesKey[];
  readonly series: Uint32Array;
  /** Unix ms. */
  readonly times: Float64Array;
  readonly values: Float64Array;
}

/** When a component was last seen on this node, Unix ms by check. */
export type Seen = Readonly<Record<string, number>>;

/** The latest of each kind, replaced as a whole. */
export interface Documents {
  readonly results?: readonly CheckResult[];
  readonly seen?: Seen;
  readonly liveness?: LivenessMemory;
  readonly addresses?: readonly BookEntry[];
  readonly members?: readonly MemberMemory[];
  /** What the notifications keep; read by them alone. */
  readonly alerts?: object;
}

/** An event as the database has it; one of another node's log with its origin. */
export type RowEvent = StoredEvent & { readonly origin?: string };

/** What is written in one transaction. `(run, number)` names it, so that it is never written twice. */
export interface Batch {
  /** Made at random when the agent starts. */
  readonly run: string;
  readonly number: number;
  readonly samples?: SampleColumns;
  /** Readings of other nodes, to be kept as roll-ups. */
  readonly peerSamples?: SampleColumns;
  readonly events: readonly TimelineEvent[];
  /** Of other nodes' logs; those that are there already are left out. */
  readonly peerEvents?: readonly PeerTimelineEvent[];
  /** Authors whose envelopes go before those of the batch come; see `MeshChanges`. */
  readonly forgotten?: readonly string[];
  readonly envelopes?: readonly KeptEnvelope[];
  readonly statuses?: readonly StatusChange[];
  readonly scenes?: readonly KeptScene[];
  readonly sightings?: readonly EventSighting[];
  readonly documents: Documents;
}

/** How a batch ended up in the database. */
export interface StoredBatch {
  readonly run: string;
  readonly number: number;
  /** Sequence of its first own event, the others follow. What has a lower one was there before the batch. */
  readonly firstSequence: number;
  /** Sequences of its peers' events, where it had any and the batch is at hand. */
  readonly peerSequences?: readonly number[];
}

export interface ProcessOptions {
  readonly directory: string;
  readonly maxBytes: number;
  readonly eventDays: number;
  /** Of scenes of failures; absent: the defaults of the configuration. */
  readonly scenes?: { readonly maxBytes: number; readonly days: number };
  /** Of events of the Kubernetes API; absent: likewise. */
  readonly clusterEvents?: { readonly maxBytes: number; readonly days: number };
}

/** What was blocking the agent when an earlier run was ended by its store process. */
export interface Blocked {
  readonly check: string;
  /** Unix ms. */
  readonly at: number;
}

export type ToProcess =
  | {
      readonly kind: 'open';
      readonly options: ProcessOptions;
      readonly trust: Trust;
      /** Whether what the mesh left is wanted: it can be many MiB. */
      readonly mesh: boolean;
    }
  | { readonly kind: 'batch'; readonly batch: Batch }
  | { readonly kind: 'series'; readonly id: number; readonly query: SeriesQuery }
  | { readonly kind: 'timeline'; readonly id: number; readonly query: TimelineQuery }
  /** What the diagnosis was at this instant, Unix ms. */
  | { readonly kind: 'status'; readonly id: number; readonly at: number }
  /** The newest scenes, in short. */
  | { readonly kind: 'scenes'; readonly id: number; readonly limit: number }
  | { readonly kind: 'scene'; readonly id: number; readonly scene: string }
  /** Events of the Kubernetes API: one entry an Event, or one a sighting. */
  | { readonly kind: 'cluster-events'; readonly id: number; readonly query: EventQuery }
  | { readonly kind: 'sightings'; readonly id: number; readonly query: EventQuery }
  /** How often they happened in all, the latest `limit` from then (Unix ms) on. */
  | { readonly kind: 'counted'; readonly id: number; readonly from: number; readonly limit: number }
  /** A sign of life, once a second; with `probe` the disk is measured and `probed` comes back. */
  | { readonly kind: 'heartbeat'; readonly probe: boolean }
  | { readonly kind: 'publish'; readonly text: string; readonly json: string }
  | { readonly kind: 'close' };

export type FromProcess =
  | { readonly kind: 'blocked'; readonly blocked: Blocked }
  | {
      readonly kind: 'opened';
      readonly results: readonly CheckResult[];
      readonly seen: Seen;
      readonly alerts?: unknown;
      /** Undefined: nothing was saved. */
      readonly liveness?: LivenessMemory;
      /** Undefined: not wanted, or it cannot be read. */
      readonly mesh?: MeshMemory;
      /** The newest own events, oldest first. */
      readonly events: readonly StoredEvent[];
      /** True when there are no older ones. */
      readonly allEvents: boolean;
      /** The same of other nodes' logs. */
      readonly peerEvents: readonly RowEvent[];
      readonly allPeerEvents: boolean;
      readonly lastBatch?: StoredBatch;
      readonly setAside?: SetAside;
      readonly sizeBytes: number;
    }
  | ({ readonly kind: 'stored'; readonly sizeBytes: number } & StoredBatch)
  /** Opening or writing did not work; what was asked for is not done. */
  | { readonly kind: 'trouble'; readonly trouble: Trouble }
  | { readonly kind: 'answer'; readonly id: number; readonly series: readonly SeriesPoints[] }
  | { readonly kind: 'answer'; readonly id: number; readonly events: readonly RowEvent[] }
  | { readonly kind: 'answer'; readonly id: number; readonly status: StatusAt }
  | { readonly kind: 'answer'; readonly id: number; readonly incidents: readonly Incident[] }
  /** Empty: there is none of that id. */
  | { readonly kind: 'answer'; readonly id: number; readonly scenes: readonly Scene[] }
  | { readonly kind: 'answer'; readonly id: number; readonly clusterEvents: readonly SeenEvent[] }
  | { readonly kind: 'answer'; readonly id: number; readonly sightings: readonly EventSighting[] }
  | { readonly kind: 'answer'; readonly id: number; readonly counted: CountedEvents }
  | { readonly kind: 'answer'; readonly id: number; readonly error: string }
  | { readonly kind: 'probed'; readonly at: number; readonly durationMs: number }
  | { readonly kind: 'probed'; readonly error: string }
  | { readonly kind: 'published'; readonly error?: string }
  | { readonly kind: 'note'; readonly message: string };
