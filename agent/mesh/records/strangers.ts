/**
 * Authors whom nobody has met. Anybody with the cluster's key signs for as many agents as it likes; what such records
 * take is bounded here, and an agent that is real gets in all the same, whatever others brought before.
 *
 * - Who was met is no stranger: there is room for as many as a cluster has.
 * - There are few strangers at a time, and more while strangers turn out to be real. So who starts in a cluster of
 *   thousands learns all of them from one neighbour in some seconds, because those that it brought first answer probes
 *   and are vouched for by each other's observers; inventions do neither, and their number does not grow.
 * - When there is no room, whoever brought most strangers pays for whoever brought fewer, with its oldest one. Nobody pays
 *   for itself: records that push each other out would be carried around for ever.
 * - Who brings its own records has proved its key by its connection. It always gets in.
 */
import { BoundedMap } from '../envelope/bounded-map.ts';
import type { BookLimits } from './limits.ts';

/** What a new author takes: an empty place, or that of the stranger with this prefix. */
export type Place = 'free' | { readonly insteadOf: string };

export interface Strangers {
  readonly count: () => number;
  /** This author exists, whether its records are here or not. */
  meet(prefix: string, now: number): void;
  hasMet(prefix: string): boolean;
  /**
   * Where an author would be kept who is not here yet; undefined: nowhere.
   *
   * @param bringer who brings its first record; undefined: it is not known yet
   * @param isOwn the bringer is the author
   * @param isFull the book has no room for any author
   */
  placeFor(
    prefix: string,
    by: { readonly bringer: string | undefined; readonly isOwn: boolean; readonly isFull: boolean },
  ): Place | undefined;
  /** It is in the book now, and was not before. */
  add(prefix: string, bringer: string): void;
  /** It is not in the book any more. */
  remove(prefix: string): void;
  /** Prefixes of the strangers whose first record this peer brought. */
  broughtBy(bringer: string): readonly string[];
}

/** So long somebody who was met makes room for others. */
const LATELY_MS = 60_000;
/** More than a cluster has members. */
const MAX_MET = 16_384;

export function createStrangers(limits: Pick<BookLimits, 'maxStrangers' | 'strangersPerMet'>): Strangers {
  const met = new BoundedMap<string, true>(MAX_MET);
  /** Who brought each, the oldest first. */
  const bringers = new Map<string, string>();
  const counts = new Map<string, number>();
  /** How many were met in this period and in the one before. */
  let lately = { sinceMs: -Infinity, now: 0, before: 0 };

  const room = (): number => limits.maxStrangers + limits.strangersPerMet * (lately.now + lately.before);
  const countOf = (bringer: string | undefined): number => (bringer === undefined ? 0 : (counts.get(bringer) ?? 0));
  const remove = (prefix: string): void => {
    const bringer = bringers.get(prefix);
    if (bringer === undefined) return;
    bringers.delete(prefix);
    const left = countOf(bringer) - 1;
    if (left > 0) counts.set(bringer, left);
    else counts.delete(bringer);
  };
  /** The oldest of a peer that brought so many. */
  const oldestOf = (count: number): Place | undefined => {
    for (const [prefix, bringer] of bringers) if (countOf(bringer) === count) return { insteadOf: prefix };
    return undefined;
  };

  return {
    count: () => bringers.size,
    meet(prefix, now) {
      if (met.get(prefix) !== undefined) return;
      met.set(prefix, true);
      remove(prefix);
      if (now - lately.sinceMs >= 2 * LATELY_MS) lately = { sinceMs: now, now: 0, before: 0 };
      else if (now - lately.sinceMs >= LATELY_MS) lately = { sinceMs: now, now: 0, before: lately.now };
      lately.now += 1;
    },
    hasMet: (prefix) => met.get(prefix) !== undefined,
    placeFor(prefix, { bringer, isOwn, isFull }) {
      const isReal = met.get(prefix) !== undefined;
      if (!isFull && (isReal || bringers.size < room())) return 'free';
      const most = Math.max(0, ...counts.values());
      return isReal || isOwn || countOf(bringer) + 1 < most ? oldestOf(most) : undefined;
    },
    add(prefix, bringer) {
      if (met.get(prefix) !== undefined || bringers.has(prefix)) return;
      bringers.set(prefix, bringer);
      counts.set(bringer, countOf(bringer) + 1);
    },
    remove,
    broughtBy: (bringer) => [...bringers].flatMap(([prefix, by]) => (by === bringer ? [prefix] : [])),
  };
}
