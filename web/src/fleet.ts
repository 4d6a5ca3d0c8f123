/** Which nodes the grid shows and in which order; pure functions of the API's answer. */
import type { ApiNode, ApiNodeSummary } from '../../agent/http/contract.ts';
import { isHistory } from './members.ts';

export interface FleetFilter {
  /** Part of a name. */
  readonly text: string;
  /** Without the nodes that are fine. */
  readonly onlyTroubled: boolean;
}

/** From so many nodes on there is a switch that hides those that are fine. */
export const SWITCH_FROM = 20;

const CONTROL_PLANE_NAME = /(^|[-_.\d])(control-?plane|controller|master|cp)(?=$|[-_.\d])/i;

/** What a node with an etcd member is, also by its last report; only control-plane nodes look at that. */
export const looksAtControlPlane = (node: ApiNode): boolean =>
  node.checks.some(({ check, status, lastStatus = status }) => check === 'etcd' && lastStatus !== 'absent');

const isTroubled = (node: ApiNodeSummary): boolean => node.status === 'problem' || isHistory(node);

/** Nothing is known against it, and everything was looked at. */
export const isFine = (node: ApiNodeSummary): boolean =>
  node.status === 'ok' &&
  !isHistory(node) &&
  node.ageSeconds !== null &&
  (node.member === undefined || node.member === 'alive') &&
  node.freshness !== 'lagging';

const byName = new Intl.Collator('en', { numeric: true });

/** Control-plane nodes, then those with problems, then those that are not known, then the rest; by name each. */
export function sortFleet(nodes: readonly ApiNodeSummary[], controlPlane: ReadonlySet<string>): ApiNodeSummary[] {
  const rank = (node: ApiNodeSummary): number => {
    if (controlPlane.has(node.node) || CONTROL_PLANE_NAME.test(node.node)) return 0;
    if (isTroubled(node)) return 1;
    return isFine(node) ? 3 : 2;
  };
  const ranks = new Map(nodes.map((node) => [node, rank(node)]));
  return nodes.toSorted((a, b) => ranks.get(a)! - ranks.get(b)! || byName.compare(a.node, b.node));
}

export function filterFleet(nodes: readonly ApiNodeSummary[], filter: FleetFilter): ApiNodeSummary[] {
  const text = filter.text.trim().toLowerCase();
  return nodes.filter((node) => node.node.toLowerCase().includes(text) && !(filter.onlyTroubled && isFine(node)));
}

export interface FleetCounts {
  readonly all: number;
  /** Connected, with a problem. */
  readonly problem: number;
  /** Connected, and not everything is known. */
  readonly unknown: number;
  readonly history: number;
  readonly notFine: number;
}

export function countFleet(nodes: readonly ApiNodeSummary[]): FleetCounts {
  const counts = { all: nodes.length, problem: 0, unknown: 0, history: 0, notFine: 0 };
  for (const node of nodes) {
    if (!isFine(node)) counts.notFine += 1;
    if (isHistory(node)) counts.history += 1;
    else if (node.status === 'problem') counts.problem += 1;
    else if (!isFine(node)) counts.unknown += 1;
  }
  return counts;
}

/** False where the grid would look the same: only ages differ. */
export const differs = (a: ApiNodeSummary, b: ApiNodeSummary): boolean =>
  a.status !== b.status ||
  a.freshness !== b.freshness ||
  a.member !== b.member ||
  a.memberSince !== b.memberSince ||
  a.maintenance?.until !== b.maintenance?.until ||
  (['ok', 'problem', 'unknown', 'absent'] as const).some((state) => a.counts[state] !== b.counts[state]);
