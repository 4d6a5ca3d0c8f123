/**
 * The way of every check to an HTTP server: one exchange on a connection of its own, bounded, its failure named. A
 * pooled connection would hide that nobody listens any more, so there is no pool; no proxy is asked, no redirect
 * followed.
 */
import * as http from 'node:http';
import * as https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { clearTimeout, setTimeout } from 'node:timers';
import { type SecureContext, createSecureContext } from 'node:tls';
import type { CheckClock, Fetch, FetchFailure, FetchRequest } from '../types.ts';
import { classifyError } from './fetch-failure.ts';

/**
 * They keep no connection. The second one keeps TLS sessions, so that a server that is asked every few seconds need not
 * make and verify signatures each time: less than half the work for both sides.
 */
const PLAIN = new http.Agent({ keepAlive: false });
const SECURE = new https.Agent({ keepAlive: false, maxCachedSessions: 32 });

/** Made of certificates and keys, which seldom change; making one takes longer than a request. The newest last. */
const CONTEXTS: { readonly tls: NonNullable<FetchRequest['tls']>; readonly context: SecureContext }[] = [];
const MAX_CONTEXTS = 8;

const DEFAULT_MAX_BODY_BYTES = 262_144;

/** A deadline that fires this late tells of this process, not of the server: it was stopped or had no CPU. */
const LATE_MS = 200;

/**
 * Binds exchanges to one run: all of them end with `signal`.
 *
 * @param lookup finds the addresses of names; without it Node does
 */
export function createFetch(signal: AbortSignal, clock: CheckClock, lookup?: LookupFunction): Fetch {
  return async (request) => {
    const startedAt = clock.monotonic();
    const elapsedMs = (): number => clock.monotonic() - startedAt;
    const end = await exchange(() => open(request, lookup), request, signal, elapsedMs);
    return { ...end, durationMs: elapsedMs() };
  };
}

/** How an exchange ended; without its duration. */
type End =
  | { readonly kind: 'response'; readonly status: number; readonly body: string; readonly location?: string }
  | { readonly kind: 'failure'; readonly failure: FetchFailure; readonly message: string };

const failure = (kind: FetchFailure, message: string): End => ({ kind: 'failure', failure: kind, message });

function exchange(
  begin: () => http.ClientRequest,
  request: FetchRequest,
  runSignal: AbortSignal,
  elapsedMs: () => number,
): Promise<End> {
  if (runSignal.aborted) return Promise.resolve(failure('aborted', 'the run was over before it asked'));
  let outgoing: http.ClientRequest;
  try {
    outgoing = begin();
  } catch (error) {
    return Promise.resolve(thrown(error, request));
  }
  return new Promise((resolve) => {
    let connected = false;
    let settled = false;
    let deadline: NodeJS.Timeout | undefined;
    const settle = (end: End): void => {
      if (settled) return;
      settled = true;
      clearTimeout(deadline);
      runSignal.removeEventListener('abort', onAbort);
      outgoing.destroy();
      resolve(end);
    };
    const onDeadline = (): void => settle(timedOut(request, elapsedMs(), connected));
    const onAbort = (): void => settle(failure('aborted', 'the run ended before the answer came'));
    const onError = (error: unknown): void => settle(thrown(error, request));
    // No AbortSignal.timeout: that goes on until its end, and then makes an error for nobody.
    if (request.timeoutMs !== undefined) deadline = setTimeout(onDeadline, request.timeoutMs);
    runSignal.addEventListener('abort', onAbort);
    outgoing.on('socket', (socket) => {
      socket.once('connect', () => {
        connected = true;
      });
    });
    outgoing.on('error', onError);
    outgoing.on('close', () => settle(failure('reset', 'the server closed the connection without an answer')));
    outgoing.on('response', (response) => collect(response, request.maxBodyBytes, settle, onError));
    outgoing.end(request.body);
  });
}

/** Throws for a URL, a header or a certificate that cannot be used. */
function open(request: FetchRequest, lookup: LookupFunction | undefined): http.ClientRequest {
  const url = new URL(request.url);
  const options = {
    method: request.method ?? 'GET',
    headers: { ...request.headers },
    ...(lookup !== undefined && { lookup }),
    ...(request.socketPath === undefined ? {} : { socketPath: request.socketPath }),
  } satisfies http.RequestOptions;
  if (url.protocol === 'http:') return http.request(url, { ...options, agent: PLAIN });
  if (url.protocol !== 'https:') throw new Error(`${url.protocol} is no protocol for a check`);
  const { serverName: servername, ...tls } = request.tls ?? {};
  const verification = { rejectUnauthorized: tls.ca !== undefined, ...(servername !== undefined && { servername }) };
  const secure = { ...tls, secureContext: contextOf(tls), ...verification };
  return https.request(url, { ...options, agent: SECURE, ...secure });
}

/** Throws for a certificate that cannot be used. */
function contextOf(tls: NonNullable<FetchRequest['tls']>): SecureContext {
  const { ca, cert, key } = tls;
  const known = CONTEXTS.find((one) => one.tls.ca === ca && one.tls.cert === cert && one.tls.key === key);
  if (known !== undefined) return known.context;
  const context = createSecureContext(tls);
  CONTEXTS.push({ tls, context });
  if (CONTEXTS.length > MAX_CONTEXTS) CONTEXTS.shift();
  return context;
}

function collect(
  response: http.IncomingMessage,
  maxBodyBytes = DEFAULT_MAX_BODY_BYTES,
  settle: (end: End) => void,
  onError: (error: unknown) => void,
): void {
  const chunks: Buffer[] = [];
  let size = 0;
  const finish = (): void => {
    const body = Buffer.concat(chunks).subarray(0, maxBodyBytes).toString('utf8');
    const { location } = response.headers;
    settle({ kind: 'response', status: response.statusCode ?? 0, body, ...(location !== undefined && { location }) });
  };
  response.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= maxBodyBytes) finish();
  });
  response.on('end', finish);
  response.on('error', onError);
}

/**
 * Nobody answered in time. Nothing on this machine drops a connection request but a listener that does not accept, so
 * here both mean that the server hangs; on the way to another machine no connection means no way there.
 */
function timedOut(request: FetchRequest, elapsedMs: number, connected: boolean): End {
  const timeoutMs = request.timeoutMs ?? 0;
  const lateMs = Math.round(elapsedMs - timeoutMs);
  if (lateMs > LATE_MS) {
    return failure('aborted', `this process was held up for ${lateMs} ms, so the time-out says nothing`);
  }
  if (connected) return failure('timeout', `no full answer from ${targetOf(request)} within ${timeoutMs} ms`);
  const message = `no connection to ${targetOf(request)} within ${timeoutMs} ms`;
  return failure(isLocal(request) ? 'timeout' : 'unreachable', message);
}

function thrown(error: unknown, request: FetchRequest): End {
  const { failure: kind, message } = classifyError(error);
  return failure(kind, `${targetOf(request)}: ${message}`);
}

function targetOf(request: FetchRequest): string {
  return request.socketPath ?? (URL.canParse(request.url) ? new URL(request.url).host : request.url);
}

function isLocal(request: FetchRequest): boolean {
  if (request.socketPath !== undefined) return true;
  const host = new URL(request.url).hostname;
  return host === 'localhost' || host === '[::1]' || (isIP(host) === 4 && host.startsWith('127.'));
}
