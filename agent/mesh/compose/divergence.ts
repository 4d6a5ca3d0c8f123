/**
 * Neighbours that know something else than this agent, by the digest in their probe answers: one sync with them finds out
 * what. A new report is on its way to everybody anyway, so only a difference that lasts counts. In a cluster that is so
 * large that somebody always has news, the looks come more and more seldom, and the rounds of sync do the work.
 */
import type { Clock } from '../../base/clock.ts';
import { BoundedMap } from '../envelope/bounded-map.ts';

export interface Divergence {
  /** A peer answered, with this digest. */
  heard(peerId: string, digest: Uint8Array): void;
  /** Nobody has known anything else for a while. */
  isCalm(): boolean;
}

export interface DivergenceDeps {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly ownDigest: () => Uint8Array;
  readonly sync: (peerId: string) => void;
}

/** Both digests may be a second old. */
const LASTING_MS = 900;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 10_000;
/** What is not in the digest has reached everybody by then, too. */
const CALM_AFTER_MS = 15_000;
/** An agent has 16 neighbours, and some come and go. */
const MAX_PEERS = 256;

export function createDivergence({ clock, ownDigest, sync }: DivergenceDeps): Divergence {
  const since = new BoundedMap<string, number | undefined>(MAX_PEERS);
  let pauseMs = FIRST_PAUSE_MS;
  let nextAt = -Infinity;
  let differedAt = clock.monotonic();
  return {
    heard(peerId, digest) {
      if (Buffer.compare(digest, ownDigest()) === 0) {
        since.set(peerId, undefined);
        pauseMs = FIRST_PAUSE_MS;
        return;
      }
      const now = clock.monotonic();
      differedAt = now;
      const sinceMs = since.get(peerId) ?? now;
      since.set(peerId, sinceMs);
      if (now - sinceMs < LASTING_MS || now < nextAt) return;
      nextAt = now + pauseMs;
      pauseMs = Math.min(LONGEST_PAUSE_MS, 2 * pauseMs);
      sync(peerId);
    },
    isCalm: () => clock.monotonic() - differedAt >= CALM_AFTER_MS,
  };
}
