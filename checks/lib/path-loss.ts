/** What gets lost on the way to each of several nodes, over many looks at their last ten probes. */
import type { PeerEdge } from '../types.ts';

/** By node. */
export interface LossMemory {
  readonly paths: Map<string, Path>;
  /** Monotonic ms. */
  lookedAt: number;
}

interface Path {
  /** Shares, newest last. */
  readonly looks: readonly number[];
  readonly isLossy: boolean;
}

export interface LossyPath {
  readonly node: string;
  /** Of the last two minutes. */
  readonly ratio: number;
}

/** Ten probes take ten seconds: a look that comes sooner sees the same ones again. */
const LEAST_GAP_MS = 8000;
/** What was before the agent stood still is history. */
const MOST_GAP_MS = 60_000;
/**
 * Five minutes: of so many probes a network that loses 5 % of all hardly ever loses twice as many on any of its paths, and
 * one that loses 20 % is told after half of that.
 */
export const LOSS_LOOKS = 30;
/** Two minutes: enough to see that it is over. */
const RECENT_LOOKS = 12;
/** Fewer are a burst, as when a switch changes over. */
const FEWEST_LOSSY_LOOKS = 6;

export const createLossMemory = (): LossMemory => ({ paths: new Map(), lookedAt: -Infinity });

/** @param now monotonic ms */
export function noteLoss(memory: LossMemory, peers: readonly PeerEdge[], now: number): void {
  const gapMs = now - memory.lookedAt;
  if (gapMs > MOST_GAP_MS) memory.paths.clear();
  const seen = new Map(peers.map((peer) => [peer.node, peer]));
  // Who does not answer at all is lost, not lossy; when it is back the time begins anew.
  for (const node of memory.paths.keys()) if (seen.get(node)?.state !== 'good') memory.paths.delete(node);
  if (gapMs < LEAST_GAP_MS) return;
  memory.lookedAt = now;
  for (const { node, state, lossTo } of seen.values()) {
    if (state !== 'good' || lossTo === undefined || !(lossTo >= 0 && lossTo <= 1)) continue;
    const { looks = [], isLossy = false } = memory.paths.get(node) ?? {};
    memory.paths.set(node, { looks: [...looks, lossTo].slice(-LOSS_LOOKS), isLossy });
  }
}

/**
 * Paths on which so large a part of the probes of five minutes got lost, not all at once. One that was lossy is so until less
 * than half of that gets lost within two minutes.
 */
export function lossyPaths(
  memory: LossMemory,
  ratio: number,
): { readonly lossy: readonly LossyPath[]; readonly judged: number } {
  const lossy: LossyPath[] = [];
  let judged = 0;
  for (const [node, { looks, isLossy: was }] of memory.paths) {
    if (looks.length < FEWEST_LOSSY_LOOKS) continue;
    judged += 1;
    const recent = looks.slice(-RECENT_LOOKS);
    const recentRatio = sum(recent) / recent.length;
    // Looks that are yet to come count as good ones.
    const isMuch = sum(looks) / LOSS_LOOKS >= ratio;
    const isSteady = looks.filter((share) => share > 0).length >= FEWEST_LOSSY_LOOKS;
    const isLossy = recentRatio >= ratio / 2 && (was || (isMuch && isSteady));
    memory.paths.set(node, { looks, isLossy });
    if (isLossy) lossy.push({ node, ratio: recentRatio });
  }
  return { lossy: lossy.sort((a, b) => (a.node < b.node ? -1 : 1)), judged };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
