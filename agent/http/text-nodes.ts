/** Nodes and checks as text. */
import { formatDuration, formatInstant } from '../model/text.ts';
import type { ApiCheck, ApiNode, ApiNodeSummary, ApiNodes } from './contract.ts';
import { renderTable, renderWrappedTable } from './table.ts';
import { WIDTH, age, cutTo, end, formatValue, sinceText, statusWord } from './text-values.ts';

/** So many nodes get a line each in the status. */
const MOST_LINES = 20;

export function renderNodes({ nodes }: ApiNodes): string {
  const isMesh = nodes.some(({ member }) => member !== undefined);
  const rows = nodes.map((node) => [
    node.node,
    statusWord(node.status),
    age(node.ageSeconds),
    ...(isMesh ? [node.member ?? '-'] : []),
    node.version ?? '-',
    node.sentence,
  ]);
  return end(renderTable([['NODE', 'STATUS', 'AGE', ...(isMesh ? ['MEMBER'] : []), 'VERSION', 'WHAT'], ...rows]));
}

/** A line for each node with what its checks come to; where they are many, how many of each state. */
export function renderNodeLines(nodes: readonly ApiNodeSummary[]): string[] {
  if (nodes.length > MOST_LINES) return countedNodes(nodes);
  const rows = nodes.map((node) => [node.node, statusWord(node.status), age(node.ageSeconds), whatOfNode(node)]);
  return renderWrappedTable([['NODE', 'STATUS', 'AGE', 'WHAT'], ...rows], WIDTH);
}

export function renderNode(node: ApiNode, now: number): string {
  const { version, startedAt } = node;
  const started = startedAt === undefined ? '' : `, started ${formatInstant(Date.parse(startedAt), now)}`;
  const checks = node.checks.length === 0 ? [] : [...renderChecks(node.checks, isHistory(node)), ''];
  return end([
    `${statusWord(node.status)}  ${node.node}: ${node.sentence}`,
    '',
    ...checks,
    ...(version === undefined ? [] : [`Meerkat ${version}${started}${isHistory(node) ? '' : `; ${countsOf(node)}`}.`]),
  ]).replace(/\n\n$/, '\n');
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
  const state = `${check.lastStatus ?? check.status} since ${sinceText(check.since, now)}`;
  const was = check.lastStatus === undefined ? '' : 'was ';
  return end([...lines, `${was}${state}; ${looked}, every ${formatDuration(check.intervalSeconds * 1000)}.`]);
}

/**
 * What needs a person first, then the rest, each in the order of the report.
 *
 * @param history the node is not connected: what a check said is shown as what it was
 */
export function renderChecks(checks: readonly ApiCheck[], history = false): string[] {
  const sorted = [...checks].sort((a, b) => ORDER[shownStatus(a, history)] - ORDER[shownStatus(b, history)]);
  const rows = sorted.map((check) => [
    check.check,
    history ? `was ${statusWord(shownStatus(check, true))}` : checkWord(check),
    age(check.ageSeconds),
    history ? wasOf(check) : whatOf(check),
  ]);
  return renderWrappedTable([['CHECK', 'STATUS', 'AGE', 'WHAT'], ...rows], WIDTH);
}

export function countsOf({ counts }: Pick<ApiNodeSummary, 'counts'>): string {
  const parts = (['problem', 'unknown', 'ok', 'absent'] as const).map((status) => `${counts[status]} ${status}`);
  return parts.filter((part) => !part.startsWith('0 ')).join(', ') || 'none yet';
}

const ORDER = { problem: 0, unknown: 1, ok: 2, absent: 3 } as const;

const isHistory = ({ freshness }: ApiNodeSummary): boolean => freshness === 'stale';

const shownStatus = ({ status, lastStatus }: ApiCheck, history: boolean): ApiCheck['status'] =>
  history ? (lastStatus ?? status) : status;

/** Its checks, and what is wrong; of a node without a current report only that. */
function whatOfNode(node: ApiNodeSummary): string {
  if (isHistory(node) || node.ageSeconds === null) return node.sentence;
  const isPlain = node.status === 'ok' && node.maintenance === undefined;
  return isPlain ? countsOf(node) : `${countsOf(node)}: ${node.sentence}`;
}

function countedNodes(nodes: readonly ApiNodeSummary[]): string[] {
  const of = (status: ApiNodeSummary['status']): ApiNodeSummary[] => nodes.filter((node) => node.status === status);
  const named = (some: readonly ApiNodeSummary[]): string =>
    some.length === 0 ? '' : cutTo(some.map(({ node }) => node).join(', '), WIDTH - 16);
  const rows = (['problem', 'unknown', 'ok'] as const).map((status) => {
    const some = of(status);
    return [statusWord(status), String(some.length), status === 'ok' ? '' : named(some)];
  });
  return renderTable([['STATUS', 'NODES', ''], ...rows]);
}

/** Upper case for what needs a person. */
const checkWord = (check: ApiCheck): string => (check.overdue ? 'OVERDUE' : statusWord(check.status));

function whatOf(check: ApiCheck): string {
  const confirming = check.confirming ? ' (the last run says otherwise and is being confirmed)' : '';
  return `${saysOf(check)}${confirming}`.trim();
}

function saysOf(check: ApiCheck): string {
  if (check.status === 'ok') return figuresOf(check);
  return check.status === 'problem' ? problemOf(check) : (check.why ?? '');
}

/** The status is in a column of its own. */
function wasOf(check: ApiCheck): string {
  if (check.lastStatus === 'ok') return figuresOf(check);
  if (check.lastStatus === 'problem') return problemOf(check);
  return (check.why ?? '').replace(/^.*; the last result was \w+(: )?/, '');
}

function problemOf({ problems: [first, ...others] }: ApiCheck): string {
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
