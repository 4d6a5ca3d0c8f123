/** Flattens the cluster's state into what rules look at. */
import type { ClusterState } from '../model/cluster-state.ts';
import { CONTROL_PLANE_PARTS } from '../model/control-plane.ts';
import type { Member } from '../model/member.ts';
import { type NodeReport, isOverdue, travelAllowanceMs } from '../model/report.ts';
import { inOrder, problemsInOrder, resultsInOrder } from './in-order.ts';
import { downLinks } from './links.ts';
import { gatherMesh } from './mesh-evidence.ts';
import { rolesOf } from './roles.ts';
import type { Catalogue, Evidence, SeenProblem, SeenResult } from './rule.ts';
import { withoutStop } from './words.ts';

/** By then others have looked at an API server or a member of etcd whose agent says nothing, and tell it themselves. */
const STANDS_MS = 180_000;
const PARTS: readonly string[] = CONTROL_PLANE_PARTS;

export function gatherEvidence(heard: ClusterState, now: number, catalogue: Catalogue): Evidence {
  const state = inOrder(heard);
  const ownResults: SeenResult[] = [];
  const seen: SeenProblem[] = [];
  const ended = endedAgents(state, now);
  for (const { report, elapsedMs, freshness } of state.nodes) {
    // What a node outside my component said is history: it testifies to nothing.
    if (freshness === 'stale') {
      const endedForMs = ended.get(report.node);
      if (endedForMs !== undefined) seen.push(...lastWords(report, elapsedMs - endedForMs));
      continue;
    }
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

/** Whose agent ended a short while ago, on a host that answers, and since when, ms. */
function endedAgents({ mesh }: ClusterState, now: number): ReadonlyMap<string, number> {
  if (mesh === undefined) return new Map();
  const nowMs = now - mesh.originMs;
  const hasEnded = ({ state, sinceMs }: Member): boolean =>
    (state === 'agent-down' || state === 'leaving') && nowMs - sinceMs < STANDS_MS;
  const down = mesh.members.filter(hasEnded);
  return new Map(down.map(({ name, sinceMs }) => [name, nowMs - sinceMs]));
}

/**
 * An agent that ends does not mend what it said of the control plane beside it: until it is back, or others have looked, a
 * cluster that had no API server a moment ago is not called well.
 *
 * @param ageMs of the report when its agent ended
 */
const lastWords = (report: NodeReport, ageMs: number): SeenProblem[] =>
  report.results
    .filter((result) => PARTS.includes(result.check) && !isOverdue(result, ageMs, travelAllowanceMs(report)))
    .flatMap(({ check, intervalMs, problems }) =>
      problems.map((problem) => {
        const message = `${withoutStop(problem.message)}, as its agent said before it ended.`;
        return { node: report.node, check, intervalMs, problem: { ...problem, message } };
      }),
    );
