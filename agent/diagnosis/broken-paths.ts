/** Pairs of nodes between which a check sees something broken, put together by the node that they have in common. */
import type { SeenProblem } from './rule.ts';

/** One node, and those between which and it something is broken. */
export interface BrokenPaths {
  readonly centre: string;
  readonly peers: readonly string[];
  /** By whom it is said, the first first. */
  readonly seen: readonly SeenProblem[];
}

/** @param problems whose subject is the other node; either end may say it, or both */
export function brokenPaths(problems: readonly SeenProblem[]): readonly BrokenPaths[] {
  const pairs = [...Map.groupBy(problems, (one) => endsOf(one).join(' ')).values()];
  const count = new Map<string, number>();
  for (const [first] of pairs)
    for (const end of first === undefined ? [] : endsOf(first)) count.set(end, (count.get(end) ?? 0) + 1);
  const centreOf = (one: SeenProblem): string => {
    const [a = '', b = ''] = endsOf(one);
    return (count.get(b) ?? 0) > (count.get(a) ?? 0) ? b : a;
  };
  return [...Map.groupBy(problems, centreOf)].map(([centre, all]) => ({
    centre,
    peers: [...new Set(all.flatMap(endsOf))].filter((name) => name !== centre).sort(),
    seen: all.toSorted((x, y) => x.problem.since - y.problem.since),
  }));
}

const endsOf = ({ node, problem: { subject = '' } }: SeenProblem): readonly string[] => [node, subject].sort();
