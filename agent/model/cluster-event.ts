/**
 * Events of the Kubernetes API: what its components write about objects. They are best-effort, throttled and late by contract,
 * so they are told and counted, and nobody's health follows from them alone.
 */

/** As the API has it now. Texts are cleaned. */
export interface ClusterEvent {
  /** Of the Event: it is one for an object, a reason and a message, and counts up. */
  readonly uid: string;
  /** `Normal` or `Warning`; the set is open. */
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  /** Of the object that it is about. */
  readonly kind: string;
  /** Empty: the object is in none. */
  readonly namespace: string;
  readonly name: string;
  /** Empty: nobody said. */
  readonly objectUid: string;
  /** Where it is about one container of a pod. */
  readonly container?: string;
  /** What wrote it: `kubelet`. */
  readonly component: string;
  /** Name of the node that it is from or about, as far as it says so. */
  readonly node?: string;
  /** Unix ms by the clock of whoever wrote it. */
  readonly firstAt: number;
  readonly at: number;
  /** How often in all, as it says. */
  readonly count: number;
}

/** It happened again, so often since it was last looked at. */
export interface EventSighting {
  readonly event: ClusterEvent;
  /** At least 1. */
  readonly added: number;
  /** Unix ms: they happened between then and `event.at`, nobody knows when exactly. Absent: all at `event.at`, or nobody said. */
  readonly sinceAt?: number;
}

/** All that are given have to hold. */
export interface EventQuery {
  /** Unix ms; `to` excluded. */
  readonly from: number;
  readonly to: number;
  readonly type?: string;
  readonly reason?: string;
  readonly kind?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly objectUid?: string;
  readonly node?: string;
  readonly limit: number;
}

/** An Event that happened in the time that was asked for. */
export interface SeenEvent extends ClusterEvent {
  /** How often within that time. */
  readonly occurrences: number;
}

/**
 * Who reads the events for all, and whether they are as the API has them.
 *
 * - `current`: somebody reads them now
 * - `stale`: they are as they were at `heardAt`, and why
 * - `none`: nobody has ever read them here, and why: no Kubernetes, no right
 */
export interface EventFeedState {
  readonly state: 'current' | 'stale' | 'none';
  readonly why?: string;
  /** Name of the node whose agent reads, or read last. */
  readonly reader?: string;
  /** Those that keep a copy and take over. */
  readonly standbys: readonly string[];
  /** Unix ms: when the API last said anything to the reader. */
  readonly heardAt?: number;
}

export interface EventsAnswer<T = SeenEvent> {
  /** Latest first. */
  readonly events: readonly T[];
  /** There are more. */
  readonly isCut: boolean;
  /** Nodes whose agents were asked and gave this: the reader, one that keeps a copy, or this node with what it remembers. */
  readonly from: readonly string[];
  /** What could not be asked, and why; absent: this is all that there is. */
  readonly missing?: string;
  readonly feed: EventFeedState;
}

/** What may be asked of events, on any node. */
export interface ClusterEventsPort {
  feed(): EventFeedState;
  /** One entry an Event, with how often it happened in that time. Never rejects; bounded in time. */
  events(query: EventQuery): Promise<EventsAnswer>;
  /** One entry each time that more was seen of one: what rules are tried on. */
  sightings(query: EventQuery): Promise<EventsAnswer<EventSighting>>;
}

export interface RecentSightings {
  /** Oldest first. */
  readonly found: readonly EventSighting[];
  /** Unix ms: none since then is left out, where there were too many; undefined: not all could be read. */
  readonly from?: number;
}

/** What the parts of an agent that judge events hear of them, beside what may be asked. */
export interface ClusterEventFeed extends ClusterEventsPort {
  /**
   * The node whose agent judges what is about the whole cluster: the reader, or, while nobody can read, the first of those that
   * are there. The same for all agents of a component but for a moment; undefined: that is not settled.
   */
  judge(): string | undefined;
  /**
   * Called with what was seen anew, on the reader and on those that keep a copy. Each occurrence once, whoever read it first.
   * Returns how to stop.
   */
  onSightings(listener: (sightings: readonly EventSighting[]) => void): () => void;
  /** Since when events were read without a gap that could hide any, Unix ms; undefined: not now, or not by this agent. */
  completeSince(): number | undefined;
  /** What this agent keeps of it since then (Unix ms), for whoever takes over. Never rejects. */
  recent(from: number): Promise<RecentSightings>;
}
