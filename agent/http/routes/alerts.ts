/** What fires by people's own rules, and the rules. */
import type { FastifyInstance } from 'fastify';
import { type RouteContext, sendKept, sendKeptAs } from '../context.ts';
import { ALERTS_QUERY } from '../parameters.ts';
import { presentAlerts, presentRules } from '../present-alerts.ts';
import { parseQuery } from '../query.ts';
import { renderAlerts, renderRules } from '../text-alerts.ts';

export function alertRoutes(app: FastifyInstance, context: RouteContext): void {
  const { deps, options } = context;
  app.get('/api/v1/alerts', (request, reply) => {
    const { firing, format } = parseQuery(ALERTS_QUERY, request.query, 0);
    const isFiring = firing === undefined ? undefined : firing === 'true';
    return sendKeptAs(
      context,
      request,
      reply,
      { key: `alerts ${firing ?? ''}`, format },
      {
        make: (now) => presentAlerts(options.node, deps.rules, isFiring, now),
        text: renderAlerts,
        preferred: 'json',
      },
    );
  });
  app.get('/api/v1/rules', (request, reply) =>
    sendKept(context, request, reply, 'rules', {
      make: (now) => presentRules(options.node, deps.rules, now),
      text: renderRules,
      preferred: 'json',
    }),
  );
}
