/** Which members of etcd prove that there is a quorum. */
import { instancesOf } from './instances.ts';
import type { Evidence } from './rule.ts';

/**
 * Nodes whose member serves reads that need the majority, by a current report, while the others are enough for one:
 * whoever misses it is alone with that. Empty where so many fail that the word of those who still do not is an old one.
 */
export function quorumHolders(evidence: Evidence): readonly string[] {
  const members = instancesOf(evidence, 'etcd');
  const failing = members.filter(({ state }) => state === 'fails' || state === 'lost');
  if (2 * failing.length >= members.length) return [];
  return members.flatMap(({ node, state }) => (state === 'works' ? [node] : []));
}
