/** Members, and what the nodes see of each other. */
import type { ClusterState, NodeState } from '../model/cluster-state.ts';
import type { KubeState } from '../model/kube-state.ts';
import type { Maintenance } from '../model/maintenance.ts';
import { type Edge, type Member, isDown } from '../model/member.ts';
import type { NodePlace } from '../model/report.ts';
import type { ApiKubernetes, ApiLink, ApiMatrix, ApiMember, ApiMembers } from './contract.ts';
import { byName } from './natural-order.ts';
import { presentMaintenance } from './present-maintenance.ts';
import { knownNodes } from './present-nodes.ts';
import { toInstant, toSeconds } from './units.ts';

/** Also those that left. Without a mesh this node is the only one. */
export function presentMembers(state: ClusterState): ApiMembers {
  const { self: node, mesh } = state;
  if (mesh === undefined) return { node, digest: '', members: [presentAlone(state)] };
  const reported = new Map(state.nodes.map((one) => [one.report.node, one]));
  const { own = [], members: others = [] } = mesh.keys ?? {};
  const keys = new Map([...others, { node, ids: own }].map((one) => [one.node, one.ids]));
  const maintained = new Map((mesh.maintenance ?? []).map((one) => [one.node, one]));
  const members = [...mesh.members]
    .sort((a, b) => byName(a.name, b.name))
    .map((member) => ({
      ...presentMember(member, reported.get(member.name), keys.get(member.name), mesh.originMs),
      ...maintenanceOf(maintained.get(member.name), mesh.originMs),
    }));
  return {
    node,
    digest: mesh.digest,
    members,
    ...(state.kube !== undefined && { kubernetes: presentKubernetes(state.kube) }),
  };
}

function presentKubernetes(kube: KubeState): ApiKubernetes {
  const { roster, withoutAgent, removing, notReady, controllers, missingRights } = kube;
  return {
    ...(roster !== undefined && {
      reader: roster.reader,
      nodes: roster.nodes,
      ...(Number.isFinite(roster.ageMs) && { ageSeconds: toSeconds(roster.ageMs) }),
    }),
    current: roster?.isCurrent === true,
    withoutAgent: withoutAgent.map(({ node }) => node),
    removing: removing.map(({ node, why }) => ({ node, why })),
    notReady: notReady.map(({ node, why }) => ({ node, ...(why !== undefined && { why }) })),
    controllers: controllers.map(({ name, kind, unchangedForMs, holder }) => ({
      name,
      lease: kind,
      unchangedSeconds: toSeconds(unchangedForMs),
      ...(holder !== undefined && { holder }),
    })),
    missingRights: [...missingRights],
  };
}

/** What every node states, those that are gone with the mark of history. Links to nodes that left are left out. */
export function presentMatrix(state: ClusterState): ApiMatrix {
  const { self: node, mesh } = state;
  const known = knownNodes(state);
  const nodes = known.map(({ name }) => name);
  const names = new Set(nodes);
  const links = known.flatMap(({ name, node: one, member }) => {
    const stale = one?.freshness === 'stale' || (name !== node && member !== undefined && isDown(member.state));
    const edges = (one?.edges?.all() ?? []).filter(({ peer }) => names.has(peer));
    return edges.map((edge) => presentLink(name, edge, mesh?.originMs ?? 0, stale));
  });
  return { node, nodes, links };
}

function presentAlone({ self: node, nodes }: ClusterState): ApiMember {
  const own = nodes.find(({ report }) => report.node === node);
  const since = toInstant(own?.report.startedAt ?? 0);
  return { node, state: 'alive', since, judged: true, inComponent: true, testimony: [] };
}

function presentMember(
  member: Member,
  reported: NodeState | undefined,
  keys: readonly string[] | undefined,
  originMs: number,
): ApiMember {
  const { name, state, sinceMs, judged, inComponent, leaving, graceUntilMs, flapping, testimony } = member;
  const { freshness, report: { place } = {} } = reported ?? {};
  return {
    node: name,
    state,
    since: toInstant(originMs + sinceMs),
    judged,
    inComponent,
    ...(leaving !== undefined && { leaving }),
    ...(graceUntilMs !== undefined && { graceUntil: toInstant(originMs + graceUntilMs) }),
    ...(keys !== undefined && keys.length > 0 && { keys: [...keys] }),
    ...(flapping !== undefined && { falls: flapping.falls }),
    ...(freshness !== undefined && { freshness }),
    ...(place !== undefined && { place: presentPlace(place) }),
    testimony: testimony.map((one) => ({ observer: one.observer, state: one.state })),
  };
}

const maintenanceOf = (one: Maintenance | undefined, originMs: number): Pick<ApiMember, 'maintenance'> =>
  one === undefined ? {} : { maintenance: presentMaintenance(one, originMs) };

const presentPlace = ({ uid, isControlPlane, zone }: NodePlace): NonNullable<ApiMember['place']> => ({
  uid,
  controlPlane: isControlPlane,
  ...(zone !== undefined && { zone }),
});

function presentLink(from: string, edge: Edge, originMs: number, stale: boolean): ApiLink {
  const { peer, state, sinceMs, rttMs, lossTo, lossFrom, offset, sampled } = edge;
  return {
    from,
    to: peer,
    ...(state !== undefined && { state }),
    since: toInstant(originMs + sinceMs),
    ...(rttMs !== undefined && { rttSeconds: Math.round(rttMs * 1000) / 1e6 }),
    ...(lossTo !== undefined && { lossTo }),
    ...(lossFrom !== undefined && { lossFrom }),
    ...(offset !== undefined && { clockOffsetSeconds: toSeconds(offset.offsetMs) }),
    ...(sampled !== undefined && { sampled }),
    ...(stale && { stale }),
  };
}
