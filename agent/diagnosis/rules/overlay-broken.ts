import { type NetworkWords, networkDrafts } from '../path-drafts.ts';
import type { Rule } from '../rule.ts';
import { formatNames } from '../words.ts';

const CUT_OFF = 'overlay/OverlayCutOff';
const PATH = 'overlay/OverlayPathBroken';

const WORDS: NetworkWords = {
  reason: 'OverlayBroken',
  ofNode: CUT_OFF,
  ofPath: PATH,
  around: (centre, peers) =>
    `Pods on ${centre} and those on ${formatNames(peers)} do not reach each other over the overlay network, the nodes themselves do`,
  everywhere: (pairs, nodes) =>
    `The overlay network is broken between ${pairs} pairs of nodes (${formatNames(nodes)}), which reach each other themselves`,
  about: (node) =>
    `Pods on ${node} reach no pod of other nodes over the overlay network, the nodes themselves reach each other`,
  onMost: (nodes, looking) =>
    `The overlay network is down: pods on ${nodes.length} of ${looking} nodes (${formatNames(nodes)}) reach no pod of another node, the nodes themselves reach each other`,
  severityOfMost: 'critical',
  alternatives: ['a NetworkPolicy that was added keeps the overlay responders apart'],
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
  find: (evidence) => networkDrafts(evidence, WORDS),
};
