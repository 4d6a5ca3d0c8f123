/** Which members of etcd prove that there is a quorum. */
import { type CheckResult, isOverdue } from '../model/report.ts';
import type { Evidence } from './rule.ts';

/** What the check says of a member that does not serve. Of the other reasons a member may have any, and serve. */
const FAILS: ReadonlySet<string> = new Set(['EtcdDown', 'EtcdHung', 'EtcdNoLeader', 'EtcdUnhealthy']);

/**
 * Nodes whose member serves reads that need the majority, by a current report, while the others are enough for one:
 * whoever misses it is alone with that. Empty where so many fail that the word of those who still do not is an old one.
 * To be asked only where somebody misses it.
 */
export function quorumHolders({ state, mesh, roles }: Evidence): readonly string[] {
  const members = roles.having('etcd');
  const nodes = new Map(state.nodes.map((node) => [node.report.node, node]));
  const lookAt = (node: string): 'works' | 'fails' | 'unknown' => {
    if (mesh?.lost.has(node) === true) return 'fails';
    const { report, freshness = 'current', elapsedMs = 0 } = nodes.get(node) ?? {};
    const result = report?.results.find(({ check }) => check === 'etcd');
    if (result === undefined) return 'unknown';
    if (result.problems.some(({ reason }) => FAILS.has(reason))) return 'fails';
    return freshness === 'current' && isGood(result) && !isOverdue(result, elapsedMs) ? 'works' : 'unknown';
  };
  const looks = members.map((node) => ({ node, is: lookAt(node) }));
  if (2 * looks.filter(({ is }) => is === 'fails').length >= looks.length) return [];
  return looks.flatMap(({ node, is }) => (is === 'works' ? [node] : []));
}

const isGood = ({ status }: CheckResult): boolean => status === 'ok' || status === 'problem';
