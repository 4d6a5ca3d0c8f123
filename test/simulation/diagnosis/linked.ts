/** Two faults of which one explains the other, taken from the table of explanations itself. */
import { EXPLANATIONS } from '../../../agent/diagnosis/causes.ts';
import type { Explanation } from '../../../agent/diagnosis/explanation.ts';
import type { Draft } from '../../../agent/diagnosis/rule.ts';
import { RULES } from '../../../agent/diagnosis/rules.ts';
import { CHECKS } from '../../../checks/registry.ts';
import type { Random } from '../../lib/random.ts';
import { type ProblemFault, problemOf } from './faults.ts';
import { TELLING } from './texts.ts';

/** `check/Reason` of the problems that become a finding of this name. */
const SOURCES = Map.groupBy(
  [
    ...CHECKS.flatMap(({ id, reasons }) => Object.keys(reasons).map((reason) => [reason, `${id}/${reason}`] as const)),
    ...RULES.flatMap(({ reason, claims }) => claims.map((claim) => [reason, claim] as const)),
  ],
  ([reason]) => reason,
);

/** What no problem of a check becomes is seen by the mesh or the stores. */
const BY_CHECKS = EXPLANATIONS.filter(({ cause, consequence }) => SOURCES.has(cause) && SOURCES.has(consequence));

/** Mostly with words that fit. */
export function linkedFaults(random: Random, names: readonly string[]): readonly ProblemFault[] {
  const explanation = random.pick(BY_CHECKS);
  const nodes = explanation.consequence.startsWith('Etcd') ? names.filter((name) => name.startsWith('m')) : names;
  const node = random.pick(nodes);
  const where = explanation.relation === 'anywhere' ? random.pick(names.filter((name) => name.startsWith('m'))) : node;
  const cause = fittingFault(random, explanation.cause, where, names);
  const consequence = fittingFault(random, explanation.consequence, node, names);
  const since = cause.problem.since + random.pick([0, 0, 1000]);
  const subject = explanation.relation === 'path' ? cause.problem.subject : consequence.problem.subject;
  const problem = { ...consequence.problem, since, ...(subject !== undefined && { subject }) };
  return [
    cause,
    { ...consequence, problem: { ...problem, message: wordsFor(random, explanation, consequence, cause) } },
  ];
}

function fittingFault(random: Random, finding: string, node: string, names: readonly string[]): ProblemFault {
  const [, source] = random.pick(SOURCES.get(finding) ?? []);
  const [check = '', reason = ''] = source.split('/');
  return problemOf(random, { node, check, reason }, names);
}

function wordsFor(random: Random, { predicate }: Explanation, consequence: ProblemFault, cause: ProblemFault): string {
  const fitting = TELLING.filter((text) =>
    predicate(draftOf(consequence, text), draftOf(cause, cause.problem.message)),
  );
  return random.pick(fitting.length > 0 ? fitting : TELLING);
}

const draftOf = ({ node, check, problem }: ProblemFault, text: string): Draft => ({
  reason: problem.reason,
  severity: 'warning',
  nodeSeverity: problem.severity,
  node,
  check,
  ...(problem.subject !== undefined && { subject: problem.subject }),
  sentence: '',
  since: problem.since,
  observers: [node],
  dissent: [],
  evidence: [`${check} on ${node}: ${text}`],
  alternatives: [],
  next: [],
  intervalMs: 10_000,
});
