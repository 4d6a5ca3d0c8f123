/** A notification as people read it in a chat: the gravest first, cut at the end of a line, the rest counted. */
import { formatDuration, formatInstant } from '../../model/text.ts';
import type { Alert, Notification } from '../types.ts';
import { harmlessMarkdown, harmlessText } from './harmless.ts';

export interface DigestOptions {
  readonly format: 'markdown' | 'text';
  /** Empty: the sender stands for it. */
  readonly clusterName: string;
  /** Put into the text as it is. */
  readonly keyword?: string;
  /** Unix ms. */
  readonly now: number;
}

export interface Digest {
  /** What a phone shows before it is opened; plain text. */
  readonly title: string;
  readonly text: string;
}

/** Of the text as UTF-8 in JSON, its line ends and escapes included. */
export const MAX_DIGEST_BYTES = 18_000;
const MOST_ALERTS = 20;
const MOST_NODES = 8;
const MAX_SENTENCE = 400;
const MAX_TITLE = 120;

export function renderDigest(notification: Notification, options: DigestOptions): Digest {
  const { alerts, sender, view, at, isLate, dueAt = at } = notification;
  const { clusterName, keyword, format, now } = options;
  const isMarkdown = format === 'markdown';
  const safe = isMarkdown ? harmlessMarkdown : harmlessText;
  const counts = countsOf(alerts);
  const place = clusterName === '' ? sender : clusterName;
  const isThere = keyword === undefined || 'Meerkat'.includes(keyword);
  const head = [
    `[${counts}] Meerkat`,
    safe(place),
    `view ${view.members}/${view.known}`,
    ...(isThere ? [] : [keyword]),
  ];
  const late = `Late: it was to be told at ${timeOf(dueAt, now)}, and could not be delivered before.`;
  const top = [`${isMarkdown ? '### ' : ''}${head.join(' · ')}`, ...(isLate ? [late] : [])];
  const paragraph = isMarkdown ? '\n\n' : '\n';
  const rest = (count: number): string => `… and ${count} more: ask any node, \`meerkat status\``;
  const { shown, left } = fit(
    alerts.slice(0, MOST_ALERTS).map((alert) => describe(alert, { safe, isMarkdown, now })),
    // Room for the last line is kept, whatever it counts.
    MAX_DIGEST_BYTES - jsonBytes([...top, rest(alerts.length), ''].join(paragraph)),
  );
  const hidden = left + Math.max(0, alerts.length - MOST_ALERTS);
  const body = shown.length === 0 ? [] : [shown.join('\n')];
  const [first] = alerts;
  return {
    title: harmlessText(
      `[${counts}] Meerkat ${place}${first === undefined ? '' : `: ${[first.reason, placeOf(first)].join(' ').trim()}`}`,
      MAX_TITLE,
    ),
    text: [...top, ...body, ...(hidden === 0 ? [] : [rest(hidden)])].join(paragraph),
  };
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
    return `- ${timeOf(endedAt, now)} resolved ${about}, after ${formatDuration(endedAt - since)}: ${told}`;
  }
  const line = `- ${timeOf(since, now)} ${severity} ${about}: ${told}`;
  // Two spaces at the end of a line keep the next one apart.
  const first = remedy === undefined ? '' : `${isMarkdown ? '  ' : ''}\n  First: ${safe(remedy, MAX_SENTENCE)}`;
  return line + first;
}

/** What no date can be must not stop the message. */
const timeOf = (unixMs: number, now: number): string =>
  Number.isNaN(new Date(unixMs).getTime()) ? 'at an unknown time' : formatInstant(unixMs, now);

/** What it is about: of a rule the value of its key, and the nodes. */
function placeOf({ nodes, rule }: Alert): string {
  const more = nodes.length - MOST_NODES;
  const key = rule === undefined || rule.key === '' || nodes.includes(rule.key) ? [] : [rule.key];
  return [...key, ...nodes.slice(0, MOST_NODES), ...(more > 0 ? [`and ${more} more`] : [])].join(', ');
}

/** As many from the front as there is room for. */
function fit(
  blocks: readonly string[],
  maxBytes: number,
): { readonly shown: readonly string[]; readonly left: number } {
  let room = maxBytes;
  const count = blocks.findIndex((block) => {
    room -= jsonBytes(`${block}\n`);
    return room < 0;
  });
  const shown = count === -1 ? blocks : blocks.slice(0, count);
  return { shown, left: blocks.length - shown.length };
}

const jsonBytes = (text: string): number => Buffer.byteLength(JSON.stringify(text)) - 2;
