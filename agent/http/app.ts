/** The routes behind what every request passes: headers, limits, names, access, errors. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import { type RouteAccess, createAccessRule } from './access.ts';
import { clientOf, isLoopback } from './addresses.ts';
import type { RouteContext } from './context.ts';
import { HttpError, errorBody } from './errors.ts';
import { JSON_TYPE, NO_STORE, SECURITY_HEADERS } from './headers.ts';
import { createHostNames } from './host-header.ts';
import type { PageFile } from './page.ts';
import { createRateLimiter } from './rate-limit.ts';
import { alertRoutes } from './routes/alerts.ts';
import { changeRoutes } from './routes/changes.ts';
import { eventRoutes } from './routes/events.ts';
import { healthRoutes } from './routes/health.ts';
import { historyRoutes } from './routes/history.ts';
import { machineRoutes } from './routes/machine.ts';
import { meshRoutes } from './routes/mesh.ts';
import { notificationRoutes } from './routes/notifications.ts';
import { pageRoutes } from './routes/page.ts';
import { isSignalRoute, signalRoutes } from './routes/signals.ts';
import { sceneRoutes } from './routes/scenes.ts';
import { statusRoutes } from './routes/status.ts';
import { workloadRoutes } from './routes/workloads.ts';
import { signatureIn } from './signature.ts';
import { createStoreGate } from './store-gate.ts';
import type { EventStream } from './stream.ts';
import { createTokenFile } from './token-file.ts';

export interface AppParts {
  readonly page: readonly PageFile[];
  readonly stream: EventStream;
  readonly serving: () => boolean;
  readonly createServer: (handler: (request: IncomingMessage, response: ServerResponse) => void) => Server;
}

/** Signals aside, bodies are orders of a line; what comes is cut short. */
const MAX_BODY_BYTES = 1024;
/** Kubernetes names have at most 253 characters. */
const MAX_PARAMETER_LENGTH = 300;
/** Not for clients on the node itself. */
const RATE = { ratePerSecond: 200, burst: 400, maxClients: 1024 };

export async function buildApp(context: RouteContext, parts: AppParts): Promise<FastifyInstance> {
  const app = fastify({
    bodyLimit: MAX_BODY_BYTES,
    routerOptions: { maxParamLength: MAX_PARAMETER_LENGTH },
    serverFactory: (handler) => parts.createServer(handler),
    clientErrorHandler: answerClientError,
    frameworkErrors: (error, request, reply) => sendError(context, error, request, reply),
  });
  guard(app, context, new Set(['/', ...parts.page.map(({ path }) => path)]));
  app.setErrorHandler((error: FastifyError, request, reply) => sendError(context, error, request, reply));
  app.setNotFoundHandler((request, reply) => {
    const asked = `${request.method} ${request.url.slice(0, 100)}`;
    sendError(context, new HttpError(404, `${asked} does not exist; see /api/v1/openapi.json.`), request, reply);
  });
  // A page from elsewhere may send text without asking, JSON not.
  app.removeContentTypeParser('text/plain');
  const ask = createStoreGate(context.deps);
  statusRoutes(app, context, ask);
  meshRoutes(app, context);
  workloadRoutes(app, context);
  historyRoutes(app, context, ask);
  sceneRoutes(app, context, ask);
  eventRoutes(app, context);
  alertRoutes(app, context);
  changeRoutes(app, context);
  await signalRoutes(app, context);
  notificationRoutes(app, context);
  healthRoutes(app, context, parts.serving);
  machineRoutes(app, context, parts.stream);
  pageRoutes(app, parts.page);
  await app.ready();
  return app;
}

/** What every request passes before its route, the missing ones included. */
function guard(app: FastifyInstance, { options, deps }: RouteContext, page: ReadonlySet<string>): void {
  const names = createHostNames(
    { node: options.node, configured: options.hostNames },
    () => otherNames(deps),
    deps.clock,
  );
  const limiter = createRateLimiter(RATE, deps.clock);
  app.addHook('onRequest', (request, reply, done) => {
    const { ip } = request;
    const { host } = request.headers;
    reply.headers(SECURITY_HEADERS);
    if (!isLoopback(ip) && !limiter.take(clientOf(ip))) {
      reply.header('retry-after', '1');
      return done(new HttpError(429, `More than ${RATE.ratePerSecond} requests a second; ask more slowly.`));
    }
    if (!names.answersTo(host)) return done(misdirected(host ?? ''));
    return done();
  });
  const tokenFile = options.tokenFile === '' ? undefined : createTokenFile(options.tokenFile, deps);
  const rule = createAccessRule(options.access, tokenFile);
  app.addHook('onRequest', async (request) => {
    const isSigned = options.signalSecretFile !== '' && signatureIn(request.headers) !== undefined;
    const refusal = await rule(accessOf(request, page), request.ip, request.headers.authorization, isSigned);
    if (refusal !== undefined) throw refusal;
  });
}

const otherNames = (deps: RouteContext['deps']): string[] => {
  const { nodes, mesh } = deps.state();
  return [...nodes.map(({ report }) => report.node), ...(mesh?.members ?? []).map(({ name }) => name)];
};

/** What a route shows; a path that does not exist is guarded like the most precious. */
function accessOf({ method, routeOptions }: FastifyRequest, page: ReadonlySet<string>): RouteAccess {
  const { url: route } = routeOptions;
  if (route !== undefined && method === 'POST' && isSignalRoute(route)) return 'signal';
  if (route !== undefined && (method === 'POST' || method === 'DELETE')) return 'change';
  if (route?.startsWith('/api/v1/scenes') === true) return 'scene';
  if (route === '/livez' || route === '/readyz') return 'open';
  if (route?.startsWith('/health/') === true) return 'probe';
  return route !== undefined && page.has(route) ? 'page' : 'data';
}

const misdirected = (host: string): HttpError =>
  new HttpError(
    421,
    `This agent does not answer to the name ${JSON.stringify(host.slice(0, 100))}. Ask by address, localhost or the node's name, or add the name to http.hostNames.`,
  );

/** Every failure of a request as `{code, message}`, also those of the framework. */
function sendError(
  { deps }: RouteContext,
  error: Error & { readonly statusCode?: number },
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const statusCode = error.statusCode !== undefined && error.statusCode >= 400 ? error.statusCode : 500;
  const ours = error instanceof HttpError;
  if (statusCode >= 500 && !ours)
    deps.log.error({ err: error, method: request.method, url: request.url }, 'a request failed');
  const message = statusCode >= 500 && !ours ? 'A defect in Meerkat; its log has the details.' : error.message;
  if (statusCode === 401) reply.header('www-authenticate', 'Bearer');
  void reply
    .code(statusCode)
    .headers(SECURITY_HEADERS)
    .header('cache-control', NO_STORE)
    .type(JSON_TYPE)
    .send(errorBody(statusCode, message));
}

const CLIENT_ERRORS: Readonly<Record<string, readonly [number, string, string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large', 'The URL and headers are too large.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout', 'The request took too long to arrive.'],
};

/** Answers what is no HTTP request at all, and closes. */
function answerClientError(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, phrase, message] = CLIENT_ERRORS[error.code ?? ''] ?? [400, 'Bad Request', 'This is no HTTP request.'];
  const body = errorBody(status, message);
  const headers = Object.entries({
    ...SECURITY_HEADERS,
    'content-type': JSON_TYPE,
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  });
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.end(`HTTP/1.1 ${status} ${phrase}\r\n${lines}\r\n${body}`, () => socket.destroy());
}
