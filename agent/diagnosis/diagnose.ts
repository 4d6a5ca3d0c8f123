/** From all that is known to what is wrong: pure and deterministic. */
import type { ClusterState } from '../model/cluster-state.ts';
import type { Diagnosis, View } from '../model/finding.ts';
import { gatherEvidence } from './evidence.ts';
import { explain } from './explain.ts';
import { oneOfEach } from './one-of-each.ts';
import { withPlannedWork } from './planned-work.ts';
import type { Catalogue, Evidence } from './rule.ts';
import { RULES } from './rules.ts';
import { sentenceFor } from './sentence.ts';
import { statusFor } from './status.ts';

/** @param now Unix ms */
export function diagnose(state: ClusterState, now: number, catalogue: Catalogue): Diagnosis {
  const evidence = gatherEvidence(state, now, catalogue);
  const drafts = RULES.flatMap((rule) => rule.find(evidence));
  const findings = explain(oneOfEach(withPlannedWork(drafts, evidence.mesh)));
  const view = viewOf(evidence);
  const status = statusFor(findings, view, evidence);
  return { status, sentence: sentenceFor(status, findings, view, evidence), findings, view, at: now };
}

function viewOf({ state, mesh }: Evidence): View {
  const { self: node, nodes, settled } = state;
  if (mesh === undefined) return { node, members: nodes.length, current: nodes.length, settled };
  const isMember = (name: string): boolean => mesh.members.get(name)?.state !== 'left';
  const current = nodes.filter(({ freshness = 'current', report }) => freshness === 'current' && isMember(report.node));
  return {
    node,
    members: mesh.state.members.filter(({ state: one }) => one !== 'left').length,
    current: current.length,
    component: mesh.component.size,
    settled: settled && mesh.state.settled,
  };
}
