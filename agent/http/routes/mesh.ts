/** The agents, and what they see of each other. */
import type { FastifyInstance } from 'fastify';
import type { ClusterState } from '../../model/cluster-state.ts';
import type { ApiMember } from '../contract.ts';
import { type RouteContext, sendKept, sendKeptAs } from '../context.ts';
import { HttpError } from '../errors.ts';
import { GROUPS_QUERY, MATRIX_QUERY } from '../parameters.ts';
import { presentGroups } from '../present-groups.ts';
import { presentMaintenanceList } from '../present-maintenance.ts';
import { presentMatrix, presentMembers, presentOneMember } from '../present-mesh.ts';
import { presentOverlay } from '../present-overlay.ts';
import { parseQuery } from '../query.ts';
import { renderGroups } from '../text-groups.ts';
import { renderMaintenance } from '../text-maintenance.ts';
import { renderMatrix, renderMember, renderMembers } from '../text-mesh.ts';
import { expectNode } from './status.ts';

export function meshRoutes(app: FastifyInstance, context: RouteContext): void {
  const { deps } = context;
  app.get('/api/v1/members', (request, reply) =>
    sendKept(context, request, reply, 'members', {
      make: () => presentMembers(deps.state()),
      text: renderMembers,
      preferred: 'json',
    }),
  );
  app.get<{ Params: { node: string } }>('/api/v1/members/:node', (request, reply) => {
    const { node } = request.params;
    return sendKept(context, request, reply, `member ${node}`, {
      make: () => expectMember(deps.state(), node),
      text: (member, now) => renderMember(member, deps.state().self, now),
      preferred: 'json',
    });
  });
  app.get('/api/v1/maintenance', (request, reply) =>
    sendKept(context, request, reply, 'maintenance', {
      make: () => presentMaintenanceList(deps.state()),
      text: renderMaintenance,
      preferred: 'json',
    }),
  );
  app.get('/api/v1/matrix', (request, reply) => {
    const { node, network = 'underlay', format } = parseQuery(MATRIX_QUERY, request.query, 0);
    if (node !== undefined) expectNode(deps.state(), node);
    const asked = { key: `matrix ${network} ${node ?? ''}`, format };
    return sendKeptAs(context, request, reply, asked, {
      make: () => (network === 'overlay' ? presentOverlay : presentMatrix)(deps.state(), node),
      text: renderMatrix,
      preferred: 'json',
    });
  });
  app.get('/api/v1/matrix/groups', (request, reply) => {
    const { from, to, network = 'underlay', format } = parseQuery(GROUPS_QUERY, request.query, 0);
    const asked = { key: `groups ${network} ${JSON.stringify([from, to])}`, format };
    return sendKeptAs(context, request, reply, asked, {
      make: () => presentGroups(deps.state(), { network, from, to }),
      text: renderGroups,
      preferred: 'json',
    });
  });
}

/** @throws {HttpError} 404 */
function expectMember(state: ClusterState, name: string): ApiMember {
  const found = presentOneMember(state, name);
  if (found !== undefined) return found;
  throw new HttpError(404, `No member "${name.slice(0, 80)}" is known here; see /api/v1/members.`);
}
