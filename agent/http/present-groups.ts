/**
 * What the nodes of each role and zone see of those of the others, in a few kilobytes whatever the size of the cluster.
 * Whom a node watches and what is not good are at hand; figures of good links are read from the reports, in a large
 * cluster from those of some nodes, evenly chosen: reading all of five thousand takes a good part of a second.
 */
import type { ClusterState } from '../model/cluster-state.ts';
import type { Edge } from '../model/member.ts';
import type { ApiGroupMatrix, ApiLink } from './contract/links.ts';
import { groupIdOf, placesOf } from './groups.ts';
import { isPast, presentLink } from './present-mesh.ts';
import { type KnownNode, knownNodes } from './present-nodes.ts';
import { presentOverlay } from './present-overlay.ts';
import { type BadLink, worstOf } from './worst-links.ts';

export interface GroupsQuery {
  readonly network: 'underlay' | 'overlay';
  /** Ids of groups; undefined: all. */
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/** Of so many nodes all edges are read. */
const MAX_READ = 250;
/** From this share of probes on a link that answers is not good: one of ten is lost now and then. */
const LOSSY = 0.2;
const MAX_SLOWEST = 20;

type Path = ApiGroupMatrix['paths'][number];

export function presentGroups(state: ClusterState, { network, from, to }: GroupsQuery): ApiGroupMatrix {
  const known = knownNodes(state);
  const placeOf = placesOf(state);
  const groupOf = new Map(known.map(({ name, node }) => [name, groupIdOf(placeOf(name, node?.report))]));
  const isAsked = (link: { readonly from: string; readonly to: string }): boolean =>
    (from === undefined || groupOf.get(link.from) === from) && (to === undefined || groupOf.get(link.to) === to);
  const tally = new Tally(groupOf, isAsked);
  if (network === 'overlay') tally.takeOverlay(presentOverlay(state).links);
  else tally.takeUnderlay(state, known);
  return { node: state.self, groups: groupsOf(state, known, placeOf), ...tally.result(state) };
}

function groupsOf(
  state: ClusterState,
  known: readonly KnownNode[],
  placeOf: ReturnType<typeof placesOf>,
): ApiGroupMatrix['groups'] {
  const groups = new Map<string, ApiGroupMatrix['groups'][number]>();
  for (const one of known) {
    const place = placeOf(one.name, one.node?.report);
    const id = groupIdOf(place);
    const { role, zone } = place;
    const isOfZone = role !== 'control-plane' && zone !== undefined;
    const { nodes, connected } = groups.get(id) ?? { nodes: 0, connected: 0 };
    const isHere = one.name === state.self || (one.member?.inComponent === true && !isPast(one, state.self));
    groups.set(id, {
      id,
      ...(role !== undefined && { role }),
      ...(isOfZone && { zone }),
      nodes: nodes + 1,
      connected: connected + (isHere ? 1 : 0),
    });
  }
  return [...groups.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Evenly by name. */
function chosen(known: readonly KnownNode[]): ReadonlySet<KnownNode> {
  const step = Math.max(1, known.length / MAX_READ);
  const count = Math.min(known.length, MAX_READ);
  return new Set(Array.from({ length: count }, (_, index) => known[Math.floor(index * step)]!));
}

interface Cell {
  links: number;
  bad: number;
  readonly rtts: number[];
  loss: number;
  lossOf: number;
}

/** Adds up links, each as it is met. */
class Tally {
  readonly #groupOf: ReadonlyMap<string, string>;
  readonly #isAsked: (link: { readonly from: string; readonly to: string }) => boolean;
  readonly #cells = new Map<string, Cell>();
  readonly #bad: BadLink[] = [];
  #slowest: ApiLink[] = [];
  #read = 0;
  #countsLinks = true;

  constructor(
    groupOf: ReadonlyMap<string, string>,
    isAsked: (link: { readonly from: string; readonly to: string }) => boolean,
  ) {
    this.#groupOf = groupOf;
    this.#isAsked = isAsked;
  }

  takeUnderlay(state: ClusterState, known: readonly KnownNode[]): void {
    const read = chosen(known);
    for (const one of known) {
      const { name, node } = one;
      if (node?.edges === undefined || isPast(one, state.self)) continue;
      const wasRead = read.has(one);
      if (wasRead) this.#read += 1;
      for (const to of node.edges.watched()) this.#cell(name, to, (cell) => (cell.links += 1));
      for (const edge of wasRead ? node.edges.all() : node.edges.striking()) this.#take(name, edge, state);
    }
  }

  /** Who is pinged by others is not told: only what is broken counts. */
  takeOverlay(links: readonly ApiLink[]): void {
    this.#countsLinks = false;
    for (const link of links) {
      const isBad =
        link.stale !== true && link.state !== undefined && (link.state !== 'good' || link.shortOnly === true);
      if (!isBad || !this.#isAsked(link)) continue;
      this.#cell(link.from, link.to, (cell) => (cell.bad += 1));
      this.#bad.push(link);
    }
  }

  result(state: ClusterState): Pick<ApiGroupMatrix, 'paths' | 'read' | 'worst' | 'worstLeftOut' | 'slowest'> {
    const paths = [...this.#cells].map(([key, cell]) => pathOf(key, cell, this.#countsLinks));
    return { paths, read: this.#read, ...worstOf(this.#bad, state), slowest: this.#slowest };
  }

  #take(from: string, edge: Edge, state: ClusterState): void {
    const { peer: to, state: seen, rttMs, lossTo = 0, lossFrom = 0, sampled } = edge;
    if (sampled === true || seen === undefined) return;
    const loss = Math.max(lossTo, lossFrom);
    const isBad = seen !== 'good' || loss >= LOSSY;
    this.#cell(from, to, (cell) => {
      if (isBad) cell.bad += 1;
      if (seen !== 'good') return;
      cell.lossOf += 1;
      cell.loss += loss;
      if (rttMs !== undefined) cell.rtts.push(rttMs);
    });
    if (!this.#isAsked({ from, to }) || !this.#groupOf.has(to)) return;
    if (isBad) this.#bad.push(presentLink(from, edge, state, false));
    else if (rttMs !== undefined) this.#takeSlow(from, edge, rttMs, state);
  }

  #takeSlow(from: string, edge: Edge, rttMs: number, state: ClusterState): void {
    const last = this.#slowest.at(-1)?.rttSeconds ?? 0;
    if (this.#slowest.length === MAX_SLOWEST && rttMs / 1000 <= last) return;
    this.#slowest = [...this.#slowest, presentLink(from, edge, state, false)]
      .sort((a, b) => (b.rttSeconds ?? 0) - (a.rttSeconds ?? 0))
      .slice(0, MAX_SLOWEST);
  }

  #cell(from: string, to: string, change: (cell: Cell) => void): void {
    const [one, other] = [this.#groupOf.get(from), this.#groupOf.get(to)];
    if (one === undefined || other === undefined || !this.#isAsked({ from, to })) return;
    const key = `${one}\n${other}`;
    const cell = this.#cells.get(key) ?? { links: 0, bad: 0, rtts: [], loss: 0, lossOf: 0 };
    this.#cells.set(key, cell);
    change(cell);
  }
}

function pathOf(key: string, { links, bad, rtts, loss, lossOf }: Cell, countsLinks: boolean): Path {
  const [from = '', to = ''] = key.split('\n');
  const sorted = rtts.toSorted((a, b) => a - b);
  const [median, worst] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
  return {
    from,
    to,
    ...(countsLinks && { links }),
    bad,
    ...(median !== undefined && { rttSeconds: seconds(median) }),
    ...(worst !== undefined && { rttWorstSeconds: seconds(worst) }),
    ...(lossOf > 0 && { lossRatio: Math.round((loss / lossOf) * 1000) / 1000 }),
  };
}

/** Exact to the microsecond. */
const seconds = (ms: number): number => Math.round(ms * 1000) / 1e6;
