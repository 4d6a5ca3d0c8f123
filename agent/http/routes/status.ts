/** The present: status, nodes, checks. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ClusterState } from '../../model/cluster-state.ts';
import type { ApiNode, ApiStatus } from '../contract.ts';
import { type Forms, type RouteContext, sendFormat, sendKept, sendKeptAs } from '../context.ts';
import { HttpError } from '../errors.ts';
import { preferredFormat } from '../negotiate.ts';
import { NODES_QUERY, STATUS_QUERY } from '../parameters.ts';
import { presentAreas } from '../present-areas.ts';
import { presentElsewhere } from '../present-elsewhere.ts';
import { presentPast } from '../present-past.ts';
import { parseQuery } from '../query.ts';
import type { AskStore } from '../store-gate.ts';
import { type KnownNode, findKnown, knownNodes, presentFew, presentNode, presentNodes } from '../present-nodes.ts';
import { presentCatalogue, presentStatus } from '../present.ts';
import { renderCatalogue } from '../text-history.ts';
import { renderCheck, renderNode, renderNodes } from '../text-nodes.ts';
import { renderPast } from '../text-past.ts';
import { renderStatus } from '../text.ts';

/** Who asks for a moment ago, by a clock that is a little ahead, asks for now. */
const CLOCKS_DIFFER_MS = 5000;

export function statusRoutes(app: FastifyInstance, context: RouteContext, ask: AskStore): void {
  const { deps, catalogue } = context;
  const status = (preferred: 'json' | 'text'): Forms<ApiStatus> => ({
    make: (now) => shownStatus(context, now),
    text(value, now) {
      const state = deps.state();
      const own = findKnown(state, state.self);
      const node = own === undefined ? undefined : presentNode(own, state, catalogue, now);
      return renderStatus(value, { own: node, all: presentNodes(state, now).nodes }, now);
    },
    preferred,
  });
  const [forPeople, forPrograms] = [status('text'), status('json')];
  const send = async (request: FastifyRequest, reply: FastifyReply, forms: Forms<ApiStatus>): Promise<FastifyReply> => {
    const { at, format } = parseQuery(STATUS_QUERY, request.query, deps.clock.now());
    if (at === undefined) return sendKept(context, request, reply, 'status', forms);
    const value = await pastStatus(context, ask, at);
    const wanted = format ?? preferredFormat(request.headers.accept, forms.preferred);
    return sendFormat(reply, wanted, wanted === 'json' ? JSON.stringify(value) : renderPast(value));
  };
  app.get('/status', (request, reply) => send(request, reply, forPeople));
  app.get('/api/v1/status', (request, reply) => send(request, reply, forPrograms));
  app.get('/api/v1/nodes', (request, reply) => {
    const { fine = 'short', format } = parseQuery(NODES_QUERY, request.query, 0);
    const asked = { key: `nodes ${fine}`, format };
    return sendKeptAs(context, request, reply, asked, {
      make: (now) => (fine === 'names' ? presentFew : presentNodes)(deps.state(), now),
      text: renderNodes,
      preferred: 'json',
    });
  });
  app.get('/api/v1/checks', (request, reply) =>
    sendKept(context, request, reply, 'checks', {
      make: () => presentCatalogue(deps.checks),
      text: renderCatalogue,
      preferred: 'json',
    }),
  );
  nodeRoutes(app, context);
}

/** @throws {HttpError} 400 for a time to come, 503 when the store cannot answer */
async function pastStatus({ deps, options }: RouteContext, ask: AskStore, at: number): Promise<ApiStatus> {
  if (at > deps.clock.now() + CLOCKS_DIFFER_MS) {
    throw new HttpError(400, `at (${new Date(at).toISOString()}) must not be in the future.`);
  }
  return presentPast(at, await ask(() => deps.history.statusAt(at)), options.node);
}

/** What is now, with what stands beside it. */
export function shownStatus({ deps, options }: RouteContext, now: number): ApiStatus {
  const [state, diagnosis] = [deps.state(), deps.diagnosis()];
  return {
    ...presentStatus(diagnosis, now),
    areas: presentAreas(state, diagnosis.findings),
    elsewhere: presentElsewhere(state, options),
  };
}

/** A node as the API shows it; undefined: it is not known, or nothing is known of it. */
export function shownNode({ deps, catalogue }: RouteContext, name: string, now: number): ApiNode | undefined {
  const state = deps.state();
  const known = findKnown(state, name);
  return known === undefined ? undefined : presentNode(known, state, catalogue, now);
}

function nodeRoutes(app: FastifyInstance, context: RouteContext): void {
  const { deps, catalogue } = context;
  const show = (name: string, now: number): ApiNode => {
    const state = deps.state();
    return presentNode(expectNode(state, name), state, catalogue, now);
  };
  app.get<{ Params: { node: string } }>('/api/v1/nodes/:node', (request, reply) => {
    const { node } = request.params;
    return sendKept(context, request, reply, `node ${node}`, {
      make: (now) => show(node, now),
      text: renderNode,
      preferred: 'json',
    });
  });
  app.get<{ Params: { node: string; check: string } }>('/api/v1/nodes/:node/checks/:check', (request, reply) => {
    const { node, check } = request.params;
    return sendKept(context, request, reply, `check ${node} ${check}`, {
      make: (now) => {
        const { checks } = show(node, now);
        const found = checks.find((one) => one.check === check);
        if (found !== undefined) return found;
        throw new HttpError(
          404,
          `No check "${cut(check)}" is known of ${node}; there are ${names(checks.map((one) => one.check))}.`,
        );
      },
      text: (value, now) => renderCheck(value, node, now),
      preferred: 'json',
    });
  });
}

/** @throws {HttpError} 404 with the names that there are */
export function expectNode(state: ClusterState, name: string): KnownNode {
  const found = findKnown(state, name);
  if (found !== undefined) return found;
  const known = knownNodes(state).map((one) => one.name);
  throw new HttpError(404, `No node "${cut(name)}" is known here; there are ${names(known)}.`);
}

const cut = (text: string): string => (text.length > 80 ? `${text.slice(0, 80)}…` : text);
const names = (known: readonly string[]): string =>
  known.length > 40 ? `${known.slice(0, 40).join(', ')} and ${known.length - 40} more` : known.join(', ') || 'none yet';
