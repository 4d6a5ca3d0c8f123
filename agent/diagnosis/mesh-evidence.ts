/** What rules ask of the mesh, worked out once for all of them. */
import type { ClusterState, NodeState } from '../model/cluster-state.ts';
import { maintenanceWords } from '../model/maintenance.ts';
import type { Member } from '../model/member.ts';
import type { MeshState, Outage } from '../model/mesh-state.ts';
import type { Roles } from './roles.ts';

/** A member whose host nobody reaches. */
export interface LostMember {
  readonly name: string;
  /** Unix ms. */
  readonly since: number;
  /** Who lost it; this node, where nobody who said so is connected any more. */
  readonly observers: readonly string[];
  /** Who reaches it all the same. */
  readonly dissent: readonly string[];
  /** Why its absence is expected: it is being removed, and not for long, or somebody works on it. */
  readonly excuse?: string;
}

export interface MeshEvidence {
  /** The node that looks. */
  readonly self: string;
  readonly state: MeshState;
  readonly members: ReadonlyMap<string, Member>;
  /** Members that should be here: not left, not leaving and not excused. */
  readonly expected: readonly string[];
  /** Members that are connected to this node, itself included. */
  readonly component: ReadonlySet<string>;
  /** By verdict, each looked at by somebody since this agent started. Nobody is lost while this node is isolated. */
  readonly lost: ReadonlyMap<string, LostMember>;
  /** More than max(3, 20 %) of the nodes are lost. */
  readonly isLossGrave: boolean;
  /** Nodes with a control plane, dead or alive. */
  readonly controlPlane: readonly string[];
  /** Nodes with an etcd member, dead or alive. */
  readonly etcd: readonly string[];
  readonly outages: readonly Outage[];
  /** What is said of nodes on which somebody works now, or which something has announced to remove, not long ago. */
  readonly planned: ReadonlyMap<string, string>;
  /** The last report of each node, however old. */
  readonly reports: ReadonlyMap<string, NodeState>;
  /** Now on this agent's monotonic clock, ms. */
  readonly nowMs: number;
  /** Monotonic ms as Unix ms. */
  instant(monotonicMs: number): number;
  /** Why a node's absence is expected now. */
  excuse(member: Member): string | undefined;
}

/** A node that is being removed is expected to be gone; one that is never removed is forgotten by somebody. */
const REMOVAL_MS = 15 * 60_000;
const FEW_NODES = 3;
const GRAVE_SHARE = 0.2;

/** @param now Unix ms */
export function gatherMesh(cluster: ClusterState, now: number, roles: Roles): MeshEvidence | undefined {
  const { mesh: state } = cluster;
  if (state === undefined) return undefined;
  const members = new Map(state.members.map((member) => [member.name, member]));
  const nowMs = now - state.originMs;
  const instant = (monotonicMs: number): number => Math.round(state.originMs + monotonicMs);
  const removing = new Map(state.removing.map(({ node, why }) => [node, why]));
  const maintenance = new Map(
    (state.maintenance ?? []).map((one) => [one.node, maintenanceWords(one, state.originMs, now)]),
  );
  const announced = state.removing
    .filter(({ isAnnounced, sinceMs }) => isAnnounced && nowMs - sinceMs < REMOVAL_MS)
    .map(({ node, why }) => [node, why] as const);
  const excuse = ({ name, sinceMs }: Member): string | undefined =>
    (nowMs - sinceMs < REMOVAL_MS ? removing.get(name) : undefined) ?? maintenance.get(name);
  const known = state.members.filter((member) => member.state !== 'left');
  const lost = state.isolated === undefined && state.settled ? lostMembers(cluster.self, known, instant, excuse) : [];
  const expected = known
    .filter((member) => member.state !== 'leaving' && (member.inComponent || excuse(member) === undefined))
    .map(({ name }) => name);
  const isKnown = (name: string): boolean => (members.get(name)?.state ?? 'left') !== 'left';
  const unexcused = lost.filter((one) => one.excuse === undefined).length;
  return {
    self: cluster.self,
    state,
    members,
    expected,
    component: new Set(known.filter(({ inComponent }) => inComponent).map(({ name }) => name)),
    lost: new Map(lost.map((one) => [one.name, one])),
    isLossGrave: unexcused > Math.max(FEW_NODES, GRAVE_SHARE * expected.length),
    controlPlane: roles.controlPlane.filter(isKnown),
    etcd: roles.having('etcd').filter(isKnown),
    outages: state.outages,
    planned: new Map([...announced, ...maintenance]),
    reports: new Map(cluster.nodes.map((node) => [node.report.node, node])),
    nowMs,
    instant,
    excuse,
  };
}

/** No other agent is or was known. */
export const isAlone = ({ self, members }: MeshEvidence): boolean =>
  [...members.values()].every(({ name, state }) => name === self || state === 'left');

function lostMembers(
  self: string,
  members: readonly Member[],
  instant: (monotonicMs: number) => number,
  excuse: (member: Member) => string | undefined,
): LostMember[] {
  return members
    .filter(({ state, judged }) => state === 'unreachable' && judged)
    .map((member) => {
      const why = excuse(member);
      const observers = member.testimony.filter(({ state }) => state === 'lost').map(({ observer }) => observer);
      return {
        name: member.name,
        since: instant(member.sinceMs),
        observers: observers.length > 0 ? observers : [self],
        dissent: member.testimony.filter(({ state }) => state !== 'lost').map(({ observer }) => observer),
        ...(why !== undefined && { excuse: why }),
      };
    });
}
