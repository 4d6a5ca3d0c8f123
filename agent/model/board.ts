/**
 * The board: what agents tell all others beside their reports, on subjects of which the mesh knows nothing. Each agent has
 * one note for each topic, which replaces the one before, is signed, kept by all, passed on, and taken up after a restart,
 * also by others while its author is gone. Within one component a note is everywhere in a fraction of a second.
 */

/**
 * - `notified`: which notifications an agent has sent
 * - `silences`: about which findings people want to hear nothing
 * - `incidents`: which scenes of failures an agent keeps
 * - `signals`: what alert managers and scripts told an agent of workloads
 * - `feed`: who reads the events of the Kubernetes API, and the latest warnings among them
 * - `alerts`: what people's own rules say
 */
export const TOPICS = ['notified', 'silences', 'incidents', 'signals', 'feed', 'alerts'] as const;
export type Topic = (typeof TOPICS)[number];

/** As JSON. */
export const MAX_NOTE_BYTES = 12 * 1024;
/** At the top of a note. */
export const MAX_NOTE_ITEMS = 512;

export interface Note {
  /** Of the agent that wrote it. */
  readonly node: string;
  /** This agent wrote it, in this run or an earlier one. */
  readonly isOwn: boolean;
  /** Its author is in my component: what it says is not only history. */
  readonly isCurrent: boolean;
  /** Since it was made, ms. Instants travel as durations before or after this, because clocks differ. */
  readonly ageMs: number;
  /** JSON that a peer wrote: read with `model/read.ts`. */
  readonly items: readonly unknown[];
}

/**
 * - `not-yet`: this agent has not joined the others, or may not speak yet: say it again in a second
 * - `too-long`: {@link MAX_NOTE_BYTES} or {@link MAX_NOTE_ITEMS}
 * - `busy`: it said too much lately: say it again in some seconds
 */
export type Telling = 'told' | 'not-yet' | 'too-long' | 'busy';

export interface Board {
  /** Replaces what this agent said on the topic. */
  tell(topic: Topic, items: readonly unknown[]): Telling;
  /** What is said on the topic, the own note among it; of agents that were never met nothing counts. */
  notes(topic: Topic): readonly Note[];
}
