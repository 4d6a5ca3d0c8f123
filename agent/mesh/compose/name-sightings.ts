/**
 * Which of two agents of one name its observers see. An agent probes the one that it takes for the holder, and states so
 * by its key: after a partition in which each side had its own this tells which side has more of the observers, and of
 * who claims a name out of nothing it tells that nobody has known it. It is no vote among strangers: only observers that
 * are members of my component count, so whoever wants a name that somebody has must be most of its observers.
 */
import { type EdgeState, isReachable } from '../../model/member.ts';
import { type AuthorKey, authorOf, prefixOf } from '../identity/peer-id.ts';
import type { MembershipStep } from '../membership/step.ts';
import type { Binding } from '../names/binding.ts';
import type { Sightings } from '../names/judge.ts';
import type { Directory } from './directory.ts';
import type { ReportedEdges } from './reported-edges.ts';

export interface SightingsSources {
  readonly self: { readonly name: string; readonly peerId: string };
  readonly directory: Pick<Directory, 'byName'>;
  readonly readLatest: (author: AuthorKey) => { readonly edges: ReportedEdges } | undefined;
  readonly step: Pick<MembershipStep, 'observersOf' | 'edges'>;
}

type Sight = keyof Sightings;

export function countSightings(claim: Binding, holder: Binding, sources: SightingsSources): Sightings {
  const { self, directory, readLatest, step } = sources;
  const keys = { claimant: prefix(claim.peerId), holder: prefix(holder.peerId) };
  const parties = [claim.peerId, holder.peerId];
  const count: Record<Sight, number> = { claimant: 0, holder: 0, neither: 0 };
  const add = (sight: Sight | undefined): void => void (sight !== undefined && (count[sight] += 1));
  if (!parties.includes(self.peerId) && self.name !== holder.name) add(ownSight(holder.name, step));
  for (const observer of step.observersOf(holder.name)) {
    const node = observer === self.name ? undefined : directory.byName(observer);
    // Neither of the two speaks for itself.
    if (node === undefined || parties.includes(node.peerId)) continue;
    const edges = readLatest(node.author)?.edges;
    if (edges !== undefined) add(sightIn(edges, keys));
  }
  return count;
}

/** I look for the one that has the name here. */
function ownSight(name: string, { edges }: Pick<MembershipStep, 'edges'>): Sight | undefined {
  const states = edges().flatMap(({ peer, state, sampled }) =>
    peer === name && state !== undefined && sampled !== true ? [state] : [],
  );
  if (states.length === 0) return undefined;
  return states.some(isReachable) ? 'holder' : 'neither';
}

function sightIn(
  edges: ReportedEdges,
  keys: { readonly claimant: string; readonly holder: string },
): Sight | undefined {
  const [claimant, holder] = [stateOf(edges, keys.claimant), stateOf(edges, keys.holder)];
  if (claimant === undefined && holder === undefined) return undefined;
  // Who sees both is no agent: it has one key for each name.
  if (isReachable(claimant) === isReachable(holder)) return 'neither';
  return isReachable(claimant) ? 'claimant' : 'holder';
}

/** Without reading the report again: what is not striking is good. */
function stateOf({ peers, striking }: ReportedEdges, key: string): EdgeState | undefined {
  if (!peers.includes(key)) return undefined;
  const found = striking.find(({ peer }) => peer === key);
  return found === undefined ? 'good' : found.state;
}

function prefix(peerId: string): string {
  const author = authorOf(peerId);
  return author === undefined ? '' : prefixOf(author);
}
