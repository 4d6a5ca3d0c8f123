import type { ClusterState, NodeState } from '../../model/cluster-state.ts';
import { type CheckResult, isOverdue } from '../../model/report.ts';
import { formatDuration } from '../../model/text.ts';
import { viewChecks } from '../../model/view.ts';
import type { Catalogue, Draft, Rule } from '../rule.ts';

export const agentImpaired: Rule = {
  reason: 'AgentImpaired',
  severity: 'warning',
  concludes: 'The agent on a node cannot look at a thing at which it should be able to look.',
  from: 'A check whose result is older than three intervals, that ran out of time or threw, or that could look before. Of another node: what its current report says.',
  sound:
    'Every run makes a new result, also one that fails; two runs in a row could not look. A peer’s results are as old as its own report says, whatever time that took on its way.',
  silentWhen:
    'The kernel, a mount or a right never offered it: the check has been unknown since the agent started. Results are old because the agent itself was paused: for 10 s the status is unknown instead. What the check looks through, such as the Kubernetes API or an overlay responder, does not answer, or a program of the operator’s says that it cannot tell: that is no fault of the agent, and the check stays unknown. The report of another node is late or history.',
  claims: [],
  find: ({ state, now, catalogue }) =>
    state.nodes.flatMap((node) =>
      impairedChecks(state, node)
        .filter((impaired) => !isSaidByProgram(impaired, catalogue))
        .map((impaired) => toDraft(node, impaired, now)),
    ),
};

interface Impaired {
  readonly result: CheckResult;
  readonly overdue: boolean;
  readonly ageMs?: number;
}

/** It ran, in time, and its answer is that it does not know. */
const isSaidByProgram = ({ result, overdue }: Impaired, catalogue: Catalogue): boolean =>
  !overdue && result.cutShort === undefined && result.ageMs !== undefined && catalogue.isProgram(result.check);

function impairedChecks(state: ClusterState, node: NodeState): readonly Impaired[] {
  if (node.freshness === 'stale' || node.freshness === 'lagging') return [];
  if (node.freshness !== undefined) return impairedByOwnWord(node);
  const leftOut = new Set(state.leftOut.map(({ check }) => check));
  return viewChecks(node, leftOut).filter(
    ({ sight, overdue, ageMs, result }) =>
      sight === 'lost' && ageMs !== undefined && !(overdue && state.catchingUp) && !leftOut.has(result.check),
  );
}

/** On its way a peer's result grows old, which is not its check's fault: its age in the report counts. */
const impairedByOwnWord = ({ report, elapsedMs }: NodeState): readonly Impaired[] =>
  (report.catchingUp === true ? [] : report.results)
    .filter(
      (result) =>
        isOverdue(result, 0) ||
        (result.status === 'unknown' &&
          result.ageMs !== undefined &&
          (result.cutShort !== undefined || result.looked === true)),
    )
    .map((result) => ({ result, overdue: isOverdue(result, 0), ageMs: (result.ageMs ?? 0) + elapsedMs }));

function toDraft({ report: { node } }: NodeState, { result, overdue, ageMs = 0 }: Impaired, now: number): Draft {
  const { check, intervalMs } = result;
  // Without its age, so that the sentence stays the same while nothing changes.
  const what = overdue
    ? `it should run every ${formatDuration(intervalMs)} and does not`
    : (result.why ?? 'no reason given');
  return {
    reason: 'AgentImpaired',
    severity: 'warning',
    nodeSeverity: 'warning',
    node,
    check,
    subject: check,
    sentence: `${check} on ${node} cannot look: ${what}`,
    since: overdue ? now - ageMs : result.since,
    observers: [node],
    dissent: [],
    evidence: [`${check} on ${node}: ${what}`],
    alternatives: [],
    next: [`Look at what ${check} waits for, at the agent's log on ${node} and at its CPU pressure`],
    intervalMs,
  };
}
