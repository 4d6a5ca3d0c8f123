/** The same knowledge told otherwise: in another order, frozen, without an answer, or with words of one node replaced. */
import type { ClusterState, NodeState } from '../../../agent/model/cluster-state.ts';
import { statedEdges } from '../../../agent/model/stated-edges.ts';
import type { CheckResult } from '../../../agent/model/report.ts';
import type { Random } from '../../lib/random.ts';

/** Whoever changes any part of it throws. */
export function deeplyFrozen<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) deeplyFrozen(part);
  return value;
}

/** Edges are read by functions: their list is frozen apart. */
export function frozenState(state: ClusterState): ClusterState {
  for (const { edges } of state.nodes) deeplyFrozen(edges?.all());
  return deeplyFrozen(state);
}

/** All that it says, also what functions give. */
export const textOf = (state: ClusterState): string =>
  JSON.stringify({ ...state, nodes: state.nodes.map((node) => ({ ...node, edges: node.edges?.all() })) });

/** Nodes, their results, problems and edges, and members in another order. */
export function shuffledState(random: Random, state: ClusterState): ClusterState {
  const mixed = <Item>(items: readonly Item[]): Item[] => shuffled(random, items);
  const nodes = mixed(state.nodes).map((node): NodeState => {
    const results = mixed(node.report.results).map((result) => ({
      ...result,
      problems: mixed(result.problems),
      ended: mixed(result.ended),
    }));
    const report = { ...node.report, results };
    return { ...node, report, ...(node.edges !== undefined && { edges: statedEdges(mixed(node.edges.all())) }) };
  });
  const { mesh, signals } = state;
  return {
    ...state,
    nodes,
    ...(signals !== undefined && { signals: mixed(signals) }),
    ...(mesh !== undefined && { mesh: { ...mesh, members: mixed(mesh.members) } }),
  };
}

/** Fisher and Yates. */
function shuffled<Item>(random: Random, items: readonly Item[]): Item[] {
  const list = [...items];
  for (let last = list.length - 1; last > 0; last -= 1) {
    const other = random.integer(last + 1);
    [list[last], list[other]] = [list[other] as Item, list[last] as Item];
  }
  return list;
}

/** No check gives a verdict: each is unknown, absent, never ran or ran long ago. */
export function withoutAnswers(random: Random, state: ClusterState): ClusterState {
  const blind = (result: CheckResult): CheckResult => {
    const { check, intervalMs, since } = result;
    const base = { check, intervalMs, since, readings: [], confirming: false, ended: [], problems: [] } as const;
    const why = 'nothing to see';
    return random.pick<CheckResult>([
      { ...base, status: 'unknown', why, ageMs: 1000 },
      { ...base, status: 'unknown', why, ageMs: 1000, looked: true },
      { ...base, status: 'unknown', why, ageMs: 1000, cutShort: 'timeout' },
      { ...base, status: 'unknown', why },
      { ...base, status: 'absent', why, ageMs: 1000 },
      { ...result, ageMs: 1_000_000, ended: [] },
    ]);
  };
  const nodes = state.nodes.map((node) => ({
    ...node,
    report: { ...node.report, results: node.report.results.map(blind) },
  }));
  return { ...state, nodes };
}

/** All that this node writes is replaced: messages, reasons given, its store's words, and why it wants maintenance. */
export function withWordsOf(author: string, state: ClusterState, word: () => string): ClusterState {
  const resultOf = (result: CheckResult): CheckResult => ({
    ...result,
    ...(result.why !== undefined && { why: word() }),
    problems: result.problems.map((problem) => ({ ...problem, message: word() })),
    ended: result.ended.map((problem) => ({ ...problem, message: word() })),
  });
  const nodes = state.nodes.map((node): NodeState => {
    if (node.report.node !== author) return node;
    const report = { ...node.report, results: node.report.results.map(resultOf) };
    return { ...node, report, ...(node.store !== undefined && { store: { ...node.store, message: word() } }) };
  });
  const { mesh } = state;
  const maintenance = mesh?.maintenance?.map((one) => (one.by === author ? { ...one, reason: word() } : one));
  return {
    ...state,
    nodes,
    ...(mesh !== undefined && { mesh: { ...mesh, ...(maintenance !== undefined && { maintenance }) } }),
  };
}
