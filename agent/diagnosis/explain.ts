/** Tells causes from consequences. */
import type { Finding } from '../model/finding.ts';
import { EXPLANATIONS, type Explanation } from './causes.ts';
import { type Draft, bySeverity } from './rule.ts';

/** A consequence may outlive its cause by so many intervals of its own check before it counts as a cause. */
const OUTLIVES_INTERVALS = 2;

/**
 * Findings in the order in which they are read: causes first, the gravest and then the oldest first, each followed by
 * its consequences.
 */
export function explain(drafts: readonly Draft[]): Finding[] {
  const causeOf = new Map(drafts.map((draft) => [draft, findCause(draft, drafts)]));
  const alive = drafts.filter((draft) => draft.endedMs === undefined);
  const isCause = (draft: Draft): boolean => {
    const cause = causeOf.get(draft);
    return cause === undefined || cause.endedMs !== undefined;
  };
  const ordered: Finding[] = [];
  const add = (draft: Draft): void => {
    ordered.push(toFinding(draft, causeOf.get(draft)));
    for (const one of alive.filter((other) => causeOf.get(other) === draft).sort(byRank)) add(one);
  };
  for (const draft of alive.filter(isCause).sort(byRank)) add(draft);
  return ordered;
}

const findingId = (draft: Draft): string =>
  [draft.reason, draft.node, draft.subject].filter((part) => part !== undefined).join('/');

function byRank(a: Draft, b: Draft): number {
  return (
    bySeverity(a.severity, b.severity) ||
    bySeverity(a.nodeSeverity, b.nodeSeverity) ||
    a.since - b.since ||
    findingId(a).localeCompare(findingId(b))
  );
}

/** The cause of a finding: a living one before one that just ended, the oldest first. No cause explains itself. */
function findCause(draft: Draft, drafts: readonly Draft[]): Draft | undefined {
  return drafts
    .filter((other) => other !== draft && EXPLANATIONS.some((explanation) => holds(explanation, draft, other)))
    .sort((a, b) => Number(a.endedMs !== undefined) - Number(b.endedMs !== undefined) || a.since - b.since)[0];
}

function holds(explanation: Explanation, consequence: Draft, cause: Draft): boolean {
  const { leadMs, lagMs } = explanation;
  const lag = consequence.since - cause.since;
  return (
    explanation.consequence === consequence.reason &&
    explanation.cause === cause.reason &&
    cause.node === consequence.node &&
    lag >= -leadMs &&
    lag <= lagMs &&
    (cause.endedMs === undefined || cause.endedMs <= OUTLIVES_INTERVALS * consequence.intervalMs) &&
    explanation.predicate(consequence, cause)
  );
}

function toFinding(draft: Draft, cause: Draft | undefined): Finding {
  const { intervalMs: _intervalMs, endedMs: _endedMs, ...rest } = draft;
  const id = findingId(draft);
  if (cause === undefined) return { ...rest, id };
  if (cause.endedMs === undefined) return { ...rest, id, causedBy: findingId(cause) };
  // Its cause is over; it gets two intervals to follow before it is taken for a fault of its own.
  const evidence = [...rest.evidence, `its cause, ${cause.reason}, has just ended`];
  return { ...rest, id, severity: 'info', nodeSeverity: 'info', evidence };
}
