/** Peers whose agent shares no cluster key with this one: they are there, and neither side talks to the other. */
import type { DialAttempt } from '../transport/types.ts';

export interface KeyRefusal {
  readonly peerId: string;
  readonly address: string;
  /** Monotonic, ms. */
  readonly sinceMs: number;
}

export interface KeyRefusals {
  /** What came of a dial that ended without a connection. */
  failed(peerId: string, attempts: readonly DialAttempt[]): void;
  connected(peerId: string): void;
  has(peerId: string): boolean;
  list(): readonly KeyRefusal[];
  keepOnly(isKept: (peerId: string) => boolean): void;
}

/** @param monotonic in ms */
export function createKeyRefusals(monotonic: () => number): KeyRefusals {
  const known = new Map<string, KeyRefusal>();
  return {
    failed(peerId, attempts) {
      const refused = attempts.find(({ outcome }) => outcome === 'not-admitted');
      const isCutShort = attempts.some(({ outcome }) => outcome === 'aborted');
      if (refused !== undefined) {
        const sinceMs = known.get(peerId)?.sinceMs ?? monotonic();
        known.set(peerId, { peerId, address: refused.address, sinceMs });
      } else if (!isCutShort && attempts.length > 0) known.delete(peerId);
    },
    connected: (peerId) => void known.delete(peerId),
    has: (peerId) => known.has(peerId),
    list: () => [...known.values()],
    keepOnly(isKept) {
      for (const peerId of known.keys()) if (!isKept(peerId)) known.delete(peerId);
    },
  };
}
