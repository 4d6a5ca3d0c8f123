import { formatDuration } from '../../model/text.ts';
import { viewChecks } from '../../model/view.ts';
import type { Rule } from '../rule.ts';

export const agentImpaired: Rule = {
  reason: 'AgentImpaired',
  severity: 'warning',
  concludes: 'The agent on a node cannot look at a thing at which it should be able to look.',
  from: 'A check whose result is older than three intervals, that ran out of time or threw, or that could look before.',
  sound: 'Every run makes a new result, also one that fails; two runs in a row could not look.',
  silentWhen:
    'The kernel, a mount or a right never offered it: the check has been unknown since the agent started. Results are old because the agent itself was paused: for 10 s the status is unknown instead.',
  claims: [],
  find: ({ state, now }) =>
    state.nodes.flatMap((node) =>
      viewChecks(node, new Set(state.leftOut.map(({ check }) => check)))
        .filter(
          ({ sight, overdue, ageMs, result }) =>
            sight === 'lost' &&
            ageMs !== undefined &&
            !(overdue && state.catchingUp) &&
            !isLeftOut(state, result.check),
        )
        .map(({ result, overdue, ageMs = 0 }) => {
          // Without its age, so that the sentence stays the same while nothing changes.
          const what = overdue
            ? `it should run every ${formatDuration(result.intervalMs)} and does not`
            : (result.why ?? 'no reason given');
          return {
            reason: 'AgentImpaired',
            severity: 'warning',
            nodeSeverity: 'warning',
            node: node.report.node,
            check: result.check,
            subject: result.check,
            sentence: `${result.check} on ${node.report.node} cannot look: ${what}`,
            since: overdue ? now - ageMs : result.since,
            observers: [node.report.node],
            dissent: [],
            evidence: [`${result.check} on ${node.report.node}: ${what}`],
            alternatives: [],
            next: [
              `Look at what ${result.check} waits for, at the agent's log on ${node.report.node} and at its CPU pressure`,
            ],
            intervalMs: result.intervalMs,
          };
        }),
    ),
};

const isLeftOut = (state: { readonly leftOut: readonly { readonly check: string }[] }, check: string): boolean =>
  state.leftOut.some((one) => one.check === check);
