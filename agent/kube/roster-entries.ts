/** Of which Nodes a roster reader tells: of those about which there is something to say. Pure. */
import { type Member, isDown } from '../model/member.ts';
import type { LeaseState, RosterEntry } from '../model/roster.ts';
import { LINUX, type NodeFacts } from './objects/node.ts';

export interface EntrySources {
  /** By name. */
  readonly nodes: ReadonlyMap<string, NodeFacts>;
  readonly members: readonly Member[];
  /** Names that two agents or more claim. */
  readonly contested: ReadonlySet<string>;
  /** Nodes that were registered anew under their name a while ago. */
  readonly anew: ReadonlyMap<string, unknown>;
  /** Since when a Node is cordoned, monotonic ms. */
  readonly cordonedSince: (name: string) => number | undefined;
  readonly leaseOf: (name: string) => LeaseState | undefined;
  readonly nowMs: number;
}

/** What matters most comes first: there may be no room for all. */
export function rosterEntries(sources: EntrySources): readonly RosterEntry[] {
  const { nodes, members } = sources;
  const byName = new Map(members.map((member) => [member.name, member]));
  const weighed = [...nodes.values()]
    .filter(({ os }) => os === LINUX)
    .map((node) => ({ node, weight: weightOf(node, byName.get(node.name), sources) }))
    .filter(({ weight }) => weight > 0)
    .sort((one, other) => other.weight - one.weight || (one.node.name < other.node.name ? -1 : 1));
  return weighed.map(({ node }) => entryOf(node, byName.get(node.name), sources));
}

export const countLinux = (nodes: ReadonlyMap<string, NodeFacts>): number =>
  [...nodes.values()].filter(({ os }) => os === LINUX).length;

/** 0: there is nothing to say of it. */
function weightOf(
  node: NodeFacts,
  member: Member | undefined,
  { contested, anew }: Pick<EntrySources, 'contested' | 'anew'>,
): number {
  if (contested.has(node.name)) return 6;
  if (member !== undefined && (isDown(member.state) || member.state === 'suspect')) return 5;
  if (node.isControlPlane) return 4;
  if (node.removedBy !== undefined || node.isCordoned) return 3;
  if (node.ready !== 'true' || node.troubles.length > 0) return 2;
  return member === undefined || anew.has(node.name) ? 1 : 0;
}

function entryOf(node: NodeFacts, member: Member | undefined, sources: EntrySources): RosterEntry {
  const { name, uid, isControlPlane, zone, removedBy, ready, notReadyBecause, notReadyMessage, troubles } = node;
  const since = node.isCordoned ? sources.cordonedSince(name) : undefined;
  const lease = sources.leaseOf(name);
  return {
    name,
    uid,
    isControlPlane,
    ready,
    ...(zone !== undefined && { zone }),
    ...(node.isCordoned && { cordonedForMs: since === undefined ? 0 : sources.nowMs - since }),
    ...(removedBy !== undefined && { removedBy }),
    ...(notReadyBecause !== undefined && { notReadyBecause }),
    ...(notReadyMessage !== undefined && { notReadyMessage }),
    ...(troubles.length > 0 && { troubles }),
    ...(member === undefined && { hasNoAgent: true as const }),
    ...(lease !== undefined && { lease }),
  };
}
