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
The diagnosis is a pure function of what the checks found, of what the agents see of each other and of the time: the
same evidence always gives the same answer. Each rule below turns facts into a finding; a problem that no rule speaks
for is a finding under its own reason. A finding's severity here is what it means for the **cluster** and decides the
status; what it means for its node is the severity of the reason in [checks.md](checks.md).

Only nodes that are connected to the one that answers are believed. The last report of any other node is kept and shown
with its age; it is history, and nothing is concluded from it.

The status, in this order: a node that is isolated says \`unknown\`; a critical cause makes it \`critical\`; while the
agent has just started, nothing here gave a verdict, or less than half of the nodes are connected, it is \`unknown\`; a
warning makes it \`degraded\`; else it is \`healthy\`.`.trim();

const CAUSES = `
A consequence is shown under its cause and does not count for the status, but a cause with a critical consequence is
critical. Two things at the same time are not cause and effect: the consequence's own evidence must name the cause, on
nodes that are related as below, within the time below.`.trim();

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
    ['Cause', 'Consequence', 'Nodes', 'Why', 'Time'],
    EXPLANATIONS.map(({ cause, consequence, relation, why, leadMs, lagMs }) => [
      code(cause),
      code(consequence),
      relation,
      why,
      leadMs === Infinity
        ? `up to ${seconds(lagMs)} after the cause was noticed`
        : `from ${seconds(leadMs)} before the cause was noticed ${lagMs === Infinity ? 'on' : `to ${seconds(lagMs)} after`}`,
    ]),
  );
