/** Whom to sync with next: who is due at once, else a random neighbour. */
import { BoundedMap } from '../envelope/bounded-map.ts';
import type { BackOff } from './back-off.ts';

export interface Partners {
  /** This neighbour is next, as soon as there is room. */
  hurry(peerId: string): void;
  /** An exchange with the neighbour has begun or ended. */
  talked(peerId: string, now: number): void;
  left(peerId: string): void;
  /** A neighbour that is due at once; it is taken off the list. */
  takeHurried(isFree: (peerId: string) => boolean): string | undefined;
  /** One of the connected neighbours; rather one that was not talked to a moment ago. */
  pick(connected: readonly string[], now: number, isFree: (peerId: string) => boolean): string | undefined;
}

/** News seldom comes faster than that, and a neighbour may have begun an exchange itself. */
const FRESH_MS = 2000;
const MAX_NEIGHBOURS = 256;

export function createPartners(backOff: BackOff, random: () => number): Partners {
  const hurried = new Set<string>();
  const talkedAt = new BoundedMap<string, number>(MAX_NEIGHBOURS);
  return {
    hurry: (peerId) => void hurried.add(peerId),
    talked: (peerId, now) => talkedAt.set(peerId, now),
    left: (peerId) => void hurried.delete(peerId),
    takeHurried(isFree) {
      const found = [...hurried].find(isFree);
      if (found !== undefined) hurried.delete(found);
      return found;
    },
    pick(connected, now, isFree) {
      const free = connected.filter((peerId) => isFree(peerId) && !backOff.isWaiting(peerId, now));
      const rested = free.filter((peerId) => now - (talkedAt.get(peerId) ?? -Infinity) >= FRESH_MS);
      const from = rested.length > 0 ? rested : free;
      return from[Math.floor(random() * from.length)];
    },
  };
}
