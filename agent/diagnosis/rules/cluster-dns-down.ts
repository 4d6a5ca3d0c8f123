import { type Draft, type Evidence, type Rule, type SeenProblem, claimed, draftFor } from '../rule.ts';
import { formatNames } from '../words.ts';
import { asCheckSays } from './unclaimed.ts';

/** What each is, said of the server. */
const FAILURES: Readonly<Record<string, string>> = {
  DnsDown: 'does not answer',
  DnsFails: 'answers with an error to',
  DnsWrongAnswer: 'answers wrongly to',
};
const CLAIMS = Object.keys(FAILURES).map((reason) => `dns/${reason}`);
/** Where one of these is, DNS that is not reached is its node's own trouble. */
const OWN_TROUBLE = ['ServiceUnreachable', 'KubeProxyDown', 'KubeProxyHung', 'KubeProxyUnhealthy'];

export const clusterDnsDown: Rule = {
  reason: 'ClusterDnsDown',
  severity: 'critical',
  concludes: 'The cluster’s DNS fails on most nodes: it is the server, and not one node’s way to it.',
  from: 'The same failure of the same server on more than half of all nodes whose agents ask a DNS server.',
  sound: 'Each asks by itself, and what it sees lasted 40 s; nodes whose Services fail as a whole are not counted.',
  silentWhen:
    'Half of the nodes or fewer say so: then each is told for itself. Nodes that are lost count as nodes on which it works.',
  claims: CLAIMS,
  find(evidence) {
    const seen = claimed(evidence, CLAIMS);
    if (seen.length === 0) return [];
    const troubled = new Set(
      evidence.problems.flatMap(({ node, problem, endedMs }) =>
        endedMs === undefined && OWN_TROUBLE.includes(problem.reason) ? [node] : [],
      ),
    );
    const [counted, others] = [[] as SeenProblem[], [] as SeenProblem[]];
    for (const one of seen) (one.endedMs === undefined && !troubled.has(one.node) ? counted : others).push(one);
    const asking = askingNodes(evidence);
    const groups = Map.groupBy(counted, ({ problem: { reason, subject } }) => `${reason} ${subject ?? ''}`);
    return [
      ...[...groups.values()].flatMap((group) =>
        2 * group.length > asking ? [ofAll(evidence, group, asking)] : group.map((one) => asCheckSays(evidence, one)),
      ),
      ...others.map((one) => asCheckSays(evidence, one)),
    ];
  },
};

/** How many members there are whose agents ask a DNS server, as last heard. */
const askingNodes = ({ state: { nodes }, mesh }: Evidence): number =>
  nodes.filter(
    ({ report: { node, results } }) =>
      (mesh?.members.get(node)?.state ?? 'alive') !== 'left' &&
      results.some(({ check, status }) => check === 'dns' && status !== 'absent'),
  ).length;

/** @param group one problem of each node */
function ofAll(evidence: Evidence, group: readonly SeenProblem[], asking: number): Draft {
  const inOrder = [...group].sort((a, b) => a.problem.since - b.problem.since);
  const nodes = group.map(({ node }) => node).sort();
  // Until then it was half of them.
  const turning = inOrder[Math.floor(asking / 2)] as SeenProblem;
  const { reason, subject } = turning.problem;
  const draft = draftFor(evidence, turning, 'ClusterDnsDown', 'critical', '');
  const server = subject === undefined ? '' : ` at ${subject}`;
  return {
    ...draft,
    node: nodes[0] ?? turning.node,
    nodes,
    sentence: `The cluster’s DNS${server} ${FAILURES[reason] ?? 'fails on'} ${group.length} of ${asking} nodes: ${turning.problem.message.replace(/\.$/, '')}`,
    beganWith: inOrder[0]?.problem.since ?? draft.since,
    observers: nodes,
    evidence: [`more than half of all nodes see it: ${formatNames(nodes)}`, ...draft.evidence],
  };
}
