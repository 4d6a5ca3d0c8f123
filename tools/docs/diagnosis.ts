/** docs/diagnosis.md: what is concluded from what, and what explains what. */
import { EXPLANATIONS } from '../../agent/diagnosis/causes.ts';
import { RULES } from '../../agent/diagnosis/rules.ts';
import { code, list, page, seconds, table } from './markdown.ts';

export const diagnosisPage = (): string =>
  page(
    '# Diagnosis',
    INTRODUCTION,
    '## Rules',
    ...RULES.map(ruleSection),
    '## Causes and consequences',
    CAUSES,
    explanations(),
  );

const INTRODUCTION = `
The diagnosis is a pure function of what the checks found and of the time: the same evidence always gives the same
answer. Each rule below turns confirmed problems into a finding; a problem that no rule speaks for is a finding under
its own reason. A finding's severity here is what it means for the **cluster** and decides the status; what it means
for its node is the severity of the reason in [checks.md](checks.md).

The status, in this order: a critical cause makes it \`critical\`; while the agent has just started, or nothing here
gave a verdict, it is \`unknown\`; a warning makes it \`degraded\`; else it is \`healthy\`.`.trim();

const CAUSES = `
A consequence is shown under its cause and does not count for the status. Two things at the same time are not cause
and effect: the consequence's own evidence must name the cause, on the same node, within the time below.`.trim();

function ruleSection({ reason, severity, concludes, from, sound, silentWhen, claims }: (typeof RULES)[number]): string {
  const facts = [
    `Concluded from: ${from}`,
    `Why that is sound: ${sound}`,
    `Silent when: ${silentWhen}`,
    ...(claims.length === 0 ? [] : [`Speaks for: ${claims.map(code).join(', ')}`]),
  ];
  return `### ${reason}\n\n**${severity}.** ${concludes}\n\n${list(facts)}`;
}

const explanations = (): string =>
  table(
    ['Cause', 'Consequence', 'Why', 'Time'],
    EXPLANATIONS.map(({ cause, consequence, why, leadMs, lagMs }) => [
      code(cause),
      code(consequence),
      why,
      `from ${seconds(leadMs)} before the cause was noticed ${lagMs === Infinity ? 'on' : `to ${seconds(lagMs)} after`}`,
    ]),
  );
