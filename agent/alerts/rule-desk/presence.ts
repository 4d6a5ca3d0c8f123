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

export function checksState(
  { self, mesh, meshFault }: Pick<ClusterState, 'self' | 'mesh' | 'meshFault'>,
  { isMeshed, since }: OwnTime,
): SourceState {
  if (!isMeshed) return { completeSince: since };
  if (meshFault !== undefined) return { why: `this agent cannot talk to others: ${meshFault.why}` };
  if (mesh === undefined || !mesh.settled) return { why: 'the agents are still finding each other' };
  const others = mesh.members.filter(({ name, state }) => name !== self && state !== 'left');
  const away = others.flatMap(({ name, inComponent }) => (inComponent ? [] : [name])).sort();
  if (away.length > 0) return { why: `the checks of ${listed(away)} are not heard` };
  const lastMs = Math.max(-Infinity, ...others.map(({ connectedSinceMs = -Infinity }) => connectedSinceMs));
  return { completeSince: Math.max(since, Math.round(mesh.originMs + lastMs + SYNC_MS)) };
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
