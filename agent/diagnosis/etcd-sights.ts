/** What members of etcd see of the others, by the node of whom they see it. */
import { living } from './instances.ts';
import { type Evidence, type SeenProblem, claimed } from './rule.ts';
import { isComingOrGoing } from './server-sights.ts';

export const MEMBER_GONE = ['etcd/EtcdMemberGone'];

export interface MemberSight {
  readonly node: string;
  /** Its agent says nothing any more, while its host is there as before. */
  readonly isSilent: boolean;
  /** Of others. */
  readonly seen: readonly SeenProblem[];
}

/** A problem is cleared with the next look, and a report travels. */
const HELD_MS = 30_000;

/**
 * Of each member that is not where others list it, and whose node is known: the one that has the address by the Nodes,
 * else the only one with etcd whose agent is silent. Its own agent knows better, where it says anything.
 */
export function memberSights(evidence: Evidence): readonly MemberSight[] {
  const seen = living(claimed(evidence, MEMBER_GONE));
  const silent = seen.length === 0 ? [] : silentMembers(evidence);
  return [...Map.groupBy(seen, ({ problem: { subject = '' } }) => subject)].flatMap(([subject, problems]) => {
    const node = nodeAt(evidence, subject) ?? (silent.length === 1 ? silent[0] : undefined);
    if (node === undefined) return [];
    return [{ node, isSilent: silent.includes(node), seen: problems.filter((one) => one.node !== node) }];
  });
}

/** Nodes with a member whose host is there and whose agent is not. */
function silentMembers({ state, mesh, roles }: Evidence): readonly string[] {
  if (mesh === undefined) return [];
  return roles.having('etcd').filter((node) => {
    const { freshness } = state.nodes.find(({ report }) => report.node === node) ?? { freshness: 'stale' };
    return freshness === 'stale' && !isComingOrGoing(mesh, node, HELD_MS);
  });
}

/** API servers are stacked with members of etcd, or have nothing to do with them. @param place `10.0.0.1:2379` */
const nodeAt = ({ state: { kube } }: Evidence, place: string): string | undefined =>
  kube?.apiServers.find(({ address }) => hostOf(address) === hostOf(place))?.node;

const hostOf = (place: string): string => place.slice(0, place.lastIndexOf(':'));
