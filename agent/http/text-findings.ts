/** Findings as text: causes with what follows from them below. */
import { formatInstant } from '../model/text.ts';
import type { ApiFinding } from './contract.ts';
import { listNames, sinceText, wrap } from './text-values.ts';

/** What is read at once; the rest is counted, and is in the JSON. */
const MOST_CAUSES = 15;
const MOST_CONSEQUENCES = 5;
const MOST_OBSERVERS = 6;

/** Causes in their order, each with the first of its consequences below it. */
export function renderFindings(findings: readonly ApiFinding[], now: number): string[] {
  const groups = groupByCause(findings);
  const lines = groups
    .slice(0, MOST_CAUSES)
    .flatMap(([cause, ...consequences]) => [
      ...(cause === undefined ? [] : [...renderFinding(cause, true, now), '']),
      ...consequences.slice(0, MOST_CONSEQUENCES).flatMap((one) => [...renderFinding(one, false, now), '']),
      ...folded(consequences.slice(MOST_CONSEQUENCES)),
    ]);
  const more = groups.length - MOST_CAUSES;
  return more > 0 ? [...lines, `- and ${more} more: meerkat status --json`, ''] : lines;
}

/** A consequence whose cause is not among the findings stands for itself. */
function groupByCause(findings: readonly ApiFinding[]): ApiFinding[][] {
  const ids = new Set(findings.map(({ id }) => id));
  const groups: ApiFinding[][] = [];
  for (const finding of findings) {
    const group = finding.causedBy !== undefined && ids.has(finding.causedBy) ? groups.at(-1) : undefined;
    if (group === undefined) groups.push([finding]);
    else group.push(finding);
  }
  return groups;
}

const folded = (rest: readonly ApiFinding[]): string[] =>
  rest.length === 0
    ? []
    : [`    > and ${rest.length} more: ${listNames([...new Set(rest.map(({ reason }) => reason))])}`, ''];

const GRAVITY = { info: 0, warning: 1, critical: 2 } as const;

function renderFinding(finding: ApiFinding, isCause: boolean, now: number): string[] {
  const indent = isCause ? '  ' : '      ';
  const { observers, dissent } = finding;
  const isGraver = GRAVITY[finding.nodeSeverity] > GRAVITY[finding.severity];
  const grave = isGraver ? `, ${finding.nodeSeverity} for the node itself` : '';
  const seenBy = observers.length > 0 ? `, seen by ${some(observers)}` : '';
  const denied = dissent.length > 0 ? `, denied by ${some(dissent)}` : '';
  const over = finding.overBy === undefined ? '' : `, over by ${formatInstant(Date.parse(finding.overBy), now)}`;
  const about = `${finding.severity}${grave}: ${finding.reason} since ${sinceText(finding.since, now)}${over}${seenBy}${denied}`;
  return [
    ...wrap(finding.sentence, isCause ? '- ' : '    > ', indent),
    ...wrap(about, indent, indent),
    ...listed('evidence', finding.evidence, indent),
    ...listed('could be', finding.alternatives, indent),
    ...listed('next', finding.next, indent, false),
  ];
}

const some = (names: readonly string[]): string =>
  names.length > MOST_OBSERVERS
    ? `${names.slice(0, MOST_OBSERVERS).join(', ')} and ${names.length - MOST_OBSERVERS} more`
    : names.join(', ');

const LABEL = 10;

/** @param broken false for commands: they are copied as they stand */
const listed = (label: string, items: readonly string[], indent: string, broken = true): string[] =>
  items.flatMap((item, index) => {
    const head = `${indent}${(index === 0 ? label : '').padEnd(LABEL)}`;
    return broken ? wrap(item, head, `${indent}${' '.repeat(LABEL)}`) : [`${head}${item}`];
  });
