/** Tells causes from consequences. */
import type { Finding } from '../model/finding.ts';
import { EXPLANATIONS } from './causes.ts';
import type { Explanation } from './explanation.ts';
import { findingId } from './one-of-each.ts';
import { type Draft, bySeverity, nodesOf } from './rule.ts';
import { withoutStop } from './words.ts';

/** A consequence may outlive its cause by so many intervals of its own check before it counts as a cause. */
const OUTLIVES_INTERVALS = 2;

/**
 * Findings in the order in which they are read: causes first, the gravest and then the oldest first, each followed by
 * its consequences. A cause is critical when a consequence of it is: two lost nodes are a warning, unless they are what
 * etcd's quorum is missing.
 */
export function explain(drafts: readonly Draft[]): Finding[] {
  const find = createSearch(drafts);
  const causeOf = new Map(drafts.map((draft) => [draft, find(draft)]));
  const alive = drafts.filter((draft) => draft.endedMs === undefined);
  const grave = graveCauses(alive, causeOf);
  const severityOf = (draft: Draft): Draft['severity'] => (grave.has(draft) ? 'critical' : draft.severity);
  const byRank = (a: Draft, b: Draft): number =>
    bySeverity(severityOf(a), severityOf(b)) || bySeverity(a.nodeSeverity, b.nodeSeverity) || byAge(a, b);
  const consequences = Map.groupBy(alive, (draft) => causeOf.get(draft));
  const isCause = (draft: Draft): boolean => causeOf.get(draft)?.endedMs !== undefined || !causeOf.get(draft);
  const ordered: Finding[] = [];
  const add = (draft: Draft): void => {
    ordered.push(toFinding(draft, causeOf.get(draft), severityOf(draft)));
    for (const one of (consequences.get(draft) ?? []).sort(byRank)) add(one);
  };
  for (const draft of alive.filter(isCause).sort(byRank)) add(draft);
  return ordered;
}

function byAge(a: Draft, b: Draft): number {
  if (a.since !== b.since) return a.since - b.since;
  const [idA, idB] = [findingId(a), findingId(b)];
  return idA === idB ? 0 : idA < idB ? -1 : 1;
}

/** Living causes with a critical consequence, direct or not. */
function graveCauses(alive: readonly Draft[], causeOf: ReadonlyMap<Draft, Draft | undefined>): ReadonlySet<Draft> {
  const grave = new Set<Draft>();
  for (const draft of alive) {
    if (draft.severity !== 'critical') continue;
    let cause = causeOf.get(draft);
    while (cause !== undefined && cause.endedMs === undefined && !grave.has(cause)) {
      grave.add(cause);
      cause = causeOf.get(cause);
    }
  }
  return grave;
}

/** No name of a node. */
const ANYWHERE = '*';

/**
 * The cause of a finding: a living one before one that just ended, then the oldest; of those as old, by the table of
 * explanations, then by name, as drafts are in order of names. No cause explains itself.
 */
function createSearch(drafts: readonly Draft[]): (draft: Draft) => Draft | undefined {
  const explanations = Map.groupBy(EXPLANATIONS, ({ consequence }) => consequence);
  const causes = new Map<string, Draft[]>();
  const reasons = new Set(EXPLANATIONS.map(({ cause }) => cause));
  for (const draft of drafts) {
    if (!reasons.has(draft.reason)) continue;
    for (const node of [ANYWHERE, ...nodesOf(draft)]) {
      const key = `${draft.reason} ${node}`;
      const listed = causes.get(key);
      if (listed === undefined) causes.set(key, [draft]);
      else listed.push(draft);
    }
  }
  return (draft) =>
    (explanations.get(draft.reason) ?? [])
      .flatMap((explanation) =>
        nodesToSearch(explanation, draft)
          .flatMap((node) => causes.get(`${explanation.cause} ${node}`) ?? [])
          .filter((cause) => cause !== draft && holds(explanation, draft, cause))
          .map((cause) => ({ cause, isOfSeveral: explanation.relation === 'member of' })),
      )
      .sort(byLikelihood)[0]?.cause;
}

interface Candidate {
  readonly cause: Draft;
  /** What it explains needed several losses: the last of them brought it about. */
  readonly isOfSeveral: boolean;
}

function byLikelihood(a: Candidate, b: Candidate): number {
  const ended = Number(a.cause.endedMs !== undefined) - Number(b.cause.endedMs !== undefined);
  const age = a.cause.since - b.cause.since;
  return ended || (a.isOfSeveral && b.isOfSeveral ? -age : age);
}

function nodesToSearch({ relation }: Explanation, consequence: Draft): readonly string[] {
  if (relation === 'anywhere') return [ANYWHERE];
  if (relation === 'same node') return [consequence.node];
  if (relation === 'member of') return nodesOf(consequence);
  const ends = [...nodesOf(consequence), consequence.node];
  return consequence.subject === undefined ? ends : [...ends, consequence.subject];
}

function holds({ relation, leadMs, lagMs, predicate }: Explanation, consequence: Draft, cause: Draft): boolean {
  const lag = consequence.since - cause.since;
  const lead = (cause.beganWith ?? cause.since) - consequence.since;
  return (
    (relation !== 'same node' || cause.node === consequence.node) &&
    lead <= leadMs &&
    lag <= lagMs &&
    (cause.endedMs === undefined || cause.endedMs <= OUTLIVES_INTERVALS * consequence.intervalMs) &&
    predicate(consequence, cause)
  );
}

function toFinding(draft: Draft, cause: Draft | undefined, severity: Draft['severity']): Finding {
  const { intervalMs: _intervalMs, endedMs: _endedMs, beganWith: _beganWith, isOfAll: _isOfAll, ...said } = draft;
  const rest = { ...said, sentence: withoutStop(said.sentence) };
  const id = findingId(draft);
  if (cause === undefined) return { ...rest, id, severity };
  if (cause.endedMs === undefined) return { ...rest, id, severity, causedBy: findingId(cause) };
  // Its cause is over; it gets two intervals to follow before it is taken for a fault of its own.
  const evidence = [...rest.evidence, `its cause, ${cause.reason}, has just ended`];
  return { ...rest, id, severity: 'info', nodeSeverity: 'info', evidence };
}
