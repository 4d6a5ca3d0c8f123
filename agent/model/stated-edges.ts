/** What a node states of the others. In a large cluster these are many, and few of them are looked at. */
import type { Edge, OverlayEdge } from './member.ts';

/** By node names; times on this agent's monotonic clock. */
export interface StatedEdges {
  /** May be made anew each time: not for everybody once a second. */
  all(): readonly Edge[];
  /** Those that {@link isStriking}. */
  striking(): readonly Edge[];
  /** Whom the node watches: the peers of all but samples. */
  watched(): readonly string[];
  /** The first that leads to this node. */
  to(peer: string): Edge | undefined;
  /** Empty as well in a large cluster, where nobody tells them. */
  overlay(): readonly OverlayEdge[];
}

/** Well below what any rule calls a wrong clock. */
const STRIKING_OFFSET_MS = 250;

/** False for an edge that no rule has to look at: it is good, and the clocks at its ends agree. */
export const isStriking = ({ state, offset }: Pick<Edge, 'state' | 'offset'>): boolean =>
  state !== 'good' || (offset !== undefined && Math.abs(offset.offsetMs) > STRIKING_OFFSET_MS);

/** Of a list that is there anyway. */
export const statedEdges = (edges: readonly Edge[], overlay: readonly OverlayEdge[] = []): StatedEdges => ({
  all: () => edges,
  striking: () => edges.filter(isStriking),
  watched: () => edges.flatMap(({ peer, sampled }) => (sampled === true ? [] : [peer])),
  to: (peer) => edges.find((edge) => edge.peer === peer),
  overlay: () => overlay,
});
