/** What other programs read: metrics, the API's description, the stream. */
import type { FastifyInstance } from 'fastify';
import { type RouteContext, sendFormat } from '../context.ts';
import { HttpError } from '../errors.ts';
import { NO_STORE } from '../headers.ts';
import { openApiDocument } from '../openapi.ts';
import { NO_QUERY } from '../parameters.ts';
import { parseQuery } from '../query.ts';
import { type EventStream, MAX_STREAMS } from '../stream.ts';

export function machineRoutes(app: FastifyInstance, context: RouteContext, stream: EventStream): void {
  const { deps, options, answers } = context;
  app.get('/metrics', (request, reply) => {
    parseQuery(NO_QUERY, request.query, 0);
    const body = answers.get('metrics', (now) =>
      deps.metrics.render({
        state: deps.state(),
        diagnosis: deps.diagnosis(),
        now,
        mesh: deps.meshCounts?.(),
        notifications: deps.notifications?.state(),
        rules: deps.rules,
      }),
    );
    return reply.header('cache-control', NO_STORE).type(deps.metrics.contentType).send(body);
  });
  let document: string | undefined;
  app.get('/api/v1/openapi.json', (request, reply) => {
    parseQuery(NO_QUERY, request.query, 0);
    document ??= JSON.stringify(openApiDocument(options.version));
    return sendFormat(reply, 'json', document);
  });
  app.get('/api/v1/stream', { exposeHeadRoute: false }, (request, reply) => {
    parseQuery(NO_QUERY, request.query, 0);
    if (stream.size() >= MAX_STREAMS) throw new HttpError(503, `There are ${MAX_STREAMS} streams already.`);
    reply.hijack();
    stream.open(reply.raw);
  });
}
