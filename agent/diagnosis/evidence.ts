/** Flattens the cluster's state into what rules look at. */
import type { ClusterState } from '../model/cluster-state.ts';
import { isOverdue, travelAllowanceMs } from '../model/report.ts';
import { inOrder, problemsInOrder, resultsInOrder } from './in-order.ts';
import { downLinks } from './links.ts';
import { gatherMesh } from './mesh-evidence.ts';
import { rolesOf } from './roles.ts';
import type { Catalogue, Evidence, SeenProblem, SeenResult } from './rule.ts';

export function gatherEvidence(heard: ClusterState, now: number, catalogue: Catalogue): Evidence {
  const state = inOrder(heard);
  const ownResults: SeenResult[] = [];
  const seen: SeenProblem[] = [];
  for (const { report, elapsedMs, freshness } of state.nodes) {
    // What a node outside my component said is history: it testifies to nothing.
    if (freshness === 'stale') continue;
    const allowanceMs = freshness === undefined ? 0 : travelAllowanceMs(report);
    const isOwn = report.node === state.self;
    for (const result of report.results) {
      // Nearly all, of 100,000 in a large cluster.
      if (!isOwn && result.problems.length + result.ended.length === 0) continue;
      const overdue = isOverdue(result, elapsedMs, allowanceMs);
      if (isOwn) ownResults.push({ result, overdue });
      // What is too old to be believed testifies to nothing either.
      if (overdue) continue;
      const origin = { node: report.node, check: result.check, intervalMs: result.intervalMs };
      for (const problem of result.problems) seen.push({ ...origin, problem });
      for (const problem of result.ended) seen.push({ ...origin, problem, endedMs: problem.endedMs });
    }
  }
  const problems = problemsInOrder(seen);
  const roles = rolesOf(state, state.mesh?.controlPlane ?? []);
  const mesh = gatherMesh(state, now, roles);
  return {
    state,
    now,
    catalogue,
    problems,
    problemsBy: Map.groupBy(problems, ({ check, problem }) => `${check}/${problem.reason}`),
    ownResults: resultsInOrder(ownResults),
    roles,
    links: mesh === undefined ? [] : downLinks(mesh),
    ...(mesh !== undefined && { mesh }),
  };
}
