/** What is known in one order, in whichever it was heard: what is concluded must depend on names, never on arrival. */
import type { ClusterState } from '../model/cluster-state.ts';
import type { SeenProblem, SeenResult } from './rule.ts';

/** Nodes and members by name; each of the lists as it is where it has that order already. */
export function inOrder(state: ClusterState): ClusterState {
  const nodes = sorted(state.nodes, ({ report }) => report.node);
  const { mesh } = state;
  const members = mesh === undefined ? undefined : sorted(mesh.members, ({ name }) => name);
  if (nodes === state.nodes && members === mesh?.members) return state;
  return { ...state, nodes, ...(mesh !== undefined && members !== undefined && { mesh: { ...mesh, members } }) };
}

/** Of nodes that are in order themselves: by node, check, reason and subject; one that ended after one that lasts. */
export const problemsInOrder = (problems: readonly SeenProblem[]): readonly SeenProblem[] =>
  problems.toSorted(
    (a, b) =>
      compare(a.node, b.node) ||
      compare(a.check, b.check) ||
      compare(a.problem.reason, b.problem.reason) ||
      compare(a.problem.subject ?? '', b.problem.subject ?? '') ||
      (a.endedMs ?? -1) - (b.endedMs ?? -1),
  );

export const resultsInOrder = (results: readonly SeenResult[]): readonly SeenResult[] =>
  results.toSorted((a, b) => compare(a.result.check, b.result.check));

/** By code units, as everywhere in the diagnosis. */
export const compare = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1);

function sorted<Item>(items: readonly Item[], nameOf: (item: Item) => string): readonly Item[] {
  const isSorted = items.every((item, index) => {
    const before = items[index - 1];
    return before === undefined || nameOf(before) <= nameOf(item);
  });
  return isSorted ? items : items.toSorted((a, b) => compare(nameOf(a), nameOf(b)));
}
