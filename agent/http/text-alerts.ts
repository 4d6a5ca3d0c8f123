/** What fires by rules, and the rules, as text. */
import { formatInstant } from '../model/text.ts';
import type { ApiAlerts, ApiRule, ApiRuleAlert, ApiRules, ApiRulesFile } from './contract/alerts.ts';
import { renderTable } from './table.ts';
import { end, sinceText } from './text-values.ts';

/** The first line is the answer; then what is over, what fires, oldest first, and what silence does not tell. */
export function renderAlerts(all: ApiAlerts): string {
  const now = Date.parse(all.at);
  const rows = all.alerts
    .toReversed()
    .toSorted((a, b) => Number(isFiring(a)) - Number(isFiring(b)))
    .map((alert) => [
      alert.severity,
      alert.state,
      sinceText(alert.since, now),
      alert.rule,
      alert.key ?? '-',
      `${alert.by}${alert.current ? '' : ' (not connected)'}`,
      sentenceOf(alert, now),
    ]);
  const parts = [
    [headOf(all)],
    rows.length === 0
      ? []
      : renderTable([['SEVERITY', 'STATE', 'SINCE', 'RULE', 'ABOUT', 'JUDGED BY', 'WHAT'], ...rows]),
    unknownLines(all.unknown.map(({ rule, why }) => [rule, why])),
    mistakeLines(all.file, now),
  ];
  return end(join(parts));
}

const isFiring = ({ state }: ApiRuleAlert): boolean => state === 'firing';

export function renderRules({ at, missing, rules, file }: ApiRules): string {
  const now = Date.parse(at);
  if (missing !== undefined) return `Nothing is known of rules: ${missing}.\n`;
  const rows = rules.map((rule) => [
    rule.name,
    rule.type,
    rule.source,
    rule.severity,
    rule.state === 'unknown' ? 'UNKNOWN' : rule.state,
    rule.firing === 0 ? '-' : String(rule.firing),
    rule.judge ?? 'each node',
    rule.place,
  ]);
  const head = ['RULE', 'TYPE', 'SOURCE', 'SEVERITY', 'STATE', 'FIRING', 'JUDGED BY', 'WRITTEN IN'];
  const linesOf = (state: ApiRule['state']): (readonly [string, string])[] =>
    rules.flatMap((rule) => (rule.state === state && rule.why !== undefined ? [[rule.name, rule.why]] : []));
  return end(
    join([
      rows.length === 0 ? ['There are no rules.'] : renderTable([head, ...rows]),
      unknownLines(linesOf('unknown')),
      unknownLines(linesOf('firing'), 'whether more fires of these'),
      file === undefined || file.mistakes.length > 0 ? mistakeLines(file, now) : [fileLine(file, now)],
      othersLines(file),
    ]),
  );
}

function headOf({ missing, firing, omitted = 0, unknown }: ApiAlerts): string {
  if (missing !== undefined) return `Nothing is known of alerts: ${missing}.`;
  const all = firing + omitted;
  const fires = all === 0 ? 'No alert fires' : all === 1 ? '1 alert fires' : `${all} alerts fire`;
  const fire = omitted === 0 ? fires : `${fires}, ${omitted} of which this agent was only told how many they are`;
  if (unknown.length === 0) return `${fire}.`;
  return `${fire}; ${unknown.length === 1 ? '1 rule is' : `${unknown.length} rules are`} unknown.`;
}

const sentenceOf = ({ sentence, ended, round }: ApiRuleAlert, now: number): string =>
  [
    sentence.replace(/\.$/, ''),
    ...(round > 1 ? [`round ${round}`] : []),
    ...(ended === undefined ? [] : [`over since ${sinceText(ended, now)}`]),
  ].join('; ');

function unknownLines(
  unknown: readonly (readonly [rule: string, why: string])[],
  what = 'that these do not fire says nothing',
): string[] {
  if (unknown.length === 0) return [];
  return [`UNKNOWN  ${what}`, ...renderTable(unknown, '  ')];
}

const fileLine = ({ path, readAt }: ApiRulesFile, now: number): string =>
  `Rules of ${path}${readAt === undefined ? '' : `, as read at ${formatInstant(Date.parse(readAt), now)}`}.`;

const MOST_NAMED = 10;

function othersLines(file: ApiRulesFile | undefined): string[] {
  const { others = [] } = file ?? {};
  if (others.length === 0) return [];
  const named = others.slice(0, MOST_NAMED).join(', ');
  const more = others.length > MOST_NAMED ? ` and ${others.length - MOST_NAMED} more` : '';
  return [
    `Other rules than here hold on ${named}${more}: of what is about the whole cluster those of its judge count.`,
  ];
}

function mistakeLines(file: ApiRulesFile | undefined, now: number): string[] {
  if (file === undefined || file.mistakes.length === 0) return [];
  const { path, readAt, mistakes } = file;
  const held =
    readAt === undefined
      ? 'none of its rules holds'
      : `the rules that were read at ${formatInstant(Date.parse(readAt), now)} hold`;
  const many = mistakes.length === 1 ? '1 mistake' : `${mistakes.length} mistakes`;
  return [
    `${path} has ${many}; until ${mistakes.length === 1 ? 'it is' : 'they are'} mended, ${held}:`,
    ...mistakes.map((one) => `  ${one}`),
  ];
}

/** Those that say something, with a line between. */
const join = (parts: readonly (readonly string[])[]): string[] =>
  parts.filter((lines) => lines.length > 0).flatMap((lines, place) => (place === 0 ? lines : ['', ...lines]));
