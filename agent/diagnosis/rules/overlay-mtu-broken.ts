import { type BrokenPaths, brokenPaths } from '../broken-paths.ts';
import { type Draft, type Evidence, type Rule, type SeenProblem, claimed, draftFor } from '../rule.ts';
import { firstLines, formatNames } from '../words.ts';

const CLAIMS = ['overlay/OverlayMtuBroken'];
/** More than so many nodes have one cause: the MTU of the cluster's network. */
const MOST_TOLD = 3;

export const overlayMtuBroken: Rule = {
  reason: 'OverlayMtuBroken',
  severity: 'warning',
  concludes:
    'Long datagrams between pods of two nodes get lost and short ones do not: connections open, and then hang.',
  from: 'Twelve pings in a row as long as the smaller MTU of the two pods were not answered, short ones were.',
  sound: 'Both are sent together by the same responder to the same one; only their length differs.',
  silentWhen:
    'Short ones get lost as well; an end does not know its MTU; a router says how much fits, so that senders adapt; the pods speak IPv6.',
  claims: CLAIMS,
  find(evidence) {
    const groups = brokenPaths(claimed(evidence, CLAIMS).filter(({ endedMs }) => endedMs === undefined));
    if (groups.length <= MOST_TOLD) return groups.map((group) => ofPaths(evidence, group));
    const nodes = [...new Set(groups.flatMap(({ centre, peers }) => [centre, ...peers]))].sort();
    const pairs = groups.reduce((sum, { peers }) => sum + peers.length, 0);
    const seen = groups.flatMap((group) => group.seen).toSorted((a, b) => a.problem.since - b.problem.since);
    return [toDraft(evidence, nodes, seen, `Between pods of ${pairs} pairs of nodes (${formatNames(nodes)})`)];
  },
};

const ofPaths = (evidence: Evidence, { centre, peers, seen }: BrokenPaths): Draft => ({
  ...toDraft(evidence, [centre, ...peers], seen, `Between pods on ${centre} and those on ${formatNames(peers)}`),
  ...(peers.length === 1 && { subject: peers[0] ?? '' }),
});

/** @param seen the first first */
function toDraft(evidence: Evidence, nodes: readonly string[], seen: readonly SeenProblem[], where: string): Draft {
  const first = seen[0] as SeenProblem;
  const sentence = `${where} long datagrams get lost`;
  const { subject: _subject, ...draft } = draftFor(evidence, first, 'OverlayMtuBroken', 'warning', sentence);
  return {
    ...draft,
    node: nodes[0] ?? first.node,
    nodes,
    observers: [...new Set(seen.map(({ node }) => node))].sort(),
    evidence: firstLines(seen.map(({ node, problem }) => `overlay on ${node}: ${problem.message}`)),
  };
}
