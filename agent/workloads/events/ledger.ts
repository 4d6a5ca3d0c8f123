/**
 * How often an Event happened since it was last looked at. The API tells how often in all; what is counted here is by how
 * much that grew. So a list after a lost watch, a second reader, and what another agent read add nothing that was there before.
 *
 * Of an Event that is seen first its whole number counts only where it is listed and all of it happened within the
 * {@link LOOKBACK_MS}: whoever writes events goes on with the old number when the API has forgotten the Event meanwhile, and
 * has made a new one of it. A watch tells each time that it was written: one that begins with more than 1 there is such a one.
 */
import type { ClusterEvent, EventSighting } from '../../model/cluster-event.ts';

/** For so long the API keeps an Event, unless it is told otherwise (`--event-ttl`). */
export const LOOKBACK_MS = 3_600_000;
/** What has not happened for so long is forgotten here, too: should the API still have it, it is old. */
const KEPT_MS = 24 * 3_600_000;
export const MAX_EVENTS = 50_000;

/**
 * - `list`: the API has it
 * - `watch`: somebody wrote it just now
 * - `copy`: another agent has read it, and counted what it says
 */
export type Source = 'list' | 'watch' | 'copy';

/** What is known of an Event. */
export interface Counted {
  readonly uid: string;
  readonly count: number;
  /** How much of it was counted. */
  readonly counted: number;
  /** Unix ms. */
  readonly at: number;
}

interface Known extends Omit<Counted, 'uid'> {
  /** As another agent says, or an earlier run: the API has not said it to this one. */
  readonly isHearsay: boolean;
}

/** With how often it was counted in all: whoever copies it may have missed what was before. */
export interface CountedSighting extends EventSighting {
  readonly counted: number;
}

export interface TakeOptions {
  readonly source: Source;
  /** Unix ms. */
  readonly now: number;
  /** Since when this agent knows all that the API has, Unix ms; undefined: it has just begun. */
  readonly allSince?: number | undefined;
}

export interface Ledger {
  /** Those that happened again, each with how often that this ledger has not counted. What is ahead of time happened now. */
  take(seen: readonly (ClusterEvent | CountedSighting)[], options: TakeOptions): CountedSighting[];
  /** What an earlier run counted. @param horizon what is not among it and not after this (Unix ms) may have been forgotten */
  recall(counted: readonly Counted[], horizon: number): void;
  /** How many it knows. */
  size(): number;
  /**
   * There were more Events than it knows: some that happened until then (Unix ms) may not have been counted. Undefined: there
   * were not.
   */
  uncountedUntil(): number | undefined;
}

/** @param capacity the ones that happened least recently go first, and do not count anew when they come back */
export function createLedger(capacity = MAX_EVENTS): Ledger {
  /** By uid; what was touched last is last. */
  const known = new Map<string, Known>();
  /** All that is forgotten happened not after this. */
  let horizon = -Infinity;
  let uncountedUntil: number | undefined;

  const write = (uid: string, one: Known): void => {
    known.delete(uid);
    known.set(uid, one);
  };
  const forget = (now: number): void => {
    for (const [uid, { at }] of known) {
      if (known.size <= capacity && at >= now - KEPT_MS) return;
      known.delete(uid);
      horizon = Math.max(horizon, at);
    }
  };
  const firstSight = (
    event: ClusterEvent,
    copied: CountedSighting | undefined,
    { source, now, allSince = -Infinity }: TakeOptions,
  ): number => {
    // A clock that was ahead for a while hides nothing for longer than that.
    const forgotten = Math.min(horizon, now);
    if (event.at <= forgotten) {
      if (event.at >= now - LOOKBACK_MS) uncountedUntil = Math.max(uncountedUntil ?? event.at, event.at);
      return 0;
    }
    const isNew = event.firstAt > forgotten;
    if (copied !== undefined && !isNew) return 1;
    if (copied !== undefined) return event.firstAt >= now - LOOKBACK_MS ? copied.counted : copied.added;
    if (source === 'watch') return 1;
    if (isNew && event.firstAt >= Math.max(now - LOOKBACK_MS, allSince)) return event.count;
    return event.at >= now - LOOKBACK_MS ? 1 : 0;
  };

  return {
    take(seen, options) {
      const { now } = options;
      const sightings: CountedSighting[] = [];
      for (const one of seen) {
        const copied = 'event' in one ? one : undefined;
        const told = 'event' in one ? one.event : one;
        const event = told.at > now ? { ...told, at: now, firstAt: Math.min(told.firstAt, now) } : told;
        const before = known.get(event.uid);
        const isRefuted =
          before?.isHearsay === true && options.source !== 'copy' && told.at <= now && refutes(event, before);
        if (before !== undefined && event.count <= before.count && !isRefuted) continue;
        const added =
          before === undefined ? firstSight(event, copied, options) : isRefuted ? 1 : event.count - before.count;
        const counted = Math.min(event.count, added + (before?.counted ?? 0));
        const isHearsay = options.source === 'copy';
        write(event.uid, { count: event.count, counted, at: Math.max(event.at, before?.at ?? 0), isHearsay });
        const sinceAt = added < 2 ? event.at : sinceWhen(event, before?.at, copied, added);
        if (added > 0) sightings.push({ event, added, counted, ...(sinceAt < event.at && { sinceAt }) });
      }
      forget(now);
      return sightings;
    },
    recall(counted, before) {
      horizon = Math.max(horizon, before);
      for (const { uid, ...one } of counted) {
        const here = known.get(uid);
        if (here === undefined || here.count < one.count) write(uid, { ...one, isHearsay: true });
      }
    },
    size: () => known.size,
    uncountedUntil: () => uncountedUntil,
  };
}

/** It has happened since, and not so often in all as was said. */
const refutes = (event: ClusterEvent, said: Pick<Counted, 'count' | 'at'>): boolean =>
  event.count < said.count && event.at > said.at;

/** Since when it happened so often, Unix ms. @param before when it was last known to have happened, Unix ms */
function sinceWhen(
  event: ClusterEvent,
  before: number | undefined,
  copied: CountedSighting | undefined,
  added: number,
) {
  // Whoever read it may have looked later than this agent did.
  const told = copied !== undefined && added <= copied.added ? copied.sinceAt : undefined;
  return Math.max(event.firstAt, before ?? 0, told ?? 0);
}
