/** The status as text for people with curl. Plain lines, no colour; the first says the most. */
import type { ApiFinding, ApiNode, ApiNodeSummary, ApiStatus } from './contract.ts';
import { countsOf, renderChecks, renderNodeLines } from './text-nodes.ts';
import { age, end, listNames, sinceText, wrap } from './text-values.ts';

/** What the status is shown with. */
export interface StatusNodes {
  /** The node that answers; undefined before its first report. */
  readonly own: ApiNode | undefined;
  /** Every node, that one included. */
  readonly all: readonly ApiNodeSummary[];
}

/** What is read at once; the rest is counted, and is in the JSON. */
const MOST_CAUSES = 15;
const MOST_CONSEQUENCES = 5;
const MOST_OBSERVERS = 6;

/**
 * The whole answer to "what is broken, since when, and why". Of a single node with the state of its checks; of several
 * with a line each.
 */
export function renderStatus(status: ApiStatus, { own, all }: StatusNodes, now: number): string {
  const { view } = status;
  // The first line stays whole: it is what `head -1` and a pager's subject show.
  const lines = [`${status.status.toUpperCase()}  ${status.sentence}`, '', ...renderFindings(status.findings, now)];
  if (all.length > 1) {
    lines.push(`${all.length} nodes:`, '', ...renderNodeLines(all), '');
    lines.push(...wrap(viewOf(status, all), '', ''), `One node with its checks: meerkat nodes NODE`);
    return end(lines);
  }
  if (own !== undefined) lines.push(`Checks on ${own.node}: ${countsOf(own)}`, '', ...renderChecks(own.checks), '');
  lines.push(`Seen from ${view.node}: ${view.current} of ${view.members} members.${starting(status)}`);
  return end(lines);
}

const starting = ({ view }: ApiStatus): string =>
  view.settled ? '' : ' This agent is starting: not every check has run yet.';

/** From where, and on how much, all of this was seen. */
function viewOf(status: ApiStatus, all: readonly ApiNodeSummary[]): string {
  const { node, members, current, component = current } = status.view;
  const peers = all.filter((one) => one.node !== node);
  const none = peers.filter(({ ageSeconds }) => ageSeconds === null);
  const late = peers.filter(({ freshness }) => freshness === 'lagging');
  const parts = [
    `${component} of ${members} members connected`,
    ...staleParts(peers.filter(({ freshness }) => freshness === 'stale')),
    ...(late.length === 0 ? [] : [`a later report of ${namesOf(late)} is known of and has not come yet`]),
    ...(none.length === 0 ? [] : [`no report of ${namesOf(none)} has come yet`]),
  ];
  return `Seen from ${node}: ${parts.join('; ')}.${starting(status)}`;
}

function staleParts(stale: readonly ApiNodeSummary[]): string[] {
  if (stale.length === 0) return [];
  const ages = stale.map(({ ageSeconds }) => ageSeconds ?? 0);
  const [youngest, oldest] = [age(Math.min(...ages)), age(Math.max(...ages))];
  const old = youngest === oldest ? oldest : `${youngest} to ${oldest}`;
  return [
    `the last ${stale.length === 1 ? 'report' : 'reports'} of ${namesOf(stale)} ${stale.length === 1 ? 'is' : 'are'} ${old} old`,
  ];
}

const namesOf = (nodes: readonly ApiNodeSummary[]): string => listNames(nodes.map(({ node }) => node));

/** Causes in their order, each with the first of its consequences below it. */
function renderFindings(findings: readonly ApiFinding[], now: number): string[] {
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
  const about = `${finding.severity}${grave}: ${finding.reason} since ${sinceText(finding.since, now)}${seenBy}${denied}`;
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
