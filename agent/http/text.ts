/** The API's shapes as text for people with curl. Plain lines, no colour; the first says the most. */
import { formatBytes, formatDuration, formatInstant } from '../model/text.ts';
import type { ApiCheck, ApiFinding, ApiNode, ApiNodes, ApiStatus } from './contract.ts';
import { unitOf } from './present.ts';
import { renderTable } from './table.ts';

/** The whole answer to "what is broken, since when, and why", with the state of the node that answers. */
export function renderStatus(status: ApiStatus, node: ApiNode | undefined, now: number): string {
  const { view } = status;
  const lines = [`${status.status.toUpperCase()}  ${status.sentence}`, ''];
  const ids = new Set(status.findings.map(({ id }) => id));
  for (const finding of status.findings) {
    // A consequence whose cause is not among the findings stands for itself.
    const cause = finding.causedBy !== undefined && ids.has(finding.causedBy) ? finding.causedBy : undefined;
    lines.push(...renderFinding(finding, cause === undefined, now), '');
  }
  if (node !== undefined) lines.push(`Checks on ${node.node}: ${countsOf(node)}`, '', ...renderChecks(node.checks), '');
  const starting = view.settled ? '' : ' This agent is starting: not every check has run yet.';
  lines.push(`Seen from ${view.node}: ${view.current} of ${view.members} members.${starting}`);
  return end(lines);
}

export function renderNodes({ nodes }: ApiNodes): string {
  const rows = nodes.map((node) => [
    node.node,
    statusWord(node.status),
    node.ageSeconds === null ? '-' : age(node.ageSeconds),
    node.version ?? '-',
    node.sentence,
  ]);
  return end(renderTable([['NODE', 'STATUS', 'AGE', 'VERSION', 'WHAT'], ...rows]));
}

export function renderNode(node: ApiNode, now: number): string {
  const { version, startedAt } = node;
  const started = startedAt === undefined ? '' : `, started ${formatInstant(Date.parse(startedAt), now)}`;
  return end([
    `${statusWord(node.status)}  ${node.node}: ${node.sentence}`,
    '',
    ...renderChecks(node.checks),
    '',
    `Meerkat ${version ?? 'of unknown version'}${started}; ${countsOf(node)}.`,
  ]);
}

export function renderCheck(check: ApiCheck, node: string, now: number): string {
  const lines = [`${checkWord(check)}  ${check.check} on ${node}: ${whatOf(check) || 'nothing is wrong'}`, ''];
  for (const problem of check.problems) {
    lines.push(
      `- ${problem.severity}  ${problem.reason}${problem.subject ? ` (${problem.subject})` : ''}: ${problem.message}`,
      `  since ${sinceText(problem.since, now)}`,
      `  ${problem.summary}`,
      ...(problem.remedy === '' ? [] : [`  next  ${problem.remedy}`]),
      '',
    );
  }
  const rows = check.readings.map((one) => [one.name, one.subject ?? '', formatValue(one.name, one.value)]);
  if (rows.length > 0) lines.push(...renderTable([['READING', 'SUBJECT', 'VALUE'], ...rows]), '');
  const looked = check.ageSeconds === null ? 'has not run yet' : `last looked ${age(check.ageSeconds)} ago`;
  const state = `${check.status} since ${sinceText(check.since, now)}`;
  return end([...lines, `${state}; ${looked}, every ${formatDuration(check.intervalSeconds * 1000)}.`]);
}

/** A value with its unit, as people write it: `43 %`, `12ms`, `3.2 GiB`, `17`. */
export function formatValue(reading: string, value: number): string {
  switch (unitOf(reading)) {
    case 'ratio':
      return `${number(value * 100)} %`;
    case 'seconds':
      return Math.abs(value) < 1
        ? `${number(value * 1000)}ms`
        : Math.abs(value) < 60
          ? `${number(value)}s`
          : long(value);
    case 'bytes':
      return formatBytes(value);
    case 'celsius':
      return `${number(value)} °C`;
    default:
      return number(value);
  }
}

function renderFinding(finding: ApiFinding, isCause: boolean, now: number): string[] {
  const indent = isCause ? '' : '    ';
  const grave = finding.nodeSeverity === finding.severity ? '' : `, ${finding.nodeSeverity} for the node itself`;
  const seenBy = finding.observers.length > 0 ? `, seen by ${finding.observers.join(', ')}` : '';
  const denied = finding.dissent.length > 0 ? `, denied by ${finding.dissent.join(', ')}` : '';
  return [
    `${indent}${isCause ? '- ' : '> '}${finding.sentence}`,
    `${indent}  ${finding.severity}${grave}: ${finding.reason} since ${sinceText(finding.since, now)}${seenBy}${denied}`,
    ...listed('evidence', finding.evidence, `${indent}  `),
    ...listed('could be', finding.alternatives, `${indent}  `),
    ...listed('next', finding.next, `${indent}  `),
  ];
}

const listed = (label: string, items: readonly string[], indent: string): string[] =>
  items.map((item, index) => `${indent}${(index === 0 ? label : '').padEnd(10)}${item}`);

const ORDER = { problem: 0, unknown: 1, ok: 2, absent: 3 } as const;

/** What needs a person first, then the rest, each in the order of the report. */
function renderChecks(checks: readonly ApiCheck[]): string[] {
  const sorted = [...checks].sort((a, b) => ORDER[a.status] - ORDER[b.status]);
  const rows = sorted.map((check) => [
    check.check,
    checkWord(check),
    check.ageSeconds === null ? '-' : age(check.ageSeconds),
    whatOf(check),
  ]);
  return renderTable([['CHECK', 'STATUS', 'AGE', 'WHAT'], ...rows]);
}

/** Upper case for what needs a person. */
function checkWord(check: ApiCheck): string {
  return check.overdue ? 'OVERDUE' : statusWord(check.status);
}

const statusWord = (status: 'ok' | 'problem' | 'unknown' | 'absent'): string =>
  status === 'ok' || status === 'absent' ? status : status.toUpperCase();

function whatOf(check: ApiCheck): string {
  const confirming = check.confirming ? ' (the last run says otherwise and is being confirmed)' : '';
  return `${saysOf(check)}${confirming}`.trim();
}

function saysOf(check: ApiCheck): string {
  if (check.status === 'ok') return figuresOf(check);
  if (check.status !== 'problem') return check.why ?? '';
  const [first, ...others] = check.problems;
  if (first === undefined) return '';
  const more = others.length > 0 ? ` (+${others.length} more)` : '';
  return `${first.reason}${first.subject ? ` (${first.subject})` : ''}: ${first.message}${more}`;
}

/** The first few readings, so that an `ok` comes with what was seen. */
function figuresOf({ readings }: ApiCheck): string {
  const shown = readings.slice(0, 3).map(({ name, subject, value }) => {
    const label = name.replace(/_(seconds|bytes|ratio|celsius|count)(_total)?$/, '').replaceAll('_', ' ');
    return `${label} ${formatValue(name, value)}${subject === undefined ? '' : ` (${subject})`}`;
  });
  return shown.join(', ');
}

function countsOf({ counts }: ApiNode): string {
  const parts = (['problem', 'unknown', 'ok', 'absent'] as const).map((status) => `${counts[status]} ${status}`);
  return parts.filter((part) => !part.startsWith('0 ')).join(', ') || 'none yet';
}

const sinceText = (since: string, now: number): string =>
  `${formatInstant(Date.parse(since), now)} (${age((now - Date.parse(since)) / 1000)})`;

/** Whole seconds, rounded down: an age never runs ahead. */
function age(seconds: number): string {
  const whole = Math.floor(seconds);
  return whole < 1 ? '0s' : formatDuration(whole * 1000);
}

const long = (seconds: number): string => formatDuration(seconds * 1000);

/** Three significant digits, without an exponent for what people read. */
function number(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 1000) return String(Math.round(value));
  return String(Number(value.toPrecision(3)));
}

const end = (lines: readonly string[]): string => `${lines.join('\n')}\n`;
