/** The present: status, nodes, checks. */
import type { FastifyInstance } from 'fastify';
import type { NodeState } from '../../model/cluster-state.ts';
import type { ApiNode, ApiStatus } from '../contract.ts';
import { type Forms, type RouteContext, sendKept } from '../context.ts';
import { HttpError } from '../errors.ts';
import { presentCatalogue, presentNode, presentNodes, presentStatus } from '../present.ts';
import { renderCatalogue } from '../text-history.ts';
import { renderCheck, renderNode, renderNodes, renderStatus } from '../text.ts';

export function statusRoutes(app: FastifyInstance, context: RouteContext): void {
  const { deps } = context;
  const status = (preferred: 'json' | 'text'): Forms<ApiStatus> => ({
    make: (now) => presentStatus(deps.diagnosis(), now),
    text: (value, now) => renderStatus(value, ownNode(context), now),
    preferred,
  });
  const [forPeople, forPrograms] = [status('text'), status('json')];
  app.get('/status', (request, reply) => sendKept(context, request, reply, 'status', forPeople));
  app.get('/api/v1/status', (request, reply) => sendKept(context, request, reply, 'status', forPrograms));
  app.get('/api/v1/nodes', (request, reply) =>
    sendKept(context, request, reply, 'nodes', {
      make: () => presentNodes(deps.state()),
      text: renderNodes,
      preferred: 'json',
    }),
  );
  app.get('/api/v1/checks', (request, reply) =>
    sendKept(context, request, reply, 'checks', {
      make: () => presentCatalogue(deps.checks),
      text: renderCatalogue,
      preferred: 'json',
    }),
  );
  nodeRoutes(app, context);
}

/** This node as the API shows it; undefined before its first report. */
export function ownNode({ deps, catalogue }: RouteContext): ApiNode | undefined {
  const state = deps.state();
  const own = state.nodes.find(({ report }) => report.node === state.self);
  return own === undefined ? undefined : presentNode(own, state, catalogue);
}

function nodeRoutes(app: FastifyInstance, context: RouteContext): void {
  const { deps, catalogue } = context;
  const show = (name: string): ApiNode => {
    const state = deps.state();
    return presentNode(findNode(state.nodes, name), state, catalogue);
  };
  app.get<{ Params: { node: string } }>('/api/v1/nodes/:node', (request, reply) => {
    const { node } = request.params;
    return sendKept(context, request, reply, `node ${node}`, {
      make: () => show(node),
      text: renderNode,
      preferred: 'json',
    });
  });
  app.get<{ Params: { node: string; check: string } }>('/api/v1/nodes/:node/checks/:check', (request, reply) => {
    const { node, check } = request.params;
    return sendKept(context, request, reply, `check ${node} ${check}`, {
      make: () => {
        const { checks } = show(node);
        const found = checks.find((one) => one.check === check);
        if (found !== undefined) return found;
        throw new HttpError(
          404,
          `No check "${cut(check)}" runs on ${node}; there are ${names(checks.map((one) => one.check))}.`,
        );
      },
      text: (value, now) => renderCheck(value, node, now),
      preferred: 'json',
    });
  });
}

/** @throws {HttpError} 404 with the names that there are */
export function findNode(nodes: readonly NodeState[], name: string): NodeState {
  const found = nodes.find(({ report }) => report.node === name);
  if (found !== undefined) return found;
  const known = nodes.map(({ report }) => report.node);
  throw new HttpError(404, `No node "${cut(name)}" is known here; there are ${names(known)}.`);
}

const cut = (text: string): string => (text.length > 80 ? `${text.slice(0, 80)}…` : text);
const names = (known: readonly string[]): string =>
  known.length > 40 ? `${known.slice(0, 40).join(', ')} and ${known.length - 40} more` : known.join(', ') || 'none yet';
