/** What this node sees of its neighbours, how many members have each state, and how many are in maintenance. */
import type { ClusterState } from '../model/cluster-state.ts';
import type { Edge, EdgeState, MemberState } from '../model/member.ts';
import { MEMBER_STATES } from './contract/fields.ts';
import type { MetricSample } from './exposition.ts';
import { sample, stateset } from './metric-samples.ts';
import { METRICS } from './metric-table.ts';

/** Those that left are no members any more. */
const COUNTED_STATES: readonly MemberState[] = MEMBER_STATES.filter((state) => state !== 'left');
const PEER_STATES = ['good', 'lost', 'refused', 'unresponsive', 'udp-blocked', 'unknown'] as const satisfies readonly (
  | EdgeState
  | 'unknown'
)[];
/** An agent has at most 15 neighbours that it probes; whatever more there are must not become series. */
const MAX_PEERS = 32;

/** Nothing without a mesh. A neighbour that left, or is none any more, has no series. */
export function peerSamples({ self, nodes, mesh }: ClusterState): MetricSample[] {
  if (mesh === undefined) return [];
  const here = mesh.members.filter(({ state }) => state !== 'left');
  const names = new Set(here.map(({ name }) => name));
  const { maintenance = [] } = mesh;
  const edges = nodes.find(({ report }) => report.node === self)?.edges?.all() ?? [];
  const neighbours = edges.filter(({ peer, sampled }) => sampled !== true && names.has(peer)).slice(0, MAX_PEERS);
  return [
    ...COUNTED_STATES.map((state) =>
      sample(METRICS.memberStates, here.filter((member) => member.state === state).length, { state }),
    ),
    sample(METRICS.nodeMaintenance, maintenance.some(({ node }) => node === self) ? 1 : 0),
    sample(METRICS.maintenanceMembers, maintenance.length),
    ...neighbours.flatMap(edgeSamples),
  ];
}

/** The round trip only of a link that answers: an old one would look like a fresh one. */
function edgeSamples({ peer, state, rttMs, lossTo, lossFrom }: Edge): MetricSample[] {
  return [
    ...stateset(METRICS.peerState, PEER_STATES, state ?? 'unknown', 'state', { peer }),
    ...(rttMs === undefined || state !== 'good'
      ? []
      : [sample(METRICS.peerRtt, Math.round(rttMs * 1000) / 1e6, { peer })]),
    ...(lossTo === undefined ? [] : [sample(METRICS.peerLoss, lossTo, { peer, direction: 'to' })]),
    ...(lossFrom === undefined ? [] : [sample(METRICS.peerLoss, lossFrom, { peer, direction: 'from' })]),
  ];
}
