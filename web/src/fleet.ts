/** Which nodes the grid shows and in which order; pure functions of the API's answer. */
import type { ApiNodeSummary, ApiNodes } from '../../agent/http/contract.ts';
import { isHistory } from './members.ts';

/** A node in brief. Of one against which nothing is known only its name and its place are told. */
export type NodeBrief = Omit<ApiNodeSummary, 'sentence' | 'counts' | 'ageSeconds'> &
  Partial<Pick<ApiNodeSummary, 'sentence' | 'counts' | 'ageSeconds'>>;

/** All nodes of an answer, those that are only named among them. */
export function nodesOf({ nodes, fine = [] }: ApiNodes): readonly NodeBrief[] {
  if (fine.length === 0) return nodes;
  const named = fine.flatMap(({ nodes: names, ...place }) =>
    names.map((node): NodeBrief => ({ node, status: 'ok', ...place })),
  );
  return [...nodes, ...named];
}

/** What is wrong with a node, the gravest first. `gone`: not connected, whatever it last said. */
export const TROUBLES = ['critical', 'gone', 'warning', 'unknown', 'fine'] as const;
export type Trouble = (typeof TROUBLES)[number];

export function troubleOf(node: NodeBrief): Trouble {
  if (isHistory(node)) return 'gone';
  if (node.status === 'problem') return node.severity === 'critical' ? 'critical' : 'warning';
  return isFine(node) ? 'fine' : 'unknown';
}

/** Nothing is known against it, and everything was looked at. */
export const isFine = (node: NodeBrief): boolean =>
  node.status === 'ok' &&
  !isHistory(node) &&
  node.ageSeconds !== null &&
  (node.member === undefined || node.member === 'alive') &&
  node.freshness !== 'lagging';

/** What may be chosen to be shown: all, all that is not fine, or one kind. */
export const FLEET_STATES = ['all', 'troubled', 'problem', 'gone', 'unknown', 'fine'] as const;
export type FleetState = (typeof FLEET_STATES)[number];

/** `all` for a word that an address should not have. */
export const fleetState = (text: string): FleetState => FLEET_STATES.find((state) => state === text) ?? 'all';

export type FleetCounts = Readonly<Record<FleetState, number>>;

export function countFleet(nodes: readonly NodeBrief[]): FleetCounts {
  const counts = { all: nodes.length, troubled: 0, problem: 0, gone: 0, unknown: 0, fine: 0 };
  for (const node of nodes) {
    const trouble = troubleOf(node);
    counts[trouble === 'critical' || trouble === 'warning' ? 'problem' : trouble] += 1;
    if (trouble !== 'fine') counts.troubled += 1;
  }
  return counts;
}

/** Those in a state. What is fine stands last, so that it need not be gone through. */
function nodesIn({ nodes, counts }: FleetGroup, state: FleetState): readonly NodeBrief[] {
  if (state === 'all') return nodes;
  const fineFrom = nodes.length - counts.fine;
  if (state === 'fine') return nodes.slice(fineFrom);
  const troubled = nodes.slice(0, fineFrom);
  if (state === 'troubled') return troubled;
  return troubled.filter((node) => {
    const trouble = troubleOf(node);
    return state === 'problem' ? trouble === 'critical' || trouble === 'warning' : trouble === state;
  });
}

export interface FleetFilter {
  /** Part of a name. */
  readonly name: string;
  readonly state: FleetState;
}

/**
 * Names in which digits are compared as numbers. Made once: five thousand names are compared sixty thousand times. Not
 * with `Intl` or `localeCompare`: the first of them takes a slow machine as long as a part of what is drawn first.
 */
const KEYS = new Map<string, string>();
const MAX_KEYS = 20_000;

export function nameKey(name: string): string {
  const known = KEYS.get(name);
  if (known !== undefined) return known;
  if (KEYS.size >= MAX_KEYS) KEYS.clear();
  const key = name.toLowerCase().replace(/\d+/g, (digits) => digits.padStart(12, '0'));
  KEYS.set(name, key);
  return key;
}

export function byName(a: string, b: string): number {
  const [first, second] = [nameKey(a), nameKey(b)];
  return first < second ? -1 : first > second ? 1 : 0;
}

/** Nodes of one role and zone. */
export interface FleetGroup {
  readonly id: string;
  readonly role: NodeBrief['role'];
  readonly zone: string | undefined;
  /** The gravest trouble first, by name among equals. */
  readonly nodes: readonly NodeBrief[];
  readonly counts: FleetCounts;
}

const ROLE_ORDER = ['control-plane', 'worker', undefined] as const;

/** As the agent names groups: `worker/eu-1a`. A control plane is one group. */
export const groupId = ({ role, zone }: Pick<NodeBrief, 'role' | 'zone'>): string =>
  `${role ?? 'unknown'}${zone === undefined || role === 'control-plane' ? '' : `/${zone}`}`;

/** The control plane first, then by zone. Made for every answer, and not for every filter. */
export function groupFleet(nodes: readonly NodeBrief[]): FleetGroup[] {
  const troubles = new Map(nodes.map((node) => [node, TROUBLES.indexOf(troubleOf(node))]));
  const sorted = nodes.toSorted((a, b) => troubles.get(a)! - troubles.get(b)! || byName(a.node, b.node));
  const groups = [...Map.groupBy(sorted, groupId)].map(([id, members]): FleetGroup => {
    const [first] = members;
    const zone = first?.role === 'control-plane' ? undefined : first?.zone;
    return { id, role: first?.role, zone, nodes: members, counts: countFleet(members) };
  });
  const rank = ({ role }: FleetGroup): number => ROLE_ORDER.indexOf(role);
  return groups.toSorted((a, b) => rank(a) - rank(b) || byName(a.zone ?? '', b.zone ?? ''));
}

/** A row of the grid. */
export type FleetItem =
  | { readonly kind: 'node'; readonly node: NodeBrief }
  /** `count`: nodes of the group that the filter leaves. */
  | { readonly kind: 'group'; readonly group: FleetGroup; readonly isOpen: boolean; readonly count: number }
  /** Stands for nodes that are fine, and shows or hides them. */
  | { readonly kind: 'fold'; readonly group: string; readonly count: number; readonly isOpen: boolean };

/** In a cluster of more than so many, groups have a row each. */
export const HEADS_FROM = 16;
/** In a cluster of more than so many, nodes that are fine are folded: what is wrong must not be searched for. */
const FOLD_FROM = 24;
/** Fewer in a group are simply shown. */
const FOLD_AT_LEAST = 6;

export interface FleetView extends FleetFilter {
  /** Ids of groups and folds that the reader opened or closed against the usual: see {@link foldId}. */
  readonly turned: ReadonlySet<string>;
}

export const foldId = (group: string): string => `fine ${group}`;

/** The rows, in order. Nothing is folded of what was searched for. */
export function fleetItems(groups: readonly FleetGroup[], { name, state, turned }: FleetView): FleetItem[] {
  const count = groups.reduce((sum, group) => sum + group.nodes.length, 0);
  const text = name.trim().toLowerCase();
  const hasHeads = groups.length > 1 && count > HEADS_FROM;
  const folds = count > FOLD_FROM && text === '' && state === 'all';
  return groups.flatMap((group): FleetItem[] => {
    const inState = nodesIn(group, state);
    const shown = text === '' ? inState : inState.filter(({ node }) => node.toLowerCase().includes(text));
    if (shown.length === 0) return [];
    const isOpen = !hasHeads || !turned.has(group.id);
    const head: FleetItem[] = hasHeads ? [{ kind: 'group', group, isOpen, count: shown.length }] : [];
    if (!isOpen) return head;
    const { fine } = group.counts;
    if (!folds || fine < FOLD_AT_LEAST) return [...head, ...shown.map(rowOf)];
    const fineFrom = shown.length - fine;
    const isUnfolded = turned.has(foldId(group.id));
    const fold: FleetItem = { kind: 'fold', group: group.id, count: fine, isOpen: isUnfolded };
    const rest = isUnfolded ? shown.slice(fineFrom).map(rowOf) : [];
    return [...head, ...shown.slice(0, fineFrom).map(rowOf), fold, ...rest];
  });
}

const rowOf = (node: NodeBrief): FleetItem => ({ kind: 'node', node });

export const countShown = (items: readonly FleetItem[]): number =>
  items.reduce((sum, item) => {
    if (item.kind === 'node') return sum + 1;
    return (
      sum + (item.kind === 'fold' && !item.isOpen ? item.count : item.kind === 'group' && !item.isOpen ? item.count : 0)
    );
  }, 0);

/** False where the grid would look the same: only ages differ. */
export function differs(a: NodeBrief, b: NodeBrief): boolean {
  // Of a node that is only named nothing else is known than that it is fine.
  if (a.counts === undefined || b.counts === undefined) return troubleOf(a) !== troubleOf(b);
  const [first, second] = [a.counts, b.counts];
  return (
    a.status !== b.status ||
    a.severity !== b.severity ||
    a.freshness !== b.freshness ||
    a.member !== b.member ||
    a.memberSince !== b.memberSince ||
    a.maintenance?.until !== b.maintenance?.until ||
    (['ok', 'problem', 'unknown', 'absent'] as const).some((state) => first[state] !== second[state])
  );
}
