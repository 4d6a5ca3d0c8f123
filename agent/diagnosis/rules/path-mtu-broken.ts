import { living } from '../instances.ts';
import { type PathWords, pathDrafts } from '../path-drafts.ts';
import { type Rule, claimed } from '../rule.ts';
import { formatNames } from '../words.ts';

const CLAIMS = ['reachability/PathMtuBroken'];
const WORDS: PathWords = {
  reason: 'PathMtuBroken',
  around: (centre, peers) =>
    `Between ${centre} and ${formatNames(peers)} datagrams as long as the MTU get lost, short ones do not`,
  everywhere: (pairs, nodes) =>
    `Between ${pairs} pairs of nodes (${formatNames(nodes)}) datagrams as long as the MTU get lost, short ones do not`,
};

export const pathMtuBroken: Rule = {
  reason: 'PathMtuBroken',
  severity: 'warning',
  concludes:
    'Datagrams between two nodes that are as long as the MTU get lost and short ones do not: connections open, and then hang.',
  from: 'Twelve datagrams in a row as long as the smaller MTU of the two nodes were not answered, each sent right after a short one that was.',
  sound: 'Both go from the same socket to the same one; only their length differs.',
  silentWhen:
    'Short ones get lost as well; an end does not know its MTU; a router says how much fits, so that senders adapt; the nodes know each other by IPv6.',
  claims: CLAIMS,
  find: (evidence) => pathDrafts(evidence, living(claimed(evidence, CLAIMS)), WORDS),
};
