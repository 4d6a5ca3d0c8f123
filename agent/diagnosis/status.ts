/** The one word, in the order that the design fixes. */
import type { ClusterStatus, Finding, View } from '../model/finding.ts';
import { type Edge, isDown } from '../model/member.ts';
import { type MeshEvidence, isAlone } from './mesh-evidence.ts';
import type { Evidence } from './rule.ts';

export function statusFor(findings: readonly Finding[], view: View, evidence: Evidence): ClusterStatus {
  // Who is cut off from everybody knows nothing of the cluster, whatever it sees at home.
  if (evidence.mesh?.state.isolated !== undefined) return 'unknown';
  const causes = findings.filter((finding) => finding.causedBy === undefined);
  if (causes.some((finding) => finding.severity === 'critical')) return 'critical';
  // Of the others nothing is known, and that is not because they are none.
  if (isUnmet(evidence)) return 'unknown';
  if (!view.settled || isBlind(evidence) || isBehind(evidence) || isMinority(evidence)) return 'unknown';
  if (causes.some((finding) => finding.severity === 'warning')) return 'degraded';
  return 'healthy';
}

/** This agent should talk to others, and never could. */
export const isUnmet = ({ state, mesh }: Evidence): boolean =>
  state.meshFault !== undefined || (mesh !== undefined && isAlone(mesh) && (mesh.state.unmetSeeds ?? []).length > 0);

/** The agent was paused and has not looked again at everything yet: at what its checks look at, or at its peers. */
export const isBehind = ({ state, ownResults, mesh }: Evidence): boolean => {
  if (!state.catchingUp) return false;
  if (ownResults.some(({ overdue }) => overdue)) return true;
  return mesh !== undefined && state.resumedAtMs !== undefined && isOutOfTouch(mesh, state.resumedAtMs);
};

/** Peers are probed every second. */
const TOUCHED_MS = 3000;

/**
 * Some peer was well when it answered last, that was before the pause, and the others have not said what became of it. That
 * it does not answer this agent either, since then, is no word of theirs.
 */
function isOutOfTouch({ reports, members, self, nowMs }: MeshEvidence, resumedAtMs: number): boolean {
  const isOld = ({ state, sinceMs, sampled, answeredAtMs = Infinity }: Edge): boolean =>
    (state === 'good' || sinceMs >= resumedAtMs) &&
    sampled !== true &&
    answeredAtMs < resumedAtMs &&
    nowMs - answeredAtMs > TOUCHED_MS;
  return (reports.get(self)?.edges?.all() ?? []).some(
    (edge) => isOld(edge) && !isDown(members.get(edge.peer)?.state ?? 'unreachable'),
  );
}

/** Less than half of the members that should be here are connected: the others may well have a better view. */
export const isMinority = ({ mesh }: Evidence): boolean =>
  mesh !== undefined && 2 * mesh.component.size < mesh.expected.length;

/** Nothing here gives a verdict: there is nothing to be green about. */
const isBlind = ({ ownResults }: Evidence): boolean =>
  !ownResults.some(({ result, overdue }) => !overdue && (result.status === 'ok' || result.status === 'problem'));
