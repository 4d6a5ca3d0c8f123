/** A notification as people read it in a chat: the gravest first, cut at the end of a line, the rest counted. */
import { formatDuration } from '../../model/text.ts';
import type { Alert, Notification } from '../types.ts';
import { type AlertTemplate, instantOf } from './alert-template.ts';
import { harmlessMarkdown, harmlessText } from './harmless.ts';

export interface DigestOptions {
  readonly format: 'markdown' | 'text';
  /** Empty: the sender stands for it. */
  readonly clusterName: string;
  /** Put into the text as it is. */
  readonly keyword?: string;
  /** In the place of the usual line of each alert. */
  readonly template?: AlertTemplate;
  /** Unix ms. */
  readonly now: number;
}

export interface Digest {
  /** What a phone shows before it is opened; plain text. */
  readonly title: string;
  readonly text: string;
}

/** What a message is made of, for a chat with a form of its own. */
export interface DigestParts {
  readonly title: string;
  /** `[FIRING 1] Meerkat · prod · view 8/8`, and where it is late a second line. */
  readonly top: readonly string[];
  /** Of each alert; the first ones. */
  readonly alerts: readonly string[];
  /** Those that are left out. */
  readonly hidden: readonly Alert[];
}

/** Of the text as UTF-8 in JSON, its line ends and escapes included. */
export const MAX_DIGEST_BYTES = 18_000;
const MOST_ALERTS = 20;
const MOST_NODES = 8;
const MAX_SENTENCE = 400;
const MAX_TITLE = 120;

/** @param lineOf what is told of one alert */
export function partsOf(
  { alerts, sender, view, at, isLate, dueAt = at }: Notification,
  { clusterName, keyword, now }: Pick<DigestOptions, 'clusterName' | 'keyword' | 'now'>,
  safe: Style['safe'],
  lineOf: (alert: Alert) => string,
): DigestParts {
  const counts = countsOf(alerts);
  const place = clusterName === '' ? sender : clusterName;
  const isThere = keyword === undefined || 'Meerkat'.includes(keyword);
  const head = [
    `[${counts}] Meerkat`,
    safe(place),
    `view ${view.members}/${view.known}`,
    ...(isThere ? [] : [keyword]),
  ];
  const late = `Late: it was to be told at ${instantOf(dueAt, now)}, and could not be delivered before.`;
  const [first] = alerts;
  return {
    title: harmlessText(
      `[${counts}] Meerkat ${place}${first === undefined ? '' : `: ${[first.reason, placeOf(first)].join(' ').trim()}`}`,
      MAX_TITLE,
    ),
    top: [head.join(' · '), ...(isLate ? [late] : [])],
    alerts: alerts.slice(0, MOST_ALERTS).map(lineOf),
    hidden: alerts.slice(MOST_ALERTS),
  };
}

/** Says where those that are left out can be seen: what rules say is no part of the status. */
export function restOf(hidden: readonly Alert[]): string {
  const ofRules = hidden.filter(({ rule }) => rule !== undefined).length;
  const commands = [...(ofRules < hidden.length ? [STATUS] : []), ...(ofRules > 0 ? [ALERTS] : [])];
  return `… and ${hidden.length} more: ask any node, ${commands.join(' and ')}`;
}

const STATUS = '`meerkat status`';
const ALERTS = '`meerkat alerts`';

export function renderDigest(notification: Notification, options: DigestOptions): Digest {
  const { clusterName, template, format, now } = options;
  const isMarkdown = format === 'markdown';
  const safe = isMarkdown ? harmlessMarkdown : harmlessText;
  const { title, top, alerts } = partsOf(notification, options, safe, (alert) => {
    const line = template?.(alert, { safe, clusterName, now }) ?? '';
    return line === '' ? describe(alert, { safe, isMarkdown, now }) : `- ${line}`;
  });
  const [head = '', ...late] = top;
  const above = [`${isMarkdown ? '### ' : ''}${head}`, ...late];
  const paragraph = isMarkdown ? '\n\n' : '\n';
  const shown = fit(
    alerts,
    // Room for the last line is kept, whatever it counts.
    MAX_DIGEST_BYTES - jsonBytes([...above, restOf(notification.alerts), ''].join(paragraph)),
  );
  const rest = notification.alerts.slice(shown.length);
  const body = shown.length === 0 ? [] : [shown.join('\n')];
  return { title, text: [...above, ...body, ...(rest.length === 0 ? [] : [restOf(rest)])].join(paragraph) };
}

/** `FIRING 3`, `RESOLVED 1` or `FIRING 3, RESOLVED 1`. */
function countsOf(alerts: readonly Alert[]): string {
  const resolved = alerts.filter(({ endedAt }) => endedAt !== undefined).length;
  const firing = alerts.length - resolved;
  const parts = [...(firing > 0 ? [`FIRING ${firing}`] : []), ...(resolved > 0 ? [`RESOLVED ${resolved}`] : [])];
  return parts.length === 0 ? 'NOTHING' : parts.join(', ');
}

interface Style {
  readonly safe: (text: string, maxLength?: number) => string;
  readonly isMarkdown: boolean;
  readonly now: number;
}

function describe(alert: Alert, { safe, isMarkdown, now }: Style): string {
  const { reason, severity, sentence, since, endedAt, remedy } = alert;
  const place = placeOf(alert);
  const about = `${safe(reason)}${place === '' ? '' : ` ${safe(place, 1000)}`}`;
  const told = safe(sentence, MAX_SENTENCE);
  if (endedAt !== undefined) {
    return `- ${instantOf(endedAt, now)} resolved ${about}, after ${formatDuration(endedAt - since)}: ${told}`;
  }
  const line = `- ${instantOf(since, now)} ${severity} ${about}: ${told}`;
  // Two spaces at the end of a line keep the next one apart.
  const first = remedy === undefined ? '' : `${isMarkdown ? '  ' : ''}\n  First: ${safe(remedy, MAX_SENTENCE)}`;
  return line + first;
}

/** What it is about: of a rule the value of its key, and the nodes. */
export function placeOf({ nodes, rule }: Alert): string {
  const more = nodes.length - MOST_NODES;
  const key = rule === undefined || rule.key === '' || nodes.includes(rule.key) ? [] : [rule.key];
  return [...key, ...nodes.slice(0, MOST_NODES), ...(more > 0 ? [`and ${more} more`] : [])].join(', ');
}

/** As many from the front as there is room for. */
function fit(blocks: readonly string[], maxBytes: number): readonly string[] {
  let room = maxBytes;
  const count = blocks.findIndex((block) => {
    room -= jsonBytes(`${block}\n`);
    return room < 0;
  });
  return count === -1 ? blocks : blocks.slice(0, count);
}

const jsonBytes = (text: string): number => Buffer.byteLength(JSON.stringify(text)) - 2;
