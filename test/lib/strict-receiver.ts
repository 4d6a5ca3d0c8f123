/**
 * A server that is told of alerts and believes nothing: what is wrong with a message it notes as a sentence, and answers as
 * the real ones do. For tests of what the agents send.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type StrictBody, readAlerts, readDingtalk, readSlack, readWebhook } from './strict-bodies.ts';

export type StrictKind = 'webhook' | 'dingtalk' | 'slack' | 'alertmanager';

/** How it answers. All but `take` and `late` take nothing. */
export type Mood =
  | { readonly kind: 'take' }
  /** Takes it, and says so after so long. */
  | { readonly kind: 'late'; readonly afterMs: number }
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** 200 with this body. */
  | { readonly kind: 'body'; readonly body: string }
  /** Never answers. */
  | { readonly kind: 'hang' }
  /** Closes the connection once it has the message. */
  | { readonly kind: 'reset' };

export interface StrictOptions {
  readonly kind: StrictKind;
  /** 0: any free one. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly address?: string;
  /** Messages must be signed with it. */
  readonly secret?: string;
  /** DingTalk: the token that is in the address. Slack: the path of the webhook, without `/services/`. */
  readonly token?: string;
  /** DingTalk: must be in every message. */
  readonly keyword?: string;
  /** PEM; with it, it serves HTTPS. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** DingTalk: so many in a minute; default 20. */
  readonly perMinute?: number;
  /** Unix ms. */
  readonly now?: () => number;
  /** How it answers now; without it, as `setMood` has said. */
  readonly mood?: () => Mood;
  readonly onRecord?: (record: StrictRecord) => void;
}

/** One request. */
export interface StrictRecord {
  /** Unix ms. */
  readonly at: number;
  readonly path: string;
  readonly bytes: number;
  /** From the header `X-Meerkat-Notification`. */
  readonly id?: string;
  /** It has had it before. */
  readonly isDuplicate: boolean;
  /** Answered as one that was taken. */
  readonly isTaken: boolean;
  /** What was wrong with it, a sentence each. */
  readonly faults: readonly string[];
  /** DingTalk and Slack: what people would read; others: the summaries of the alerts, a line each. */
  readonly text: string;
  readonly alerts: StrictBody['alerts'];
}

export interface StrictReceiver {
  /** Without a path. */
  readonly url: string;
  readonly port: number;
  readonly records: readonly StrictRecord[];
  /** Of all requests. */
  readonly faults: () => readonly string[];
  setMood(mood: Mood): void;
  stop(): Promise<void>;
}

const MAX_BYTES = 1024 * 1024;
/** https://open.dingtalk.com/document/orgapp/custom-robot-access */
const DINGTALK_BYTES = 20_000;
const MINUTE_MS = 60_000;
/** https://docs.slack.dev/apis/web-api/rate-limits: one a second. */
const SLACK_APART_MS = 1000;
const BLOCKED_MS = 10 * MINUTE_MS;
const CLOCK_MS = 3_600_000;

export async function startStrictReceiver(options: StrictOptions): Promise<StrictReceiver> {
  const { kind, port = 0, address = '127.0.0.1', tls } = options;
  const judge = createJudge(options);
  const records: StrictRecord[] = [];
  let told: Mood = { kind: 'take' };
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readAll(request);
    const verdict = judge(request, body);
    const mood = options.mood?.() ?? told;
    const isTaken = (mood.kind === 'take' || mood.kind === 'late') && verdict.answer.isTaken;
    const record = { ...verdict.record, isTaken };
    records.push(record);
    options.onRecord?.(record);
    await answer(response, mood, verdict.answer);
  };
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    // A client that gives up while it sends is no fault of this server's.
    handle(request, response).catch(() => response.destroy());
  };
  const server = tls === undefined ? createServer(listener) : createSecureServer({ ...tls }, listener);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${address.includes(':') ? `[${address}]` : address}:${bound}`,
    port: bound,
    records,
    faults: () => records.flatMap(({ faults }) => faults.map((fault) => `${kind}: ${fault}`)),
    setMood(next) {
      told = next;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Verdict {
  readonly record: Omit<StrictRecord, 'isTaken'>;
  readonly answer: Usual & { readonly isTaken: boolean };
}

function createJudge(options: StrictOptions): (request: IncomingMessage, body: Buffer) => Verdict {
  const { kind, now = Date.now, perMinute = 20 } = options;
  const seen = new Set<string>();
  const sentAt: number[] = [];
  let blockedUntil = 0;
  return (request, bytes) => {
    const at = now();
    const path = request.url ?? '';
    const id = headerOf(request, 'x-meerkat-notification');
    const faults = [...requestFaults(request, bytes, kind), ...signatureFaults(request, bytes, options, at)];
    const read = READERS[kind](bytes.toString('utf8'));
    faults.push(...read.faults, ...keywordFaults(read, options));
    const isDuplicate = id !== undefined && seen.has(id);
    if (kind === 'webhook' && id === undefined) faults.push('it has no header X-Meerkat-Notification');
    let code = faults.length === 0 ? 0 : 310_000;
    if (kind === 'dingtalk') {
      if (bytes.length > DINGTALK_BYTES) code = 460_101;
      while ((sentAt[0] ?? Infinity) <= at - MINUTE_MS) sentAt.shift();
      sentAt.push(at);
      if (at < blockedUntil) faults.push('it came while the robot was blocked');
      else if (sentAt.length > perMinute) {
        faults.push(`it is number ${sentAt.length} within a minute, allowed are ${perMinute}`);
        blockedUntil = at + BLOCKED_MS;
      }
      if (at < blockedUntil) code = 130_101;
    }
    if (kind === 'slack') {
      const lastAt = sentAt.at(-1) ?? -Infinity;
      if (options.token !== undefined && path !== `/services/${options.token}`) code = 404;
      else if (at - lastAt < SLACK_APART_MS) {
        faults.push(`it came ${at - lastAt} ms after the one before`);
        code = 429;
      } else sentAt.push(at);
    }
    const isTaken = code === 0;
    if (isTaken && id !== undefined) seen.add(id);
    const record = {
      at,
      path: path.replace(/\?.*/, ''),
      bytes: bytes.length,
      ...(id !== undefined && { id }),
      isDuplicate,
      faults,
      text: read.text,
      alerts: read.alerts,
    };
    return { record, answer: { isTaken, ...answerOf(kind, code, faults) } };
  };
}

const READERS: Readonly<Record<StrictKind, (text: string) => StrictBody>> = {
  webhook: readWebhook,
  dingtalk: readDingtalk,
  slack: readSlack,
  alertmanager: readAlerts,
};

interface Usual {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** DingTalk answers 200 to everything. */
function answerOf(kind: StrictKind, code: number, faults: readonly string[]): Usual {
  if (kind === 'dingtalk') {
    const errmsg =
      code === 0 ? 'ok' : code === 130_101 ? 'send too fast, exceed 20 times per minute' : (faults[0] ?? '');
    return { status: 200, body: JSON.stringify({ errcode: code, errmsg }) };
  }
  if (kind === 'slack') {
    if (code === 0) return { status: 200, body: 'ok' };
    if (code === 404) return { status: 404, body: 'no_service' };
    if (code === 429) return { status: 429, body: 'rate_limited', headers: { 'retry-after': '1' } };
    const isForm = faults.some((fault) => fault.startsWith('its body'));
    return { status: 400, body: isForm ? 'invalid_blocks' : 'invalid_payload' };
  }
  return code === 0 ? { status: 200, body: '{}' } : { status: 400, body: JSON.stringify({ faults }) };
}

function requestFaults(request: IncomingMessage, bytes: Buffer, kind: StrictKind): string[] {
  const type = headerOf(request, 'content-type') ?? '';
  const path = (request.url ?? '').replace(/\?.*/, '');
  return [
    ...(request.method === 'POST' ? [] : [`its method is ${request.method ?? ''}, not POST`]),
    ...(/^application\/json(; *charset=utf-8)?$/i.test(type) ? [] : [`its type is "${type}", not JSON in UTF-8`]),
    ...(kind === 'dingtalk' && bytes.length > DINGTALK_BYTES
      ? [`it has ${bytes.length} bytes, allowed are ${DINGTALK_BYTES}`]
      : []),
    ...(bytes.toString('utf8').includes('\u{fffd}') ? ['it is no UTF-8'] : []),
    ...(kind === 'alertmanager' && path !== '/api/v2/alerts' ? [`its path is ${path}, not /api/v2/alerts`] : []),
    ...(kind === 'dingtalk' && path !== '/robot/send' ? [`its path is ${path}, not /robot/send`] : []),
  ];
}

function signatureFaults(request: IncomingMessage, bytes: Buffer, options: StrictOptions, at: number): string[] {
  const { kind, secret, token } = options;
  if (kind === 'webhook') {
    if (secret === undefined) return [];
    const given = headerOf(request, 'x-signature-256');
    const right = `sha256=${createHmac('sha256', secret).update(bytes).digest('hex')}`;
    return isSame(given, right) ? [] : ['its signature is none of these bytes'];
  }
  if (kind !== 'dingtalk') return [];
  const query = new URL(request.url ?? '', 'http://localhost').searchParams;
  const repeated = ['access_token', 'timestamp', 'sign'].filter((name) => query.getAll(name).length > 1);
  const faults = repeated.map((name) => `${name} is given more than once`);
  if (token !== undefined && query.get('access_token') !== token) faults.push('token is not exist');
  if (secret === undefined) return faults;
  const timestamp = query.get('timestamp') ?? '';
  const right = createHmac('sha256', secret).update(`${timestamp}\n${secret}`).digest('base64');
  if (!isSame(query.get('sign') ?? undefined, right)) faults.push('sign not match');
  else if (Math.abs(at - Number(timestamp)) > CLOCK_MS) faults.push('invalid timestamp');
  return faults;
}

const keywordFaults = ({ text }: StrictBody, { keyword }: StrictOptions): string[] =>
  keyword === undefined || text.includes(keyword) ? [] : ['keywords not in content'];

function isSame(given: string | undefined, right: string): boolean {
  const [one, other] = [Buffer.from(given ?? ''), Buffer.from(right)];
  return one.length === other.length && timingSafeEqual(one, other);
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new Error('it is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function answer(response: ServerResponse, mood: Mood, usual: Verdict['answer']): Promise<void> {
  switch (mood.kind) {
    case 'hang':
      return;
    case 'reset':
      response.destroy();
      return;
    case 'status':
      response.writeHead(mood.status, { ...mood.headers }).end(mood.body ?? '');
      return;
    case 'body':
      response.writeHead(200, { 'content-type': 'application/json' }).end(mood.body);
      return;
    case 'late':
      await new Promise<void>((resolve) => {
        setTimeout(resolve, mood.afterMs);
      });
      break;
    case 'take':
  }
  const type = /^[{[]/.test(usual.body) ? 'application/json' : 'text/html';
  response.writeHead(usual.status, { 'content-type': type, ...usual.headers }).end(usual.body);
}
