/** Paths between two connected members that do not work, by the word of both ends. */
import { type Edge, type Member, isReachable } from '../model/member.ts';
import type { StatedEdges } from '../model/stated-edges.ts';
import { compare } from './in-order.ts';
import type { MeshEvidence } from './mesh-evidence.ts';

/** Both are connected to this node by way of others. `one` sorts before `other`. */
export interface DownLink {
  readonly one: string;
  readonly other: string;
  /** Unix ms. */
  readonly since: number;
  /** Which ends state the loss. */
  readonly observers: readonly string[];
  /** Set when only what this end sends gets lost: the other end's packets still reach it. */
  readonly deafTo?: string;
}

/** The verdict on a dying member comes this long after the first lost edge at the latest. */
const VERDICT_MS = 5000;
/**
 * One-way: the far end says, over the direction that works, that it hears my probes no more. Of a link that is cut both
 * ways nothing new is learned. The first report that names the loss still has probes from before it among the last ten.
 */
const MOST_LOST = 0.5;

/** So many losses within so long that no one node explains are one event, and a broken link is part of it. */
const SEVERAL = 3;
const SAME_EVENT_MS = 60_000;

export function downLinks(mesh: MeshEvidence): readonly DownLink[] {
  if (mesh.state.isolated !== undefined || !mesh.state.settled || isFallingApart(mesh)) return [];
  const lost = new Map<string, { readonly from: string; readonly edge: Edge }[]>();
  for (const [from, edge] of strikingEdges(mesh)) {
    if (edge.state !== 'lost' || !isSteady(mesh, from, edge) || !isSteady(mesh, edge.peer, edge)) continue;
    const key = from < edge.peer ? `${from} ${edge.peer}` : `${edge.peer} ${from}`;
    lost.set(key, [...(lost.get(key) ?? []), { from, edge }]);
  }
  return [...lost.values()]
    .flatMap((ends) => linkOf(mesh, ends))
    .sort((a, b) => compare(a.one, b.one) || compare(a.other, b.other));
}

/** `from` has lost `peer`, which says otherwise. */
export interface DeniedLoss {
  readonly from: string;
  readonly peer: string;
  /** The peer reaches it; else it is turned away. */
  readonly isReached: boolean;
}

/**
 * Losses by the word of one end that are part of no broken link, because the other end sees something else: a firewall may let
 * pass only what one of the two begins. Whatever else keeps a link from being called broken also holds here.
 */
export function deniedLosses(mesh: MeshEvidence, links: readonly DownLink[]): readonly DeniedLoss[] {
  if (mesh.state.isolated !== undefined || !mesh.state.settled || isFallingApart(mesh)) return [];
  const known = new Set(links.flatMap(({ one, other }) => [`${one} ${other}`, `${other} ${one}`]));
  return [...strikingEdges(mesh)].flatMap(([from, edge]) => {
    const { peer, state, sinceMs } = edge;
    if (state !== 'lost' || known.has(`${from} ${peer}`) || mesh.nowMs - sinceMs < VERDICT_MS) return [];
    if (!isSteady(mesh, from, edge) || !isSteady(mesh, peer, edge)) return [];
    // What the other end said a while ago denies nothing.
    const back = mesh.reports.get(peer)?.freshness === 'lagging' ? undefined : stateOf(mesh, peer, from);
    return back === undefined || back === 'lost' ? [] : [{ from, peer, isReached: isReachable(back) }];
  });
}

/**
 * In a partition each member is connected until the last on this side has noticed that it is not. Where machines have no
 * time that takes half a minute, and whoever lost it before would be said to have a broken link.
 */
function isFallingApart({ members, nowMs }: MeshEvidence): boolean {
  const going = [...members.values()].filter(
    ({ state, sinceMs }) => (state === 'suspect' || state === 'unreachable') && nowMs - sinceMs < SAME_EVENT_MS,
  );
  return going.filter(({ inComponent }) => !inComponent).length >= SEVERAL || separateLosses(going) >= SEVERAL;
}

/** How many pairs have lost each other of which no two share an end: one node with many broken links makes one. */
function separateLosses(going: readonly Member[]): number {
  const ends = new Set<string>();
  for (const { name, testimony } of going) {
    const by = testimony.find(({ observer, state }) => !isReachable(state) && !ends.has(observer));
    if (by !== undefined && !ends.has(name)) ends.add(name).add(by.observer);
  }
  return ends.size / 2;
}

/** What members of my component state that is not as it should be, each with who states it. */
export function* strikingEdges(mesh: MeshEvidence): Iterable<readonly [string, Edge]> {
  for (const [name, edges] of believed(mesh)) {
    for (const edge of edges.striking()) if (isTestimony(edge)) yield [name, edge];
  }
}

/** What they state of one of them. */
export function* edgesTo(mesh: MeshEvidence, peer: string): Iterable<readonly [string, Edge]> {
  for (const [name, edges] of believed(mesh)) {
    const edge = edges.to(peer);
    if (edge !== undefined && isTestimony(edge)) yield [name, edge];
  }
}

/**
 * Pairs of nodes that are connected to this one, of which one at least probes the other; each once, `one` sorts before `other`.
 * Reads whole reports: not for everybody once a second.
 *
 * @param isWanted which nodes
 */
export function heldPairs(
  mesh: MeshEvidence,
  isWanted: (name: string) => boolean,
): readonly Pick<DownLink, 'one' | 'other'>[] {
  const pairs = new Map<string, Pick<DownLink, 'one' | 'other'>>();
  for (const [name, edges] of believed(mesh)) {
    if (!isWanted(name)) continue;
    for (const edge of edges.all()) {
      if (!isTestimony(edge) || !mesh.component.has(edge.peer) || !isWanted(edge.peer)) continue;
      const [one = '', other = ''] = [name, edge.peer].sort();
      pairs.set(`${one} ${other}`, { one, other });
    }
  }
  return [...pairs.values()];
}

/** By reports that may be believed. */
function* believed(mesh: MeshEvidence): Iterable<readonly [string, StatedEdges]> {
  for (const [name, { edges, freshness }] of mesh.reports) {
    if (edges === undefined || freshness === 'stale' || freshness === 'lagging') continue;
    if (mesh.component.has(name)) yield [name, edges];
  }
}

/** Samples are none. */
const isTestimony = ({ sampled, hindered }: Edge): boolean => sampled !== true && hindered !== true;

/**
 * A member that is going, or comes and goes, takes its links with it. One that was cut off from everybody comes back link
 * by link: one that was lost by then is no news before all of them were tried, which takes machines without time a while.
 */
function isSteady({ members, nowMs }: MeshEvidence, name: string, { sinceMs }: Edge): boolean {
  const member = members.get(name);
  if (member === undefined || !member.inComponent || member.flapping !== undefined) return false;
  const { connectedSinceMs = -Infinity } = member;
  const holdMs = sinceMs < connectedSinceMs ? SAME_EVENT_MS : VERDICT_MS;
  if (nowMs - connectedSinceMs < holdMs) return false;
  return member.state === 'alive' || member.state === 'suspect';
}

function linkOf(mesh: MeshEvidence, ends: readonly { readonly from: string; readonly edge: Edge }[]): DownLink[] {
  const [first] = ends;
  if (first === undefined) return [];
  const [one = '', other = ''] = [first.from, first.edge.peer].sort();
  // Of a node that was cut off a moment ago and is dying now, the report may still be the one from then.
  const sinceMs = Math.max(...ends.map(({ edge }) => edge.sinceMs));
  if (mesh.nowMs - sinceMs < VERDICT_MS || !ends.some((end) => isStill(mesh, end))) return [];
  // The other end may still reach it: then somebody is mistaken, and the next probes tell. What is not striking is read
  // from the whole report, so this comes last.
  if (ends.length === 1 && stateOf(mesh, first.edge.peer, first.from) !== undefined) return [];
  const unheard = ends.filter(({ edge }) => (edge.lossTo ?? 0) >= MOST_LOST).map(({ from }) => from);
  const [deafTo] = unheard;
  return [
    {
      one,
      other,
      since: mesh.instant(sinceMs),
      observers: ends.map(({ from }) => from).sort(),
      ...(unheard.length === 1 && deafTo !== undefined && { deafTo }),
    },
  ];
}

/**
 * Reports travel for seconds, single changes of edges at once: that a link works again is known from the members'
 * testimony first. Of two neighbours at least one is an observer of the other.
 */
function isStill({ members }: MeshEvidence, { from, edge: { peer } }: { from: string; edge: Edge }): boolean {
  const doubts = (observer: string, member: string): boolean =>
    members.get(member)?.testimony.some((one) => one.observer === observer && !isReachable(one.state)) === true;
  return doubts(from, peer) || doubts(peer, from);
}

function stateOf(mesh: MeshEvidence, from: string, to: string): Edge['state'] {
  const node = mesh.reports.get(from);
  return node?.freshness === 'stale' ? undefined : node?.edges?.to(to)?.state;
}
