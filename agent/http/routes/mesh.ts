/** The agents, and what they see of each other. */
import type { FastifyInstance } from 'fastify';
import { type RouteContext, sendKept } from '../context.ts';
import { presentMaintenanceList } from '../present-maintenance.ts';
import { presentMatrix, presentMembers } from '../present-mesh.ts';
import { renderMaintenance } from '../text-maintenance.ts';
import { renderMatrix, renderMembers } from '../text-mesh.ts';

export function meshRoutes(app: FastifyInstance, context: RouteContext): void {
  const { deps } = context;
  app.get('/api/v1/members', (request, reply) =>
    sendKept(context, request, reply, 'members', {
      make: () => presentMembers(deps.state()),
      text: renderMembers,
      preferred: 'json',
    }),
  );
  app.get('/api/v1/maintenance', (request, reply) =>
    sendKept(context, request, reply, 'maintenance', {
      make: () => presentMaintenanceList(deps.state()),
      text: renderMaintenance,
      preferred: 'json',
    }),
  );
  app.get('/api/v1/matrix', (request, reply) =>
    sendKept(context, request, reply, 'matrix', {
      make: () => presentMatrix(deps.state()),
      text: renderMatrix,
      preferred: 'json',
    }),
  );
}
