/**
 * Neighbours that offer records of more agents than the largest cluster has. An honest one has no more than its own book
 * takes, however many it was told of; so what it passes on is never held against it.
 *
 * Counts distinct authors in a bitmap (linear counting: Whang et al., 1990), whose places an attacker cannot choose.
 */
import { hash } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import type { RecordId } from '../records/record-id.ts';

export interface Crowds {
  /** True when the neighbour has offered records of too many authors within the hour, these included. */
  isOne(peerId: string, ids: readonly RecordId[]): boolean;
}

const BITS = 32_768;
/** Bits that 8,000 authors set; a book has room for 5,500, and some come and go. */
const MAX_SET = Math.round(BITS * (1 - Math.exp(-8000 / BITS)));
const HOUR_MS = 3_600_000;
const MAX_NEIGHBOURS = 128;

interface Crowd {
  readonly sinceMs: number;
  readonly bits: Uint8Array;
  set: number;
}

/** @param salt that no neighbour knows */
export function createCrowds(clock: Pick<Clock, 'monotonic'>, salt: string): Crowds {
  const crowds = new Map<string, Crowd>();
  const crowdOf = (peerId: string): Crowd => {
    const now = clock.monotonic();
    const held = crowds.get(peerId);
    if (held !== undefined && now - held.sinceMs < HOUR_MS) return held;
    const fresh = { sinceMs: now, bits: new Uint8Array(BITS / 8), set: 0 };
    crowds.delete(peerId);
    crowds.set(peerId, fresh);
    const oldest = crowds.size > MAX_NEIGHBOURS ? crowds.keys().next().value : undefined;
    if (oldest !== undefined) crowds.delete(oldest);
    return fresh;
  };
  return {
    isOne(peerId, ids) {
      if (ids.length === 0) return false;
      const crowd = crowdOf(peerId);
      for (const author of new Set(ids.map((id) => id.author))) {
        const place = hash('sha256', salt + author, 'buffer').readUInt16LE() % BITS;
        const [byte, bit] = [place >> 3, 1 << (place & 7)];
        if (((crowd.bits[byte] ?? 0) & bit) !== 0) continue;
        crowd.bits[byte] = (crowd.bits[byte] ?? 0) | bit;
        crowd.set += 1;
      }
      return crowd.set > MAX_SET;
    },
  };
}
