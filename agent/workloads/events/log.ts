/** What was seen anew, the newest of it in memory: those who keep copies follow it, and it answers while the disk is away. */
import type { CountedSighting } from './ledger.ts';

export interface SightingLog {
  /** Of this run: numbers of another log mean nothing here. */
  readonly id: string;
  add(sightings: readonly CountedSighting[]): void;
  /** Oldest first. */
  all(): readonly CountedSighting[];
  /** What came after the first `number`, oldest first, at most `most`; with the number of the first one of them. */
  after(number: number, most: number): { readonly first: number; readonly sightings: readonly CountedSighting[] };
  /** How many there were in all. */
  count(): number;
  /** Unix ms; all that was added from then on is here. -Infinity: all is. */
  wholeFrom(): number;
}

/** Some 4 MiB with the longest messages, and mostly a tenth of it. */
const MAX_SIGHTINGS = 4000;

export function createSightingLog(id: string, capacity = MAX_SIGHTINGS): SightingLog {
  let kept: CountedSighting[] = [];
  /** How many have left it. */
  let gone = 0;
  let wholeFrom = -Infinity;
  return {
    id,
    add(sightings) {
      for (const one of sightings) kept.push(one);
      const excess = kept.length - capacity;
      // Not for each one that comes.
      if (excess < capacity / 8) return;
      for (const { event } of kept.slice(0, excess)) wholeFrom = Math.max(wholeFrom, event.at + 1);
      kept = kept.slice(excess);
      gone += excess;
    },
    all: () => kept,
    after(number, most) {
      const from = Math.max(0, number - gone);
      return { first: gone + from, sightings: kept.slice(from, from + most) };
    },
    count: () => gone + kept.length,
    wholeFrom: () => wholeFrom,
  };
}
