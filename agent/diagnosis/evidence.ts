/** Flattens the cluster's state into what rules look at. */
import type { ClusterState } from '../model/cluster-state.ts';
import { isOverdue } from '../model/report.ts';
import type { Catalogue, Evidence, SeenProblem, SeenResult } from './rule.ts';

export function gatherEvidence(state: ClusterState, now: number, catalogue: Catalogue): Evidence {
  const results: SeenResult[] = state.nodes.flatMap(({ report, elapsedMs }) =>
    report.results.map((result) => ({ node: report.node, result, overdue: isOverdue(result, elapsedMs) })),
  );
  const problems: SeenProblem[] = results
    // What is too old to be believed testifies to nothing.
    .filter(({ overdue }) => !overdue)
    .flatMap(({ node, result }) => {
      const origin = { node, check: result.check, intervalMs: result.intervalMs };
      return [
        ...result.problems.map((problem) => ({ ...origin, problem })),
        ...result.ended.map((problem) => ({ ...origin, problem, endedMs: problem.endedMs })),
      ];
    });
  return { state, now, catalogue, problems, results };
}
