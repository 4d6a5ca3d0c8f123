/** Since when this agent hears of the results of all nodes' checks, and who judges where nobody reads events. */
import type { ClusterState } from '../../model/cluster-state.ts';
import { isDown } from '../../model/member.ts';
import type { SourceState } from '../rules/types.ts';

/** What was said while somebody was away comes with the first words that are exchanged. */
const SYNC_MS = 5000;
const MOST_NAMED = 3;

export interface OwnTime {
  /** Others are to be talked to. */
  readonly isMeshed: boolean;
  /** Unix ms: since when this agent looks at its own node without a pause. */
  readonly since: number;
}

export interface ChecksState extends SourceState {
  /** Nodes that are not heard, sorted: what their checks find is not known, and what others' find is. */
  readonly away: readonly string[];
}

/** Why what the checks of a node find is not known; undefined: it is. @param node undefined: of all nodes */
export function whyUnheard({ away }: ChecksState, node: string | undefined): string | undefined {
  const those = node === undefined ? away : away.filter((name) => name === node);
  return those.length === 0 ? undefined : `the checks of ${listed(those)} are not heard`;
}

export function checksState(
  { self, mesh, meshFault }: Pick<ClusterState, 'self' | 'mesh' | 'meshFault'>,
  { isMeshed, since }: OwnTime,
): ChecksState {
  if (!isMeshed) return { completeSince: since, away: [] };
  if (meshFault !== undefined) return { why: `this agent cannot talk to others: ${meshFault.why}`, away: [] };
  if (mesh === undefined || !mesh.settled) return { why: 'the agents are still finding each other', away: [] };
  const others = mesh.members.filter(({ name, state }) => name !== self && state !== 'left');
  const away = others.flatMap(({ name, inComponent }) => (inComponent ? [] : [name])).sort();
  const lastMs = Math.max(
    -Infinity,
    ...others.map(({ inComponent, connectedSinceMs = -Infinity }) => (inComponent ? connectedSinceMs : -Infinity)),
  );
  return { completeSince: Math.max(since, Math.round(mesh.originMs + lastMs + SYNC_MS)), away };
}

const listed = (names: readonly string[]): string =>
  names.length <= MOST_NAMED
    ? names.join(' and ')
    : `${names.slice(0, MOST_NAMED).join(', ')} and ${names.length - MOST_NAMED} more nodes`;

/** The first by name of those that are there; undefined: that is not settled. */
export function firstPresent(
  { self, mesh, meshFault }: Pick<ClusterState, 'self' | 'mesh' | 'meshFault'>,
  isMeshed: boolean,
): string | undefined {
  if (!isMeshed || meshFault !== undefined) return self;
  if (mesh === undefined || !mesh.settled) return undefined;
  const there = mesh.members.filter(({ inComponent, state }) => inComponent && state !== 'left' && !isDown(state));
  return [self, ...there.map(({ name }) => name)].sort()[0];
}
