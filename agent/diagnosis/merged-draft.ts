/** One finding for what several nodes see of one thing. */
import { type Draft, type Evidence, type SeenProblem, draftFor, evidenceLine } from './rule.ts';
import { firstLines } from './words.ts';

/**
 * It began with the first of them, whose words and remedy it has.
 *
 * @param problems at least one
 * @param sentence what is broken and where, by whom it is seen
 */
export function mergedDraft(
  evidence: Evidence,
  problems: readonly SeenProblem[],
  reason: string,
  sentence: (observers: readonly string[]) => string,
): Draft {
  const seen = problems.toSorted((a, b) => a.problem.since - b.problem.since);
  const observers = [...new Set(seen.map(({ node }) => node))].sort();
  return {
    ...draftFor(evidence, seen[0] as SeenProblem, reason, 'warning', sentence(observers)),
    observers,
    evidence: firstLines(seen.map(evidenceLine)),
  };
}

/** With what others see of the same thing. */
export function withObservers(draft: Draft, seen: readonly SeenProblem[]): Draft {
  if (seen.length === 0) return draft;
  return {
    ...draft,
    observers: [...new Set([...draft.observers, ...seen.map(({ node }) => node)])].sort(),
    evidence: [...draft.evidence, ...firstLines(seen.map(evidenceLine))],
  };
}

/** On how many nodes the check can look. */
export const lookingNodes = ({ state: { nodes } }: Evidence, check: string): number =>
  nodes.filter(({ report, freshness }) =>
    report.results.some(
      (result) =>
        result.check === check && freshness !== 'stale' && (result.status === 'ok' || result.status === 'problem'),
    ),
  ).length;
