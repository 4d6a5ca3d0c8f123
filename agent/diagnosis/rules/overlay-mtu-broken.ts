import { living } from '../instances.ts';
import { type PathWords, pathDrafts } from '../path-drafts.ts';
import { type Rule, claimed } from '../rule.ts';
import { formatNames } from '../words.ts';

const CLAIMS = ['overlay/OverlayMtuBroken'];
const WORDS: PathWords = {
  reason: 'OverlayMtuBroken',
  around: (centre, peers) =>
    `Between pods on ${centre} and those on ${formatNames(peers)} long datagrams get lost, short ones do not`,
  everywhere: (pairs, nodes) =>
    `Between pods of ${pairs} pairs of nodes (${formatNames(nodes)}) long datagrams get lost, short ones do not`,
};

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
  find: (evidence) => pathDrafts(evidence, living(claimed(evidence, CLAIMS)), WORDS),
};
