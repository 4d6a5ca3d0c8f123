/** One line for machines. The status code is the verdict: 200 ok, 503 problem, 504 unknown. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type HealthScope, healthOf } from '../../model/health.ts';
import { type RouteContext, sendText } from '../context.ts';
import { HttpError } from '../errors.ts';
import { HEALTH_QUERY } from '../parameters.ts';
import { parseQuery } from '../query.ts';

const STATUS_CODES = { ok: 200, problem: 503, unknown: 504 } as const;

/** @param serving false from the moment the agent stops */
export function healthRoutes(app: FastifyInstance, context: RouteContext, serving: () => boolean): void {
  const { deps, catalogue } = context;
  const send = (request: FastifyRequest, reply: FastifyReply, scope: HealthScope): FastifyReply => {
    const now = deps.clock.now();
    const { failOn = 'critical' } = parseQuery(HEALTH_QUERY, request.query, now);
    const { verdict, line, details } = healthOf(scope, deps.state(), deps.diagnosis(), failOn, now);
    return sendText(reply, STATUS_CODES[verdict], `${[line, ...details].join('\n')}\n`);
  };
  app.get('/health/node', (request, reply) => send(request, reply, 'node'));
  app.get('/health/cluster', (request, reply) => send(request, reply, 'cluster'));
  app.get<{ Params: { check: string } }>('/health/check/:check', (request, reply) => {
    const { check } = request.params;
    if (catalogue.has(check)) return send(request, reply, { check });
    throw new HttpError(
      404,
      `There is no check ${JSON.stringify(check)}; there are ${[...catalogue.keys()].join(', ')}.`,
    );
  });
  app.get('/livez', (_request, reply) => sendText(reply, 200, 'ok\n'));
  app.get('/readyz', (_request, reply) =>
    serving() ? sendText(reply, 200, 'ok\n') : sendText(reply, 503, 'stopping\n'),
  );
}
