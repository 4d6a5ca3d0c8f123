/** What people may change. Every route needs the token, whatever `http.access` is. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { plainAddress } from '../addresses.ts';
import type { ApiForgotten, ApiMaintained } from '../contract/orders.ts';
import { type RouteContext, sendFormat } from '../context.ts';
import { HttpError } from '../errors.ts';
import { answerToForget, answerToForgetCheck } from '../forget-words.ts';
import { answerToMaintain } from '../maintenance-words.ts';
import { preferredFormat } from '../negotiate.ts';
import { expectEmptyObject } from '../order-body.ts';
import type { Changes } from '../options.ts';
import { FORMAT_QUERY, MAINTENANCE_QUERY } from '../parameters.ts';
import { parseQuery } from '../query.ts';
import type { Format } from '../negotiate.ts';
import type { MaintenanceOrder } from '../../model/maintenance.ts';

export function changeRoutes(app: FastifyInstance, context: RouteContext): void {
  const { deps, options } = context;
  app.post<{ Params: { node: string } }>('/api/v1/members/:node/forget', (request, reply) => {
    const changes = expectOrder(request, deps.changes);
    const [{ node }, by] = [request.params, plainAddress(request.ip)];
    const outcome = changes.forget(node, by);
    deps.log.info({ node, by, outcome: outcome.kind }, 'somebody asked to remove a member');
    return send(request, reply, answerToForget(node, outcome));
  });
  maintenanceRoutes(app, context);
  app.post<{ Params: { node: string; check: string } }>(
    '/api/v1/nodes/:node/checks/:check/forget',
    async (request, reply) => {
      const changes = expectOrder(request, deps.changes);
      const [{ node, check }, by] = [request.params, plainAddress(request.ip)];
      if (node !== options.node)
        throw new HttpError(
          409,
          `This is ${options.node}; what ${node} expects is changed by its own agent: ask there.`,
        );
      const outcome = await changes.forgetCheck(check, by);
      deps.log.info({ check, by, outcome: outcome.kind }, 'somebody asked to forget what a check has seen');
      return send(request, reply, answerToForgetCheck(check, node, outcome));
    },
  );
}

function maintenanceRoutes(app: FastifyInstance, { deps }: RouteContext): void {
  const maintain = (request: FastifyRequest, order: MaintenanceOrder): ApiMaintained => {
    const changes = expectOrder(request, deps.changes);
    const by = plainAddress(request.ip);
    const outcome = changes.maintain(order, by);
    deps.log.info({ ...order, by, outcome: outcome.kind }, 'somebody asked about maintenance of a node');
    return answerToMaintain(order.node, outcome, deps.state().mesh?.originMs ?? 0, deps.clock.now());
  };
  app.post<{ Params: { node: string } }>('/api/v1/members/:node/maintenance', (request, reply) => {
    const { for: forMs = 0, reason, format } = parseQuery(MAINTENANCE_QUERY, request.query, 0);
    const order = { node: request.params.node, forMs, ...(reason !== undefined && { reason }) };
    return answer(request, reply, maintain(request, order), format);
  });
  app.post<{ Params: { node: string } }>('/api/v1/members/:node/maintenance/end', (request, reply) =>
    send(request, reply, maintain(request, { node: request.params.node, forMs: 0 })),
  );
}

/** @throws {HttpError} 400 for what is no order, 503 where nothing can be changed */
function expectOrder(request: FastifyRequest, changes: Changes | undefined): Changes {
  expectEmptyObject(request);
  if (changes === undefined) throw new HttpError(503, 'This cluster is simulated: there is nothing to change.');
  return changes;
}

const send = (request: FastifyRequest, reply: FastifyReply, value: ApiForgotten | ApiMaintained): FastifyReply =>
  answer(request, reply, value, parseQuery(FORMAT_QUERY, request.query, 0).format);

function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  value: ApiForgotten | ApiMaintained,
  format: Format = preferredFormat(request.headers.accept, 'json'),
): FastifyReply {
  return sendFormat(reply, format, format === 'json' ? JSON.stringify(value) : `${value.message}\n`);
}
