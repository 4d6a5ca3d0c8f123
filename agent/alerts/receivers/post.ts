/** One message over HTTP: verified, bounded in time and size, on a connection of its own; no proxy, no redirect. */
import * as http from 'node:http';
import * as https from 'node:https';
import type { LookupFunction } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import { codeOf, messageOf } from '../../base/errors.ts';

export interface PostRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** From here to the end of the answer. */
  readonly timeoutMs: number;
  /** PEM. Undefined: what Node.js trusts. */
  readonly ca?: string;
  readonly signal: AbortSignal;
}

export type PostAnswer =
  | {
      readonly kind: 'answer';
      readonly status: number;
      /** Cut to {@link MAX_BODY_BYTES}. */
      readonly body: string;
      readonly retryAfter?: string;
    }
  /** Nobody knows whether it arrived. `why` never has more of the address than its host. */
  | { readonly kind: 'none'; readonly why: string };

/** Never rejects. */
export type Post = (request: PostRequest) => Promise<PostAnswer>;

export const MAX_BODY_BYTES = 65_536;

/** Agents of its own: the global ones may be told of proxies by variables. */
const PLAIN = new http.Agent({ keepAlive: false });
const SECURE = new https.Agent({ keepAlive: false, maxCachedSessions: 32 });

/** @param lookup finds the addresses of names, without the thread pool that a stalled disk may hold */
export function createPost(deps: { readonly clock: Pick<Clock, 'after'>; readonly lookup?: LookupFunction }): Post {
  return (request) =>
    new Promise((resolve) => {
      const { body, timeoutMs, signal } = request;
      const calledOff = new AbortController();
      const stopTimer = deps.clock.after(timeoutMs, () =>
        finish({ kind: 'none', why: `no full answer within ${timeoutMs / 1000} s` }),
      );
      const onAbort = (): void => finish({ kind: 'none', why: 'it was called off' });
      let isDone = false;
      const finish = (answer: PostAnswer): void => {
        if (isDone) return;
        isDone = true;
        stopTimer();
        signal.removeEventListener('abort', onAbort);
        resolve(answer);
        calledOff.abort();
      };
      if (signal.aborted) return onAbort();
      signal.addEventListener('abort', onAbort);
      const fail = (error: unknown): void => finish({ kind: 'none', why: describe(error) });
      try {
        const outgoing = open(request, calledOff.signal, deps.lookup);
        outgoing.on('error', fail);
        outgoing.on('close', () => finish({ kind: 'none', why: 'the connection was closed without an answer' }));
        outgoing.on('response', (response) => collect(response, finish, fail));
        outgoing.end(body);
      } catch (error) {
        fail(error);
      }
    });
}

/** Throws for an address or a certificate that cannot be used. */
function open(
  { url: text, headers, body, ca }: PostRequest,
  signal: AbortSignal,
  lookup: LookupFunction | undefined,
): http.ClientRequest {
  if (!URL.canParse(text)) throw new Error('the address is no URL');
  const url = new URL(text);
  const options = {
    method: 'POST',
    signal,
    headers: {
      'user-agent': 'meerkat',
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
      ...headers,
    },
    ...(lookup !== undefined && { lookup }),
  };
  if (url.protocol === 'http:') return http.request(url, { ...options, agent: PLAIN });
  if (url.protocol !== 'https:') throw new Error('the address is none of http or https');
  return https.request(url, {
    ...options,
    agent: SECURE,
    // Also where a variable says otherwise for all of Node.js.
    rejectUnauthorized: true,
    ...(ca !== undefined && { ca }),
  });
}

function collect(
  response: http.IncomingMessage,
  finish: (answer: PostAnswer) => void,
  fail: (error: unknown) => void,
): void {
  const chunks: Buffer[] = [];
  let size = 0;
  const end = (): void => {
    const retryAfter = response.headers['retry-after'];
    finish({
      kind: 'answer',
      status: response.statusCode ?? 0,
      body: Buffer.concat(chunks).subarray(0, MAX_BODY_BYTES).toString('utf8'),
      ...(retryAfter !== undefined && { retryAfter }),
    });
  };
  response.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= MAX_BODY_BYTES) end();
  });
  response.on('end', end);
  response.on('error', fail);
}

/** OpenSSL's messages are `hex:error:hex:library:function:reason:file:line:details`: the reason is what helps. */
function describe(error: unknown): string {
  const message = messageOf(error) || (codeOf(error) ?? 'the connection failed');
  return (/:error:[0-9A-F]*:[^:]*:[^:]*:([^:]+):/i.exec(message)?.[1] ?? message).replaceAll(/\s+/g, ' ').trim();
}
