/** What people run in the cluster, for probes of their own. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isPodOf } from '../../model/pod-names.ts';
import type { ContainerLiveness } from '../../model/liveness.ts';
import type { ApiLiveness } from '../contract/workloads.ts';
import { type RouteContext, sendFormat } from '../context.ts';
import { preferredFormat } from '../negotiate.ts';
import { LIVENESS_QUERY } from '../parameters.ts';
import { presentLiveness } from '../present-liveness.ts';
import { parseQuery } from '../query.ts';

interface Asked {
  readonly namespace: string;
  readonly name: string;
}

/**
 * Only what is proven dead is 503, and as text nothing is: an agent that cannot tell, a typo and a workload that nobody
 * follows must not have anybody restarted.
 */
export function workloadRoutes(app: FastifyInstance, { deps, options }: RouteContext): void {
  const send = (
    request: FastifyRequest,
    reply: FastifyReply,
    isAsked: (one: ContainerLiveness) => boolean,
    isWhole: boolean,
  ): FastifyReply => {
    const asked = parseQuery(LIVENESS_QUERY, request.query, 0);
    const { container, by, format = preferredFormat(request.headers.accept, 'json') } = asked;
    const all = (deps.workloads?.containers() ?? []).filter(
      (one) => isAsked(one) && (container === undefined || one.container === container || one.container === ''),
    );
    if (by !== 'person') deps.workloads?.asked(all);
    const liveness = presentLiveness(options.node, all, isWhole);
    if (format === 'text') return sendFormat(reply, 'text', `${liveness.state}\n`);
    return sendFormat(reply.status(statusOf(liveness)), 'json', JSON.stringify(liveness));
  };
  app.get<{ Params: Asked }>('/api/v1/liveness/:namespace/:name', (request, reply) => {
    const { namespace, name } = request.params;
    return send(request, reply, (one) => one.namespace === namespace && isPodOf(name, one.pod), true);
  });
  app.get<{ Params: Asked }>('/api/v1/liveness/:namespace/pod/:name', (request, reply) => {
    const { namespace, name } = request.params;
    return send(request, reply, (one) => one.namespace === namespace && one.pod === name, false);
  });
}

const statusOf = ({ state }: ApiLiveness): 200 | 503 => (state === 'dead' ? 503 : 200);
