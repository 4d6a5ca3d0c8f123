/**
 * What a thin agent sees of those neighbours whose paths something is about to happen to: the product's prober, looks and
 * edges over real datagrams of the simulation. All its other edges are calm: they are good, and nothing is sent on them.
 */
import type { Clock } from '../../agent/base/clock.ts';
import type { MeshProbes } from '../../agent/mesh/compose/parts.ts';
import { sightingOf } from '../../agent/mesh/compose/sightings.ts';
import { createOwnEdges } from '../../agent/mesh/membership/own-edges.ts';
import type { Observation, ProbeTarget } from '../../agent/mesh/probes/observation.ts';
import type { ProbesDeps } from '../../agent/mesh/probes/probes.ts';
import { parseAddress } from '../../agent/mesh/transport/address.ts';
import type { Edge, EdgeState } from '../../agent/model/member.ts';
import type { Citizen } from './population.ts';

export interface ThinEdges {
  /** From now on these are probed, too. */
  watch(peers: readonly Citizen[]): void;
  /** Without probes: from now on the edge is like this, as a prober would have found. Not for those that are probed. */
  assume(peer: Citizen, state: EdgeState): void;
  /** Somebody else does not reach it. */
  doubted(peer: Citizen): void;
  isWatched(name: string): boolean;
  /** Of those that are probed, by name. */
  views(): readonly Edge[];
  stateOf(name: string): EdgeState | undefined;
}

export interface ThinEdgesDeps {
  readonly clock: Clock;
  readonly startProbes: (deps: Pick<ProbesDeps, 'onObservation' | 'onAway'>) => MeshProbes;
  readonly byPeerId: (peerId: string) => Citizen | undefined;
  /** An edge has another state than was told of it. Calm ones are good. */
  readonly changed: (peer: Citizen, state: EdgeState | undefined) => void;
}

const TICK_MS = 1000;

export function createThinEdges({ clock, startProbes, byPeerId, changed }: ThinEdgesDeps): ThinEdges {
  const edges = createOwnEdges();
  const watched = new Map<string, Citizen>();
  const told = new Map<string, EdgeState | undefined>();
  const assumed = new Map<string, Edge>();
  let plan: ReadonlyMap<string, number> = new Map();

  const observe = (seen: Observation): void => {
    const peer = byPeerId(seen.peerId);
    const edge = peer && edges.get(peer.name);
    if (peer === undefined || edge === undefined) return;
    const now = clock.monotonic();
    const sight = sightingOf(peer.name, seen, false);
    if (sight.kind === 'answered') edge.answered(sight.answer, now);
    else if (sight.kind === 'missed') edge.missed(sight.miss, now);
    else if (sight.kind === 'looked') {
      edge.looked(sight.result, now);
      if (sight.result === 'answered') hasten(peer);
    } else if (edge.state !== 'good') hasten(peer);
    review();
  };
  const probes = startProbes({
    onObservation: observe,
    onAway: () => {
      for (const edge of edges.all()) edge.rearm(clock.monotonic());
    },
  });
  const hasten = (peer: Citizen): void => {
    edges.get(peer.name)?.hasten(clock.monotonic());
    probes.ping(peer.keys.peerId);
  };
  const review = (): void => {
    const now = clock.monotonic();
    for (const { peer: name, to } of edges.takeChanges()) {
      const peer = watched.get(name);
      const before = told.has(name) ? told.get(name) : 'good';
      if (peer === undefined || to === undefined || to === before) continue;
      told.set(name, to);
      changed(peer, to);
    }
    const next = edges.intervals(now, 0);
    if (next !== plan) {
      plan = next;
      probes.setPlan([...plan].flatMap(([name, paceMs]) => targetOf(watched.get(name), paceMs) ?? []));
    }
    for (const name of edges.takeLooks(now)) {
      const peer = watched.get(name);
      if (peer !== undefined) probes.look(peer.keys.peerId);
    }
  };
  let isTicking = false;
  return {
    watch(peers) {
      for (const peer of peers) watched.set(peer.name, peer);
      const about = { isExpected: () => true, isDoubted: () => false };
      edges.aim(new Set(watched.keys()), about, clock.monotonic());
      review();
      if (!isTicking) clock.every(TICK_MS, review);
      isTicking = true;
    },
    assume(peer, state) {
      if (watched.has(peer.name) || assumed.get(peer.name)?.state === state) return;
      assumed.set(peer.name, { peer: peer.name, state, sinceMs: clock.monotonic() });
      changed(peer, state);
    },
    doubted(peer) {
      const edge = edges.get(peer.name);
      if (edge?.state === 'good' && edge.misses === 0) probes.ping(peer.keys.peerId);
    },
    isWatched: (name) => watched.has(name),
    views: () => [...assumed.values(), ...edges.views()],
    stateOf: (name) => edges.get(name)?.state,
  };
}

function targetOf(peer: Citizen | undefined, paceMs: number): ProbeTarget | undefined {
  const address = peer && parseAddress(peer.address);
  if (peer === undefined || address === undefined) return undefined;
  return { peerId: peer.keys.peerId, authorKey: peer.keys.author, addresses: [address], paceMs };
}
