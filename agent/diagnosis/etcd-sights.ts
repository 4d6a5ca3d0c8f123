/** What members of etcd see of the others, by the node of whom they see it. */
import { living } from './instances.ts';
import { type Evidence, type SeenProblem, claimed } from './rule.ts';
import { isComingOrGoing } from './server-sights.ts';

export const MEMBER_GONE = ['etcd/EtcdMemberGone'];

/** What the node that has the address says of its member. `silent`: its agent says nothing while its host is there. */
export type MemberHome = 'speaks' | 'absent' | 'silent' | 'unclear';

export interface MemberSight {
  /** `10.0.0.1:2379`. */
  readonly place: string;
  /** Undefined: nobody knows whose the address is. */
  readonly node?: string;
  readonly home: MemberHome;
  /** Of others. */
  readonly seen: readonly SeenProblem[];
}

/** A problem is cleared with the next look, and a report travels. */
const HELD_MS = 30_000;

/**
 * Of each member that is not where others list it. Its node is the one that has the address by the Nodes, else the only one
 * with etcd whose agent fell silent before it was missed.
 */
export function memberSights(evidence: Evidence): readonly MemberSight[] {
  const seen = living(claimed(evidence, MEMBER_GONE));
  const silent = seen.length === 0 ? [] : silentMembers(evidence);
  return [...Map.groupBy(seen, ({ problem: { subject = '' } }) => subject)].map(([place, problems]) => {
    const node = nodeAt(evidence, place) ?? onlyOne(silent, problems);
    const others = problems.filter((one) => one.node !== node);
    if (node === undefined) return { place, home: 'unclear', seen: others };
    return { place, node, home: homeOf(evidence, node, silent), seen: others };
  });
}

interface SilentMember {
  readonly node: string;
  /** Unix ms. */
  readonly since: number;
}

/** Nodes with a member whose host is there and whose agent is not. */
function silentMembers({ state, mesh, roles }: Evidence): readonly SilentMember[] {
  if (mesh === undefined) return [];
  return roles.having('etcd').flatMap((node) => {
    const { freshness } = state.nodes.find(({ report }) => report.node === node) ?? { freshness: 'stale' };
    const member = mesh.members.get(node);
    if (freshness !== 'stale' || member === undefined || isComingOrGoing(mesh, node, HELD_MS)) return [];
    return [{ node, since: mesh.instant(member.sinceMs) }];
  });
}

/** What was missed before is another one: its agent would have said so. */
function onlyOne(silent: readonly SilentMember[], problems: readonly SeenProblem[]): string | undefined {
  const [one, another] = silent;
  if (one === undefined || another !== undefined) return undefined;
  return problems.every(({ problem }) => problem.since >= one.since) ? one.node : undefined;
}

function homeOf({ state }: Evidence, node: string, silent: readonly SilentMember[]): MemberHome {
  if (silent.some((one) => one.node === node)) return 'silent';
  const { report, freshness } = state.nodes.find((one) => one.report.node === node) ?? {};
  const result = report?.results.find(({ check }) => check === 'etcd');
  if (result === undefined || freshness === 'stale' || freshness === 'lagging') return 'unclear';
  return result.status === 'absent' ? 'absent' : 'speaks';
}

/** API servers are stacked with members of etcd, or have nothing to do with them. @param place `10.0.0.1:2379` */
export const nodeAt = ({ state: { kube } }: Evidence, place: string): string | undefined =>
  kube?.apiServers.find(({ address }) => hostOf(address) === hostOf(place))?.node;

const hostOf = (place: string): string => place.slice(0, place.lastIndexOf(':'));
