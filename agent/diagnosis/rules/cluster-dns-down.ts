import { byService } from '../explanation.ts';
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
/** Agents ask from the hosts' network. */
const PODS_OR_HOSTS = [
  'without an answer like all pods',
  'kept from it by a NetworkPolicy that was added and admits pods only',
];
/** Where one of these is, or was a moment ago, DNS that does not answer is its node's own trouble. */
const OWN_TROUBLE = new Set(['ServiceUnreachable', 'KubeProxyDown', 'KubeProxyHung', 'KubeProxyUnhealthy']);

export const clusterDnsDown: Rule = {
  reason: 'ClusterDnsDown',
  severity: 'critical',
  concludes: 'The cluster’s DNS fails on most nodes: it is the server, or the way of all to it, and not one node’s.',
  from: 'The same failure of the same server on more than half of all nodes whose agents ask a DNS server.',
  sound: 'Each asks by itself, was answered before, and what it sees lasted 40 s.',
  silentWhen:
    'Half of the nodes or fewer say so: then each is told for itself. Nodes that are lost, that nobody heard of, that were never answered, or whose Services fail as a whole count as nodes on which it works. A cache on the node itself is no server of all.',
  claims: CLAIMS,
  find(evidence) {
    const seen = claimed(evidence, CLAIMS);
    if (seen.length === 0) return [];
    const troubled = new Set(
      evidence.problems.flatMap(({ node, problem }) => (OWN_TROUBLE.has(problem.reason) ? [node] : [])),
    );
    const isCounted = (one: SeenProblem): boolean =>
      one.endedMs === undefined &&
      byService(asCheckSays(evidence, one)) &&
      !(one.problem.reason === 'DnsDown' && troubled.has(one.node));
    const asking = askingNodes(evidence);
    const groups = Map.groupBy(seen.filter(isCounted), ({ problem: { reason, subject } }) => `${reason} ${subject}`);
    const ofMost = [...groups.values()].filter((group) => 2 * group.length > asking);
    const told = new Set(ofMost.flat());
    return [
      ...ofMost.map((group) => ofAll(evidence, group, asking)),
      ...seen.filter((one) => !told.has(one)).map((one) => asCheckSays(evidence, one)),
    ];
  },
};

/** How many members there are whose agents ask a DNS server, as last heard; who was not heard of asks one, too. */
function askingNodes({ state: { nodes, self }, mesh }: Evidence): number {
  const silent = new Set(
    nodes.flatMap(({ report: { node, results } }) =>
      results.some(({ check, status }) => check === 'dns' && status !== 'absent') ? [] : [node],
    ),
  );
  const members = mesh === undefined ? [self] : mesh.expected;
  return members.filter((name) => !silent.has(name)).length;
}

/** @param group one problem of each node */
function ofAll(evidence: Evidence, group: readonly SeenProblem[], asking: number): Draft {
  const inOrder = [...group].sort((a, b) => a.problem.since - b.problem.since);
  const nodes = group.map(({ node }) => node).sort();
  // Until then it was half of them.
  const turning = inOrder[Math.floor(asking / 2)] as SeenProblem;
  const { reason, subject } = turning.problem;
  const draft = draftFor(evidence, turning, 'ClusterDnsDown', 'critical', '');
  const server = subject === undefined ? '' : ` at ${subject}`;
  const lost = [...(evidence.mesh?.lost.keys() ?? [])].sort();
  return {
    ...draft,
    node: nodes[0] ?? turning.node,
    nodes,
    sentence: `The cluster’s DNS${server} ${FAILURES[reason] ?? 'fails on'} ${group.length} of ${asking} nodes: ${turning.problem.message}`,
    observers: nodes,
    // Where its pods may have been on nodes that are lost, that is said in its place.
    alternatives: reason === 'DnsDown' && lost.length === 0 ? PODS_OR_HOSTS : [],
    evidence: [
      `more than half of all nodes see it: ${formatNames(nodes)}`,
      ...draft.evidence,
      ...(lost.length > 0 ? [`its pods may have been on ${formatNames(lost)}, lost now`] : []),
    ],
  };
}
