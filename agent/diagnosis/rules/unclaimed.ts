import { type Draft, type Evidence, type Rule, type SeenProblem, draftFor } from '../rule.ts';

/** @param claims what other rules speak for, `check/Reason` */
export const unclaimed = (claims: readonly string[]): Rule => ({
  reason: 'any other reason',
  severity: 'warning',
  concludes: "What the check's own catalogue says of the reason.",
  from: 'A confirmed problem that no other rule speaks for.',
  sound: 'Nothing is concluded beyond what was seen.',
  silentWhen: 'Another rule claims the reason.',
  claims: [],
  find: (evidence) =>
    evidence.problems
      .filter((seen) => !claims.includes(`${seen.check}/${seen.problem.reason}`))
      .map((seen) => asCheckSays(evidence, seen)),
});

/** The finding for one problem in the words of its check. */
export function asCheckSays(evidence: Evidence, seen: SeenProblem): Draft {
  const { reason, subject } = seen.problem;
  const summary = evidence.catalogue.reason(seen.check, reason)?.summary ?? reason;
  const about = subject === undefined ? '' : ` (${subject})`;
  return draftFor(evidence, seen, reason, 'warning', `${seen.node}: ${summary.replace(/\.$/, '')}${about}`);
}
