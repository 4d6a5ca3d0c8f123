/** Members, and what the nodes see of each other. */
import type { ClusterState, NodeState } from '../model/cluster-state.ts';
import type { KubeState } from '../model/kube-state.ts';
import type { Maintenance } from '../model/maintenance.ts';
import { type Edge, type Member, isDown } from '../model/member.ts';
import type { MeshState } from '../model/mesh-state.ts';
import type { NodePlace } from '../model/report.ts';
import type { ApiKubernetes, ApiMember, ApiMembers } from './contract.ts';
import type { ApiLink, ApiMatrix } from './contract/links.ts';
import { byName } from './natural-order.ts';
import { presentMaintenance } from './present-maintenance.ts';
import { type KnownNode, knownNodes } from './present-nodes.ts';
import { toInstant, toSeconds } from './units.ts';

/** Also those that left. Without a mesh this node is the only one. */
export function presentMembers(state: ClusterState): ApiMembers {
  const { self: node, mesh } = state;
  if (mesh === undefined) return { node, digest: '', members: [presentAlone(state)] };
  const members = [...mesh.members].sort((a, b) => byName(a.name, b.name));
  return {
    node,
    digest: mesh.digest,
    members: presentAll(state, mesh, members),
    ...(state.kube !== undefined && { kubernetes: presentKubernetes(state.kube) }),
  };
}

/** Also one that left. Undefined: it is not known. */
export function presentOneMember(state: ClusterState, name: string): ApiMember | undefined {
  const { self, mesh } = state;
  if (mesh === undefined) return name === self ? presentAlone(state) : undefined;
  return presentAll(
    state,
    mesh,
    mesh.members.filter((member) => member.name === name),
  )[0];
}

function presentAll(state: ClusterState, mesh: MeshState, members: readonly Member[]): ApiMember[] {
  const reported = new Map(state.nodes.map((one) => [one.report.node, one]));
  const { own = [], members: others = [] } = mesh.keys ?? {};
  const keys = new Map([...others, { node: state.self, ids: own }].map((one) => [one.node, one.ids]));
  const maintained = new Map((mesh.maintenance ?? []).map((one) => [one.node, one]));
  return members.map((member) => ({
    ...presentMember(member, reported.get(member.name), keys.get(member.name), mesh.originMs),
    ...maintenanceOf(maintained.get(member.name), mesh.originMs),
  }));
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

/**
 * What every node states, those that are gone with the mark of history. Links to nodes that left are left out.
 *
 * @param about only links from this node and to it
 */
export function presentMatrix(state: ClusterState, about?: string): ApiMatrix {
  const { self: node } = state;
  const known = knownNodes(state);
  const names = new Set(known.map(({ name }) => name));
  const links = known.flatMap((one) =>
    statedBy(one, about)
      .filter(({ peer }) => names.has(peer))
      .map((edge) => presentLink(one.name, edge, state, isPast(one, node))),
  );
  const shown = new Set(about === undefined ? names : [about, ...links.flatMap(({ from, to }) => [from, to])]);
  return { node, nodes: [...names].filter((name) => shown.has(name)), links };
}

/** Of one about whom is asked all that it sees, of the others what they see of it. */
function statedBy({ name, node }: KnownNode, about: string | undefined): readonly Edge[] {
  const { edges } = node ?? {};
  if (edges === undefined) return [];
  if (about === undefined || about === name) return edges.all();
  const edge = edges.to(about);
  return edge === undefined ? [] : [edge];
}

/** What it states is history. */
export const isPast = ({ name, node, member }: KnownNode, self: string): boolean =>
  node?.freshness === 'stale' || (name !== self && member !== undefined && isDown(member.state));

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

/** @param stale it is history: the node that states it is not connected */
export function presentLink(from: string, edge: Edge, { mesh }: ClusterState, stale: boolean): ApiLink {
  const { peer, state, sinceMs, rttMs, lossTo, lossFrom, offset, sampled } = edge;
  return {
    from,
    to: peer,
    ...(state !== undefined && { state }),
    since: toInstant((mesh?.originMs ?? 0) + sinceMs),
    ...(rttMs !== undefined && { rttSeconds: Math.round(rttMs * 1000) / 1e6 }),
    ...(lossTo !== undefined && { lossTo }),
    ...(lossFrom !== undefined && { lossFrom }),
    ...(offset !== undefined && { clockOffsetSeconds: toSeconds(offset.offsetMs) }),
    ...(sampled !== undefined && { sampled }),
    ...(stale && { stale }),
  };
}
