import { type PathWords, pathDrafts } from '../path-drafts.ts';
import { type Draft, type Evidence, type Rule, type SeenProblem, claimed, draftFor, evidenceLine } from '../rule.ts';
import { firstLines, formatNames } from '../words.ts';

const CUT_OFF = 'overlay/OverlayCutOff';
const PATH = 'overlay/OverlayPathBroken';
const FEWEST_CUT_OFF = 2;
const POLICY = 'Where a NetworkPolicy was added a moment ago, let 7577/udp pass between the overlay responders.';

const WORDS: PathWords = {
  reason: 'OverlayBroken',
  around: (centre, peers) =>
    `Pods on ${centre} and those on ${formatNames(peers)} do not reach each other over the overlay network, the nodes themselves do`,
  everywhere: (pairs, nodes) =>
    `The overlay network is broken between ${pairs} pairs of nodes (${formatNames(nodes)}), which reach each other themselves`,
};

export const overlayBroken: Rule = {
  reason: 'OverlayBroken',
  severity: 'warning',
  concludes:
    'Pods on a node, or on two, do not reach each other while the nodes do: the network of the pods is broken. On more than half of the nodes that is critical.',
  from: 'The overlay responders ping each other; one, or both, were not answered for 24 s, while the agents of both nodes reach each other.',
  sound: 'The same two nodes, at the same time, with the same protocol: only the overlay differs.',
  silentWhen:
    'The agents do not reach each other either; a responder is gone and its own agent says so; a responder was never answered by any other.',
  claims: [CUT_OFF, PATH],
  find(evidence) {
    const isNow = ({ endedMs }: SeenProblem): boolean => endedMs === undefined;
    const cutOff = claimed(evidence, [CUT_OFF]).filter(isNow);
    const paths = claimed(evidence, [PATH]).filter(isNow);
    const looking = cutOff.length >= FEWEST_CUT_OFF ? lookingNodes(evidence) : Infinity;
    if (2 * cutOff.length > looking) return [downOnMost(evidence, cutOff, looking)];
    const ofNode = new Set(cutOff.map(({ node }) => node));
    const about = ({ problem: { subject = '' } }: SeenProblem): boolean => ofNode.has(subject);
    const others = paths.filter((one) => !about(one) && !ofNode.has(one.node));
    return [
      ...cutOff.map((one) =>
        ofOne(
          evidence,
          one,
          paths.filter(({ problem }) => problem.subject === one.node),
        ),
      ),
      ...pathDrafts(evidence, others, WORDS),
    ];
  },
};

/** How many nodes' responders ping others. */
const lookingNodes = ({ state: { nodes } }: Evidence): number =>
  nodes.filter(({ report, freshness }) =>
    report.results.some(
      ({ check, status }) => check === 'overlay' && freshness !== 'stale' && (status === 'ok' || status === 'problem'),
    ),
  ).length;

function downOnMost(evidence: Evidence, cutOff: readonly SeenProblem[], looking: number): Draft {
  const inOrder = cutOff.toSorted((a, b) => a.problem.since - b.problem.since);
  // Until then it was half of them.
  const turning = inOrder[Math.floor(looking / 2)] as SeenProblem;
  const nodes = cutOff.map(({ node }) => node).sort();
  const draft = draftFor(evidence, turning, 'OverlayBroken', 'critical', '');
  return {
    ...draft,
    node: nodes[0] ?? turning.node,
    nodes,
    sentence: `The overlay network is down: pods on ${nodes.length} of ${looking} nodes (${formatNames(nodes)}) reach no pod of another node, the nodes themselves reach each other`,
    observers: nodes,
    evidence: firstLines(inOrder.map(evidenceLine)),
    next: [...draft.next, POLICY],
  };
}

/** @param said by the others of it */
function ofOne(evidence: Evidence, seen: SeenProblem, said: readonly SeenProblem[]): Draft {
  return {
    ...draftFor(evidence, seen, 'OverlayBroken', 'warning', ''),
    sentence: `Pods on ${seen.node} reach no pod of other nodes over the overlay network, the nodes themselves reach each other`,
    since: Math.min(...[seen, ...said].map(({ problem }) => problem.since)),
    observers: [seen, ...said].map(({ node }) => node).sort(),
    evidence: firstLines([seen, ...said].map(evidenceLine)),
  };
}
