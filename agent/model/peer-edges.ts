/** What this node sees of the others, as its checks may know it. */
import type { EdgesView, PeerEdge } from '../../checks/types.ts';
import type { Edge, Member } from './member.ts';
import type { MeshState } from './mesh-state.ts';

/**
 * Undefined: nobody else is known.
 *
 * @param nowMs on the monotonic clock
 */
export function peerEdges(
  self: string,
  edges: readonly Edge[],
  members: readonly Member[],
  nowMs: number,
): EdgesView | undefined {
  const known = new Map(
    members.flatMap((one) => (one.state === 'left' || one.name === self ? [] : [[one.name, one] as const])),
  );
  if (known.size === 0) return undefined;
  // A sample is one look at somebody who is no neighbour.
  const peers = edges.flatMap((edge) => {
    const member = edge.sampled === true ? undefined : known.get(edge.peer);
    return member === undefined ? [] : [peerEdge(edge, member, nowMs)];
  });
  return { kind: 'known', peers };
}

function peerEdge(edge: Edge, member: Member, nowMs: number): PeerEdge {
  const { peer, state, sinceMs, lossTo, lossFrom, rttMs, offset, fullSize } = edge;
  const connectedSinceMs = connectedSince(member);
  return {
    node: peer,
    forMs: nowMs - sinceMs,
    ...(state !== undefined && { state }),
    ...(connectedSinceMs !== undefined && { connectedForMs: nowMs - connectedSinceMs }),
    ...(lossTo !== undefined && { lossTo }),
    ...(lossFrom !== undefined && { lossFrom }),
    ...(rttMs !== undefined && { rttMs }),
    ...(offset !== undefined && { clock: offset }),
    ...(fullSize !== undefined && { fullSize }),
  };
}

/** Who is going, or comes and goes, is as good as not connected. */
function connectedSince({ state, inComponent, connectedSinceMs, flapping }: Member): number | undefined {
  const isSteady = inComponent && flapping === undefined && (state === 'alive' || state === 'suspect');
  return isSteady ? connectedSinceMs : undefined;
}

/** Where nobody else is known. */
export function whyNobody({ settled, unmetSeeds = [] }: Pick<MeshState, 'settled' | 'unmetSeeds'>): EdgesView {
  if (!settled) return { kind: 'unknown', why: 'this agent has just begun to look for others' };
  const [seed] = unmetSeeds;
  return seed === undefined
    ? { kind: 'none', why: 'no other agent is known' }
    : { kind: 'unknown', why: `no other agent was met, neither at ${seed.address} nor elsewhere` };
}
