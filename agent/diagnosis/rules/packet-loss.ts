import { type NetworkWords, networkDrafts } from '../path-drafts.ts';
import type { Rule } from '../rule.ts';
import { formatNames } from '../words.ts';

const NODE = 'reachability/PacketLoss';
const PATH = 'reachability/PathLossy';

const WORDS: NetworkWords = {
  reason: 'PacketLoss',
  ofNode: NODE,
  ofPath: PATH,
  around: (centre, peers) => `Packets between ${centre} and ${formatNames(peers)} get lost`,
  everywhere: (pairs, nodes) => `Packets between ${pairs} pairs of nodes (${formatNames(nodes)}) get lost`,
  about: (node) => `${node} loses packets: much of what it sends to most other nodes does not arrive`,
  onMost: (nodes, looking) =>
    `The network loses packets: much of what ${nodes.length} of ${looking} nodes (${formatNames(nodes)}) send to most others does not arrive`,
  severityOfMost: 'warning',
  alternatives: [],
};

export const packetLoss: Rule = {
  reason: 'PacketLoss',
  severity: 'warning',
  concludes: 'Packets between nodes get lost: those of one node, of a path, or of the whole network.',
  from: 'A node did not hear a tenth of another one’s probes of five minutes; the one that loses them is the node that most of these paths have in common.',
  sound: 'The far end itself says what it heard, so that one that is slow, or stands still, loses nothing.',
  silentWhen:
    'It was a burst; the other end does not answer at all, or comes and goes; the agent stood still. Less than the share that is set (`checks.reachability.lossRatio`) gets lost.',
  claims: [NODE, PATH],
  find: (evidence) => networkDrafts(evidence, WORDS),
};
