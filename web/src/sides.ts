/**
 * What the links of a cluster come to: who can talk to whom, and which node stands out. It orders the matrix so that a
 * partition is two blocks, and says in words what the blocks, rows and columns show; pure functions.
 */
import type { ApiLink } from '../../agent/http/contract/links.ts';
import { byName } from './fleet.ts';
import { isBad } from './links.ts';

/** Nodes that are connected by links that are good in every direction that anybody looks. */
export type Side = readonly string[];

export interface Order {
  /** That of the node that answers first, then the largest. */
  readonly sides: readonly Side[];
  /** All nodes, side by side. */
  readonly nodes: readonly string[];
}

const keyOf = (a: string, b: string): string => (a < b ? `${a}\n${b}` : `${b}\n${a}`);

/**
 * Two nodes are on one side where one of them sees the other well and none sees it badly. What a node said that is not
 * connected counts only where nobody says anything current: that was before, and the cut came after.
 *
 * @param self the node that answers
 * @param rank smaller is first within a side
 */
export function orderBySides(
  nodes: readonly string[],
  links: readonly ApiLink[],
  self: string,
  rank: (node: string) => number,
): Order {
  const pairs = Map.groupBy(links, ({ from, to }) => keyOf(from, to));
  const joined = new Joined(nodes);
  for (const both of pairs.values()) {
    const current = both.filter(({ stale }) => stale !== true);
    const said = current.length > 0 ? current : both;
    const [first] = said;
    if (first !== undefined && said.every(({ state }) => state === 'good')) joined.join(first.from, first.to);
  }
  const sorted = nodes.toSorted((a, b) => rank(a) - rank(b) || byName(a, b));
  const sides = [...Map.groupBy(sorted, (node) => joined.rootOf(node)).values()];
  const isOwn = (side: Side): number => (side.includes(self) ? 0 : 1);
  const ordered = sides.toSorted((a, b) => isOwn(a) - isOwn(b) || b.length - a.length);
  return { sides: ordered, nodes: ordered.flat() };
}

/** Disjoint sets. */
class Joined {
  readonly #parents: Map<string, string>;

  constructor(nodes: readonly string[]) {
    this.#parents = new Map(nodes.map((node) => [node, node]));
  }

  rootOf(node: string): string {
    let root = node;
    for (
      let parent = this.#parents.get(root);
      parent !== undefined && parent !== root;
      parent = this.#parents.get(root)
    )
      root = parent;
    this.#parents.set(node, root);
    return root;
  }

  join(a: string, b: string): void {
    if (this.#parents.has(a) && this.#parents.has(b)) this.#parents.set(this.rootOf(a), this.rootOf(b));
  }
}

export type Pattern =
  /** Groups of nodes that do not reach each other; single ones are told apart. */
  | { readonly kind: 'sides'; readonly sides: readonly Side[] }
  /** Nearly all that look at the node see it badly. */
  | { readonly kind: 'unseen'; readonly node: string; readonly by: number; readonly of: number }
  /** The node sees nearly all badly that others see well. */
  | { readonly kind: 'blind'; readonly node: string; readonly sees: number; readonly of: number }
  /** `from` sees `to` badly, which sees `from` well. */
  | { readonly kind: 'one-way'; readonly from: string; readonly to: string }
  /** Both see each other badly, and others see both well. */
  | { readonly kind: 'pair'; readonly nodes: readonly [string, string] };

/** From this share on it is nearly all. */
const NEARLY = 0.8;
/** One observer alone proves nothing about whom it looks at. */
const OBSERVERS = 2;

/** What stands out, the largest first. A node of another side is told with its side, not once more by itself. */
export function patternsOf({ sides }: Order, links: readonly ApiLink[]): Pattern[] {
  const current = links.filter(({ stale, state }) => stale !== true && state !== undefined);
  const isNearlyAll = (some: readonly ApiLink[]): boolean =>
    some.length >= OBSERVERS && some.filter(isBad).length >= NEARLY * some.length;
  const large = sides.filter((side) => side.length > 1);
  const apart = large.length > 1 ? new Set(large.slice(1).flat()) : new Set<string>();
  const told = new Set(apart);
  const unseen = [...Map.groupBy(current, ({ to }) => to)].flatMap(([node, seen]): Pattern[] => {
    if (told.has(node) || !isNearlyAll(seen)) return [];
    told.add(node);
    return [{ kind: 'unseen', node, by: seen.filter(isBad).length, of: seen.length }];
  });
  const blind = [...Map.groupBy(current, ({ from }) => from)].flatMap(([node, all]): Pattern[] => {
    const sees = all.filter(({ to }) => !told.has(to));
    if (told.has(node) || !isNearlyAll(sees)) return [];
    told.add(node);
    return [{ kind: 'blind', node, sees: sees.filter(isBad).length, of: sees.length }];
  });
  const others = current.filter(({ from, to }) => !told.has(from) && !told.has(to));
  return [
    ...(large.length > 1 ? [{ kind: 'sides' as const, sides: large }] : []),
    ...unseen,
    ...blind,
    ...pairsOf(others),
  ];
}

function pairsOf(links: readonly ApiLink[]): Pattern[] {
  const bad = links.filter(isBad);
  const byPair = new Map(links.map((link) => [`${link.from}\n${link.to}`, link]));
  return bad.flatMap((link): Pattern[] => {
    const { from, to } = link;
    const back = byPair.get(`${to}\n${from}`);
    if (back === undefined) return [];
    if (!isBad(back)) return link.state === 'good' ? [] : [{ kind: 'one-way', from, to }];
    return byName(from, to) < 0 ? [{ kind: 'pair', nodes: [from, to] }] : [];
  });
}
