/** What an agent concluded at a time that is over, as its own log has it. */
import type { Diagnosis, Finding } from './finding.ts';
import type { MemberState } from './member.ts';

/** A member that was not alive. */
export interface AwayMember {
  readonly node: string;
  readonly state: MemberState;
  /** Unix ms. */
  readonly since: number;
}

/** What is written down of a diagnosis: all that a person read then, within bounds. */
export interface StatusRecord extends Omit<Diagnosis, 'at'> {
  /** Findings that found no room. */
  readonly leftOut: number;
  /** Members that were not alive, by name. */
  readonly away: readonly AwayMember[];
  /** Of those, how many found no room. */
  readonly awayLeftOut: number;
}

/** A time during which an agent concluded the same, but for figures. Both ends are Unix ms by its own clock. */
export interface StatusSpan {
  readonly from: number;
  /**
   * When it concluded something else, or the last time that it looked. Where the next span begins later, what it concluded
   * in between is not written down.
   */
  readonly until: number;
  readonly record: StatusRecord;
}

/** What the log tells of one instant. */
export interface StatusAt {
  /** The first instant that the log tells of; undefined: it is empty. */
  readonly begins?: number;
  /** The last span that began at that instant or before it; undefined: there is none. */
  readonly span?: StatusSpan;
  /** When the span after it began. */
  readonly next?: number;
  /** By when findings of the span were over, Unix ms by the ids of those that are known to be. */
  readonly over: Readonly<Record<Finding['id'], number>>;
}

/** A span that begins, with its record as JSON, or the same one with a later end. */
export interface StatusChange {
  readonly from: number;
  readonly until: number;
  readonly body?: string;
}

/**
 * An agent looks every second, and of changes that follow one another fast only some are written. Where nothing was written
 * for longer than this it did not look.
 */
export const UNSEEN_MS = 30_000;

/** No change waits longer to be written, of those that last. */
export const HELD_BACK_MS = 20_000;
