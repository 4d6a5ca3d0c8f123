/**
 * One random probe a second to a member that is no neighbour, so that the matrix of round-trip times fills up in large
 * clusters. A sample is no testimony: it is one look, and old the moment after.
 */
import type { Edge } from '../../model/member.ts';
import type { ProbeAnswer } from './edge.ts';

export interface Sampling {
  /** Whom to probe now; undefined when it is not time or nobody is left. */
  take(candidates: () => readonly string[], nowMs: number): string | undefined;
  answered(peer: string, answer: ProbeAnswer, nowMs: number): void;
  /** The newest sample of each peer, oldest first. */
  edges(): readonly Edge[];
}

const EVERY_MS = 1000;
/** In a large cluster the last minute. */
const KEPT = 64;
/** Who went away since is sampled no more, and what was seen of it then would stand for ever. */
const KEPT_MS = 64_000;

/** @param random from 0 to 1, 1 excluded */
export function createSampling(random: () => number): Sampling {
  const samples = new Map<string, Edge>();
  let takenAtMs = -Infinity;
  return {
    take(candidates, nowMs) {
      if (nowMs - takenAtMs < EVERY_MS) return undefined;
      takenAtMs = nowMs;
      for (const [peer, { sinceMs }] of samples) if (nowMs - sinceMs > KEPT_MS) samples.delete(peer);
      const all = candidates();
      return all[Math.floor(random() * all.length)];
    },
    answered(peer, { rttMs, clock }, nowMs) {
      // Only an answer is kept: one lost datagram says nothing of the path.
      samples.delete(peer);
      samples.set(peer, {
        peer,
        state: 'good',
        sinceMs: nowMs,
        sampled: true,
        ...(rttMs !== undefined && { rttMs }),
        ...(clock !== undefined && { offset: clock }),
      });
      const [oldest] = samples.keys();
      if (samples.size > KEPT && oldest !== undefined) samples.delete(oldest);
    },
    edges: () => [...samples.values()],
  };
}
