/**
 * An incoming webhook of Slack, or of a chat that takes what it takes. Whoever has its address may write to its channel, so
 * that is a secret as a whole; which channel it is cannot be chosen here.
 * https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
 */
import type { Config } from '../../base/config.ts';
import { formatDuration } from '../../model/text.ts';
import type { Alert, Notification, SendOutcome } from '../types.ts';
import { type AlertTemplate, instantOf } from './alert-template.ts';
import { type Channel, type ChannelTools, authorityOf } from './channel.ts';
import { partsOf, placeOf as aboutOf, restOf } from './digest.ts';
import { harmlessText } from './harmless.ts';
import { outcomeOfStatus, placeOf, wordsOf } from './outcome.ts';
import { addressFault, secretsIn } from './secret-address.ts';

type Settings = NonNullable<Config['notifications']['receivers'][number]['slack']>;

/** Of one text of a block; there may be 50 blocks. */
const MAX_TEXT = 3000;
/** An answer that nobody knows. */
const ODD_MS = 60_000;
const MAX_SENTENCE = 400;

export function createSlack(settings: Settings, tools: ChannelTools): Channel {
  const { secretFile, post, clock, clusterName, template } = tools;
  const address = secretFile(settings.urlFile, addressFault);
  const authority = authorityOf(settings.caFile, tools);
  return {
    identity: () => `slack ${address.latest() ?? settings.urlFile}`,
    async send(notification, signal) {
      const url = await address.read();
      const now = clock.now();
      const body = JSON.stringify(slackMessage(notification, { clusterName, now, ...(template && { template }) }));
      const answer = await post({ url, body, headers: {}, signal, ...(await authority()) });
      const secrets = secretsIn(url);
      const byStatus = outcomeOfStatus(url, answer, now, secrets);
      if (answer.kind === 'none') return byStatus;
      if (byStatus.kind === 'sent') return outcomeOfBody(answer.body, placeOf(url), secrets);
      return byStatus.kind === 'refused' ? { ...byStatus, why: byStatus.why + adviceFor(answer.body) } : byStatus;
    },
  };
}

interface MessageOptions {
  readonly clusterName: string;
  readonly template?: AlertTemplate;
  /** Unix ms. */
  readonly now: number;
}

export function slackMessage(notification: Notification, { clusterName, template, now }: MessageOptions) {
  // It takes no block without a text, and refuses the message as a whole.
  const lineOf = (alert: Alert): string => template?.(alert, { safe, clusterName, now }) || describe(alert, now);
  const { title, top, alerts, hidden } = partsOf(notification, { clusterName, now }, safe, lineOf);
  const [head = '', ...late] = top;
  const paragraphs = [[`*${head}*`, ...late].join('\n'), ...alerts, ...(hidden.length === 0 ? [] : [restOf(hidden)])];
  return { text: escaped(title), blocks: paragraphs.map(section) };
}

/** `verbatim`: names are made into no links and call nobody. */
const section = (text: string) => ({
  type: 'section',
  text: { type: 'mrkdwn', verbatim: true, text: cut(text) },
});

/** Not in the middle of `&amp;`. */
const cut = (text: string): string =>
  text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT - 1).replace(/&[a-z]{0,3}$/, '')}…`;

/** All that means something to Slack anywhere in a text. */
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Other marks only change how it looks, and there is no way to write them. */
const safe = (text: string, maxLength?: number): string => escaped(harmlessText(text, maxLength));

function describe(alert: Alert, now: number): string {
  const { reason, severity, sentence, since, endedAt, remedy } = alert;
  const about = [safe(reason), safe(aboutOf(alert), 1000)].join(' ').trim();
  const told = safe(sentence, MAX_SENTENCE);
  if (endedAt !== undefined)
    return `${instantOf(endedAt, now)} *resolved* ${about}, after ${formatDuration(endedAt - since)}: ${told}`;
  const first = remedy === undefined ? '' : `\nFirst: ${safe(remedy, MAX_SENTENCE)}`;
  return `${instantOf(since, now)} *${severity}* ${about}: ${told}${first}`;
}

/** A server on the way may answer 200 in its place. */
function outcomeOfBody(body: string, place: string, secrets: readonly string[]): SendOutcome {
  if (body.trim() === 'ok') return { kind: 'sent' };
  const said = wordsOf(body, secrets);
  return {
    kind: 'failed',
    why: `${place} answers ${said === '' ? 'nothing' : said}, and not ok; something on the way may answer in its place`,
    retryAfterMs: ODD_MS,
  };
}

/** https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks#handling_errors */
const ADVICE: Readonly<Record<string, string>> = {
  action_prohibited: 'an administrator of the workspace does not allow it',
  channel_is_archived:
    'its channel was archived; make a webhook for another one and put its address into slack.urlFile',
  channel_not_found: 'its channel is not there any more; make another webhook and put its address into slack.urlFile',
  invalid_blocks: 'the message has a form that it does not take, which is a defect of Meerkat',
  invalid_payload: 'the message has a form that it does not take, which is a defect of Meerkat',
  invalid_token: 'there is no such webhook, or it was removed; put the address of one that is there into slack.urlFile',
  no_active_hooks: 'the webhook was switched off; put the address of one that is on into slack.urlFile',
  no_service: 'there is no such webhook, or it was removed; put the address of one that is there into slack.urlFile',
  no_service_id: 'slack.urlFile has only a part of the address of a webhook',
  no_team: 'the workspace is not there any more; put the address of another webhook into slack.urlFile',
  team_disabled: 'the workspace is not there any more; put the address of another webhook into slack.urlFile',
};

function adviceFor(body: string): string {
  const advice = ADVICE[body.trim()];
  return advice === undefined ? '' : `: ${advice}`;
}
