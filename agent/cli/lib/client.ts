/** One question to an agent, with nothing but Node's own HTTP client: it must be quick to load. */
import { readFileSync } from 'node:fs';
import { type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http';
import { formatEndpoint } from '../../base/endpoint.ts';
import { AgentError, codeOf, messageOf } from '../../base/errors.ts';
import type { Target } from './arguments.ts';

export interface Answer {
  readonly statusCode: number;
  readonly body: string;
}

const MAX_BODY_BYTES = 64 * 1024 * 1024;
const DEFAULT_TIMEOUT_MS = 10_000;

/**
 * @param timeoutMs bound on the whole exchange
 * @param signal ends it at once, as `unavailable`
 * @throws {AgentError} `unavailable` when nobody answers: the message says what to do
 */
export const ask = (
  target: Target,
  path: string,
  timeoutMs = DEFAULT_TIMEOUT_MS,
  signal?: AbortSignal,
): Promise<Answer> => exchange(target, 'GET', path, timeoutMs, signal);

/**
 * Orders a change.
 *
 * @param body JSON; by default an empty object
 * @throws {AgentError} `unavailable` when nobody answers
 */
export const order = (target: Target, path: string, timeoutMs = DEFAULT_TIMEOUT_MS, body = '{}'): Promise<Answer> =>
  exchange(target, 'POST', path, timeoutMs, undefined, body);

/**
 * Orders that something is there no more.
 *
 * @throws {AgentError} `unavailable` when nobody answers
 */
export const remove = (target: Target, path: string): Promise<Answer> =>
  exchange(target, 'DELETE', path, DEFAULT_TIMEOUT_MS);

async function exchange(
  target: Target,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  timeoutMs: number,
  signal?: AbortSignal,
  body?: string,
): Promise<Answer> {
  const bound = AbortSignal.timeout(timeoutMs);
  const options: RequestOptions & { ca?: string } = {
    method,
    host: target.host,
    port: target.port,
    path,
    agent: false,
    signal: signal === undefined ? bound : AbortSignal.any([bound, signal]),
    headers: {
      accept: '*/*',
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...tokenHeader(target),
    },
  };
  if (target.caFile !== undefined) options.ca = readOption('--ca', target.caFile);
  const request = target.caFile === undefined ? requestHttp : (await import('node:https')).request;
  try {
    return await new Promise<Answer>((resolve, reject) => {
      request(options, (response) => void collect(response).then(resolve, reject))
        .once('error', reject)
        .end(body);
    });
  } catch (error) {
    throw new AgentError('unavailable', explain(target, error, timeoutMs), { cause: error });
  }
}

/**
 * The body of an answer that is 200.
 *
 * @throws {AgentError} `usage` when the agent refuses the question, `unavailable` when it cannot answer
 */
export async function askFor(target: Target, path: string, timeoutMs?: number, signal?: AbortSignal): Promise<string> {
  const { statusCode, body } = await ask(target, path, timeoutMs, signal);
  if (statusCode === 200) return body;
  const wrong = statusCode === 400 || statusCode === 404;
  throw new AgentError(wrong ? 'usage' : 'unavailable', `${formatEndpoint(target)}: ${messageIn(body, statusCode)}`);
}

/** A path with its query; what is undefined is left out. */
export function pathOf(path: string, query: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const text = new URLSearchParams(given).toString();
  return text === '' ? path : `${path}?${text}`;
}

async function collect(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new Error(`the answer is larger than ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return { statusCode: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') };
}

function tokenHeader({ tokenFile }: Target): { authorization?: string } {
  return tokenFile === undefined ? {} : { authorization: `Bearer ${readOption('--token-file', tokenFile).trim()}` };
}

function readOption(option: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new AgentError('usage', `${option}: ${messageOf(error)}`, { cause: error });
  }
}

function explain(target: Target, error: unknown, timeoutMs: number): string {
  const place = formatEndpoint(target);
  const code = codeOf(error);
  if (code === 'ECONNREFUSED') {
    return `No agent listens at ${place}. Start it (meerkat agent), or name another with --host and --port.`;
  }
  if (error instanceof Error && error.name === 'AbortError') {
    return `${place} did not answer within ${timeoutMs / 1000} s. The agent may be hung: see its log.`;
  }
  if (code === 'ECONNRESET') {
    return `${place} closed the connection. If the agent serves TLS, name its authority with --ca.`;
  }
  return `${place} cannot be asked: ${messageOf(error)}. Name the agent with --host and --port.`;
}

/** The server's own words, when it is one of ours. */
export function messageIn(body: string, statusCode: number): string {
  try {
    const { message } = JSON.parse(body) as { readonly message?: unknown };
    if (typeof message === 'string') return message;
  } catch {
    // Not ours: the status code says what there is to say.
  }
  return `answered ${statusCode}; is this a Meerkat agent?`;
}
