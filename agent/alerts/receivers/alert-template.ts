/** The line that tells of an alert, in the operator's own words. */
import type { Config } from '../../base/config.ts';
import { formatDuration, formatInstant } from '../../model/text.ts';
import { type Template, compileTemplate } from '../template.ts';
import type { Alert } from '../types.ts';

/**
 * Names that may stand in it. Of an event, a line of a log or a check those that a rule has matched are known; what is not
 * is empty.
 */
export const TEMPLATE_NAMES = [
  'state',
  'severity',
  'rule',
  'reason',
  'key',
  'nodes',
  'sentence',
  'message',
  'since',
  'duration',
  'remedy',
  'count',
  'round',
  'cluster',
  'kind',
  'namespace',
  'name',
  'object',
  'component',
  'container',
  'type',
  'node',
  'workload',
  'watch',
  'check',
  'subject',
  'status',
] as const;

const MOST_NODES = 8;

export interface LineStyle {
  /** Makes what is from elsewhere harmless; the words of the template are the operator's own. */
  readonly safe: (text: string, maxLength?: number) => string;
  readonly clusterName: string;
  /** Unix ms. */
  readonly now: number;
}

export type AlertTemplate = (alert: Alert, style: LineStyle) => string;

/** What is wrong with `notifications.templates`. */
export const templateMistakes = ({ notifications: { templates } }: Config) =>
  Object.entries(templates).flatMap(([name, text]) => {
    const compiled = compileTemplate(text, TEMPLATE_NAMES);
    return 'mistake' in compiled ? [{ where: `notifications.templates[${name}]`, message: compiled.mistake }] : [];
  });

/**
 * One line an alert. What is over says so, whether the template does or not. Empty: the alert has nothing of what it names, and
 * is to be told by the usual line.
 *
 * @throws Error for what {@link templateMistakes} finds
 */
export function createAlertTemplate(text: string): AlertTemplate {
  const compiled = compileTemplate(text, TEMPLATE_NAMES);
  if ('mistake' in compiled) throw new Error(`a template ${compiled.mistake}`);
  const { template } = compiled;
  const hasState = /\{\{\s*state\s*\}\}/.test(text);
  return (alert, style) => {
    const line = template.render(factsIn(template, alert, style));
    return alert.endedAt === undefined || hasState || line === '' ? line : `resolved: ${line}`;
  };
}

function factsIn({ source }: Template, alert: Alert, { safe, clusterName, now }: LineStyle) {
  const facts = factsOf(alert, clusterName, now);
  const named = Object.entries(facts).filter(([name, value]) => value !== undefined && source.includes(name));
  return Object.fromEntries(named.map(([name, value = '']) => [name, safe(value)]));
}

function factsOf(alert: Alert, clusterName: string, now: number): Readonly<Record<string, string | undefined>> {
  const { reason, severity, nodes, sentence, since, endedAt, remedy, rule } = alert;
  const more = nodes.length - MOST_NODES;
  return {
    reason,
    message: sentence,
    ...(nodes.length === 1 && { node: nodes[0] }),
    ...rule?.facts,
    ...(rule !== undefined && { rule: reason, key: rule.key, round: String(rule.round) }),
    state: endedAt === undefined ? 'firing' : 'resolved',
    severity,
    nodes: [...nodes.slice(0, MOST_NODES), ...(more > 0 ? [`and ${more} more`] : [])].join(', '),
    sentence,
    since: instantOf(since, now),
    duration: formatDuration((endedAt ?? now) - since),
    remedy,
    cluster: clusterName,
  };
}

/** What no date can be must not stop the message. */
export const instantOf = (unixMs: number, now: number): string =>
  Number.isNaN(new Date(unixMs).getTime()) ? 'at an unknown time' : formatInstant(unixMs, now);
