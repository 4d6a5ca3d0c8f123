/** From all that is known to what is wrong: pure and deterministic. */
import type { ClusterState } from '../model/cluster-state.ts';
import type { Diagnosis, View } from '../model/finding.ts';
import { gatherEvidence } from './evidence.ts';
import { explain } from './explain.ts';
import type { Catalogue } from './rule.ts';
import { RULES } from './rules.ts';
import { sentenceFor } from './sentence.ts';
import { statusFor } from './status.ts';

/** @param now Unix ms */
export function diagnose(state: ClusterState, now: number, catalogue: Catalogue): Diagnosis {
  const evidence = gatherEvidence(state, now, catalogue);
  const findings = explain(RULES.flatMap((rule) => rule.find(evidence)));
  const view: View = {
    node: state.self,
    members: state.nodes.length,
    current: state.nodes.length,
    settled: state.settled,
  };
  const status = statusFor(findings, view, evidence);
  return { status, sentence: sentenceFor(status, findings, view, evidence), findings, view, at: now };
}
