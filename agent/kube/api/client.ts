/**
 * The Kubernetes API as this agent asks it: each question at one server after the other until one answers, within a
 * deadline that holds for all of it.
 *
 * It speaks HTTP itself. The official client costs an agent 31 MiB of memory and lists without pages (see
 * `docs/architecture.md`); what is asked here are a handful of objects.
 */
import type { Clock } from '../../base/clock.ts';
import { type Answer, answerOf, answerOfStatus } from './answer.ts';
import type { CredentialReader } from './credentials.ts';
import type { Endpoint, Endpoints } from './endpoints.ts';
import { type ExchangeRequest, describe, openExchange, readBody } from './exchange.ts';
import { readLines } from './lines.ts';

export interface KubeClient {
  /** One object, or one page of a list. */
  get(path: string): Promise<Answer>;
  /** Replaces an object; with its `resourceVersion` only where nobody else did meanwhile. */
  put(path: string, object: unknown): Promise<Answer>;
  /**
   * Tells of every change until the API ends it, or says nothing for too long.
   *
   * @param path with a resource version; `watch` and bookmarks are asked for here
   */
  watch(path: string, options: WatchOptions): Promise<Answer>;
}

export interface WatchOptions {
  readonly signal: AbortSignal;
  /** It ends by itself after so long, or up to twice as long, ms. Default 5 min. */
  readonly forMs?: number;
  /** It has begun. */
  readonly onOpen: () => void;
  readonly onEvent: (event: WatchEvent) => void;
}

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: unknown;
}

export interface KubeClientDeps {
  readonly clock: Clock;
  readonly random: () => number;
  readonly endpoints: Endpoints;
  readonly credentials: CredentialReader;
  /** Aborted when the agent stops. */
  readonly signal: AbortSignal;
}

/** Of one server. */
export const TRY_MS = 10_000;
/** Of all servers together. */
const ASK_MS = 20_000;
/** 100 Nodes are about 2 MiB. */
const MAX_BODY_BYTES = 32 * 1024 * 1024;
/** The API sends a bookmark about once a minute: who says nothing for longer is not there any more. */
export const SILENT_MS = 150_000;
/** After 5 to 10 minutes the API ends a watch by itself, so that load spreads over its servers. */
const WATCH_MS = 300_000;
const MAX_EVENT_BYTES = 4 * 1024 * 1024;

export function createKubeClient(deps: KubeClientDeps): KubeClient {
  const { endpoints } = deps;

  const ask = async (request: Pick<ExchangeRequest, 'method' | 'path' | 'body'>): Promise<Answer> => {
    const startedAt = deps.clock.monotonic();
    let answer: Answer = { kind: 'failed', message: 'no address of the API server is known' };
    for (const server of endpoints.list()) {
      if (deps.signal.aborted || deps.clock.monotonic() - startedAt >= ASK_MS) break;
      answer = await askAt(server, request, deps);
      if (answer.kind !== 'failed') {
        endpoints.worked(server.url);
        return answer;
      }
      endpoints.failed(server.url);
      // It lives, and asks to be left alone: so do the others, which serve the same.
      if (answer.retryAfterMs !== undefined) return answer;
    }
    return answer;
  };

  return {
    get: (path) => ask({ method: 'GET', path }),
    put: (path, object) => ask({ method: 'PUT', path, body: JSON.stringify(object) }),
    async watch(path, options) {
      let answer: Answer = { kind: 'failed', message: 'no address of the API server is known' };
      for (const server of endpoints.list()) {
        let isOpen = false;
        const onOpen = (): void => {
          isOpen = true;
          endpoints.worked(server.url);
          options.onOpen();
        };
        answer = await watchAt(server, path, { ...options, onOpen }, deps);
        if (options.signal.aborted) return answer;
        if (answer.kind === 'failed') endpoints.failed(server.url);
        // Once it has begun, the caller goes on from where it ended.
        if (isOpen || answer.kind !== 'failed') return answer;
      }
      return answer;
    },
  };
}

async function askAt(
  server: Endpoint,
  request: Pick<ExchangeRequest, 'method' | 'path' | 'body'>,
  { clock, credentials, signal }: KubeClientDeps,
): Promise<Answer> {
  const deadline = createDeadline(clock, signal);
  const told = { server, signal: deadline.signal };
  deadline.arm(TRY_MS, `no answer within ${TRY_MS / 1000} s`);
  try {
    const opened = await openExchange({ ...request, ...told, credentials: await credentials.read() });
    if (opened.kind === 'failed') return { kind: 'failed', message: opened.message };
    const { response } = opened;
    const body = await readBody(response, MAX_BODY_BYTES);
    return answerOf(response.statusCode ?? 0, body, response.headers['retry-after']);
  } catch (error) {
    return { kind: 'failed', message: describe(error, told) };
  } finally {
    deadline.disarm();
  }
}

async function watchAt(
  server: Endpoint,
  path: string,
  { signal, onEvent, onOpen, forMs = WATCH_MS }: WatchOptions,
  { clock, credentials, random }: KubeClientDeps,
): Promise<Answer> {
  const seconds = Math.round((forMs / 1000) * (1 + random()));
  const query = `watch=1&allowWatchBookmarks=true&timeoutSeconds=${seconds}`;
  const deadline = createDeadline(clock, signal);
  const told = { server, signal: deadline.signal };
  const extend = (): void => deadline.arm(SILENT_MS, `nothing was said for ${SILENT_MS / 1000} s`);
  deadline.arm(TRY_MS, `no answer within ${TRY_MS / 1000} s`);
  try {
    const opened = await openExchange({
      ...told,
      method: 'GET',
      path: `${path}${path.includes('?') ? '&' : '?'}${query}`,
      credentials: await credentials.read(),
    });
    if (opened.kind === 'failed') return { kind: 'failed', message: opened.message };
    const { response } = opened;
    if (response.statusCode !== 200)
      return answerOf(
        response.statusCode ?? 0,
        await readBody(response, MAX_BODY_BYTES),
        response.headers['retry-after'],
      );
    onOpen();
    extend();
    for await (const line of readLines(response, MAX_EVENT_BYTES)) {
      extend();
      const event = parseEvent(line);
      if (event.type === 'ERROR') return answerOfStatus(event.object);
      onEvent({ type: event.type, object: event.object });
    }
    return { kind: 'ok', value: undefined };
  } catch (error) {
    return { kind: 'failed', message: describe(error, told) };
  } finally {
    deadline.disarm();
  }
}

const TYPES = ['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR'] as const;

/** Throws for what is no event of a watch. */
function parseEvent(line: string): { readonly type: (typeof TYPES)[number]; readonly object: unknown } {
  const value: unknown = JSON.parse(line);
  if (typeof value !== 'object' || value === null || !('type' in value) || !('object' in value))
    throw new Error('a watch told something else than events');
  const type = TYPES.find((known) => known === value.type);
  if (type === undefined) throw new Error('a watch told an event of an unknown type');
  return { type, object: value.object };
}

interface Deadline {
  readonly signal: AbortSignal;
  /** From now on; one that was armed before does not count any more. */
  arm(afterMs: number, why: string): void;
  disarm(): void;
}

function createDeadline(clock: Clock, outer: AbortSignal): Deadline {
  const controller = new AbortController();
  const onOuter = (): void => controller.abort(new Error('the agent stops'));
  let cancel = (): void => {};
  if (outer.aborted) onOuter();
  outer.addEventListener('abort', onOuter, { once: true });
  return {
    signal: controller.signal,
    arm(afterMs, why) {
      cancel();
      cancel = clock.after(afterMs, () => controller.abort(new Error(why)));
    },
    disarm() {
      cancel();
      outer.removeEventListener('abort', onOuter);
      // What is left of the connection is of no use to anybody.
      controller.abort(new Error('it is over'));
    },
  };
}
