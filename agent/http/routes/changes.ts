/** What people may change. Every route needs the token, whatever `http.access` is. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { plainAddress } from '../addresses.ts';
import type { ApiForgotten } from '../contract.ts';
import { type RouteContext, sendFormat } from '../context.ts';
import { HttpError } from '../errors.ts';
import { answerToForget, answerToForgetCheck } from '../forget-words.ts';
import { preferredFormat } from '../negotiate.ts';
import type { Changes } from '../options.ts';
import { FORMAT_QUERY } from '../parameters.ts';
import { parseQuery } from '../query.ts';

export function changeRoutes(app: FastifyInstance, context: RouteContext): void {
  const { deps, options } = context;
  app.post<{ Params: { node: string } }>('/api/v1/members/:node/forget', (request, reply) => {
    const changes = expectOrder(request, deps.changes);
    const [{ node }, by] = [request.params, plainAddress(request.ip)];
    const outcome = changes.forget(node, by);
    deps.log.info({ node, by, outcome: outcome.kind }, 'somebody asked to remove a member');
    return send(request, reply, answerToForget(node, outcome));
  });
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

/** @throws {HttpError} 400 for what is no order, 503 where nothing can be changed */
function expectOrder({ headers, body }: FastifyRequest, changes: Changes | undefined): Changes {
  const isJson = /^application\/json *(;|$)/i.test(headers['content-type'] ?? '');
  const isEmpty = typeof body === 'object' && body !== null && !Array.isArray(body) && Object.keys(body).length === 0;
  if (!isJson || !isEmpty) throw new HttpError(400, 'Send {} as the body, with Content-Type: application/json.');
  if (changes === undefined) throw new HttpError(503, 'This cluster is simulated: there is nothing to change.');
  return changes;
}

function send(request: FastifyRequest, reply: FastifyReply, answer: ApiForgotten): FastifyReply {
  const { format = preferredFormat(request.headers.accept, 'json') } = parseQuery(FORMAT_QUERY, request.query, 0);
  return sendFormat(reply, format, format === 'json' ? JSON.stringify(answer) : `${answer.message}\n`);
}
