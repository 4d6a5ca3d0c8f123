/**
 * A robot in a group of DingTalk. Its API answers 200 to whatever it is sent: whether the message was taken stands in the
 * body alone.
 * https://open.dingtalk.com/document/orgapp/custom-robot-access
 */
import { createHmac } from 'node:crypto';
import type { Config } from '../../base/config.ts';
import type { SendOutcome } from '../types.ts';
import { type Channel, type ChannelTools, authorityOf } from './channel.ts';
import { renderDigest } from './digest.ts';
import { outcomeOfStatus, placeOf, wordsOf } from './outcome.ts';

type Settings = NonNullable<Config['notifications']['receivers'][number]['dingtalk']>;

/** A robot that got more than 20 messages in a minute takes none for so long. */
const TOO_FAST_MS = 10 * 60_000;
const BUSY_MS = 5000;
/** An answer that nobody knows. */
const ODD_MS = 60_000;

const TOKEN = /^[A-Za-z0-9._-]{1,512}$/;
const SECRET = /^[\x21-\x7e]{1,512}$/;

export function createDingtalk(settings: Settings, tools: ChannelTools): Channel {
  const { secretFile, post, clock, clusterName, template } = tools;
  const token = secretFile(settings.tokenFile, tokenFault);
  const secret =
    settings.secretFile === undefined
      ? undefined
      : secretFile(settings.secretFile, (text) => (SECRET.test(text) ? undefined : 'holds no secret on one line'));
  const authority = authorityOf(settings.caFile, tools);
  return {
    identity: () => `dingtalk ${settings.url} ${token.latest() ?? settings.tokenFile}`,
    async send(notification, signal) {
      const [theToken, theSecret] = [await token.read(), await secret?.read()];
      const now = clock.now();
      const { format, keyword } = settings;
      const digest = renderDigest(notification, {
        format,
        clusterName,
        now,
        ...(keyword !== undefined && { keyword }),
        ...(template !== undefined && { template }),
      });
      const answer = await post({
        url: addressOf(settings.url, theToken, theSecret, now),
        body: JSON.stringify(messageOf(digest, format)),
        headers: {},
        signal,
        ...(await authority()),
      });
      const secrets = [theToken, ...(theSecret === undefined ? [] : [theSecret])];
      const byStatus = outcomeOfStatus(settings.url, answer, now, secrets);
      if (answer.kind === 'none' || byStatus.kind !== 'sent') return byStatus;
      return outcomeOfBody(answer.body, placeOf(settings.url), secrets);
    },
  };
}

/** Of the time and the secret alone, as it stands in an address. */
export const signOf = (timestampMs: number, secret: string): string =>
  encodeURIComponent(createHmac('sha256', secret).update(`${timestampMs}\n${secret}`).digest('base64'));

/** Made for each message: a signature is good for an hour. */
function addressOf(url: string, token: string, secret: string | undefined, now: number): string {
  const signed = secret === undefined ? '' : `&timestamp=${now}&sign=${signOf(now, secret)}`;
  return `${url}?access_token=${encodeURIComponent(token)}${signed}`;
}

function tokenFault(text: string): string | undefined {
  if (TOKEN.test(text)) return undefined;
  return /access_token=/.test(text)
    ? 'holds a whole address; put into it only what follows access_token='
    : 'holds no token of a robot';
}

const messageOf = ({ title, text }: ReturnType<typeof renderDigest>, format: Settings['format']) => ({
  ...(format === 'text'
    ? { msgtype: 'text', text: { content: text } }
    : { msgtype: 'markdown', markdown: { title, text } }),
  at: { isAtAll: false },
});

/** Codes: https://open.dingtalk.com/document/orgapp/custom-robot-access */
export function outcomeOfBody(body: string, place: string, secrets: readonly string[] = []): SendOutcome {
  const answer = read(body);
  if (answer === undefined) {
    const words = wordsOf(body, secrets);
    const said = words === '' ? 'nothing' : `no JSON with an errcode: ${words}`;
    return {
      kind: 'failed',
      why: `${place} answers ${said}; something on the way may answer in its place`,
      retryAfterMs: ODD_MS,
    };
  }
  const { code, message } = answer;
  if (code === 0) return { kind: 'sent' };
  const said = `DingTalk answers ${code}${message === '' ? '' : ` (${wordsOf(message, secrets)})`}`;
  switch (code) {
    case -1:
      return { kind: 'failed', why: `${said}: it is busy`, retryAfterMs: BUSY_MS, holds: 'receiver' };
    case 130101:
    case 410100:
      return {
        kind: 'failed',
        why: `${said}: the robot got more than 20 messages in a minute and takes none for ten minutes; who else sends to it?`,
        retryAfterMs: TOO_FAST_MS,
        holds: 'receiver',
      };
    case 310000:
      return {
        kind: 'refused',
        why: `${said}: what the robot's security settings ask for is not there. By the words in brackets check dingtalk.keyword, the secret in dingtalk.secretFile, that this node's clock is right to the hour, or that its address is in the robot's list`,
      };
    case 300001:
    case 400101:
    case 400102:
    case 400106:
      return {
        kind: 'refused',
        why: `${said}: there is no such robot, or it was stopped; put the access_token of one that runs into dingtalk.tokenFile`,
      };
    case 460101:
    case 101002:
      return { kind: 'refused', why: `${said}: the message is too long for it, which is a defect of Meerkat` };
    default:
      return { kind: 'failed', why: said, retryAfterMs: ODD_MS };
  }
}

function read(body: string): { readonly code: number; readonly message: string } | undefined {
  try {
    const answer: unknown = JSON.parse(body);
    if (typeof answer !== 'object' || answer === null || !('errcode' in answer)) return undefined;
    const { errcode } = answer;
    const message = 'errmsg' in answer && typeof answer.errmsg === 'string' ? answer.errmsg : '';
    return typeof errcode === 'number' ? { code: errcode, message } : undefined;
  } catch {
    return undefined;
  }
}
