/** Scenes of failures. Every route needs the token, whatever `http.access` is. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type HeldIncident, type ScenePort, SCENE_ID, placeOfIncident } from '../../model/scene.ts';
import { plainAddress } from '../addresses.ts';
import type { ApiCaptured, ApiSceneElsewhere, ApiScenes } from '../contract/scenes.ts';
import { type RouteContext, sendFormat } from '../context.ts';
import { HttpError } from '../errors.ts';
import { type Format, preferredFormat } from '../negotiate.ts';
import { expectEmptyObject } from '../order-body.ts';
import { CAPTURE_QUERY, FORMAT_QUERY, SCENES_QUERY } from '../parameters.ts';
import { urlsOf } from '../present-elsewhere.ts';
import { presentHeldIncident, presentOwnIncident, presentScene } from '../present-scenes.ts';
import { parseQuery } from '../query.ts';
import type { AskStore } from '../store-gate.ts';
import { renderScene, renderScenes } from '../text-scenes.ts';

const DEFAULT_SCENES = 100;
/** As many as may be listed. */
const MOST_OWN = 500;

export function sceneRoutes(app: FastifyInstance, { deps, options }: RouteContext, ask: AskStore): void {
  const scenes = (): ScenePort => {
    if (deps.scenes === undefined) throw new HttpError(503, 'This agent keeps no scenes of failures (scenes.enabled).');
    return deps.scenes;
  };
  const send = <Value>(
    request: FastifyRequest,
    reply: FastifyReply,
    value: Value,
    text: (value: Value, now: number) => string,
    format: Format = preferredFormat(request.headers.accept, 'json'),
  ): FastifyReply =>
    sendFormat(reply, format, format === 'json' ? JSON.stringify(value) : text(value, deps.clock.now()));

  app.get('/api/v1/scenes', async (request, reply) => {
    const { limit = DEFAULT_SCENES, node, namespace, pod, format } = parseQuery(SCENES_QUERY, request.query, 0);
    const port = scenes();
    const state = deps.state();
    const all = [
      ...(await port.own(limit)).map((one) => presentOwnIncident(options.node, one)),
      ...port.ofOthers().map((one) => presentHeldIncident(one, state, options)),
    ].filter(
      (one) =>
        (node === undefined || one.node === node) &&
        (namespace === undefined || one.namespace === namespace) &&
        (pod === undefined || one.pod === pod),
    );
    const newest = all.toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at)).slice(0, limit);
    const listed: ApiScenes = { node: options.node, scenes: newest };
    return send(request, reply, listed, renderScenes, format);
  });

  app.get<{ Params: { scene: string } }>('/api/v1/scenes/:scene', async (request, reply) => {
    const { format } = parseQuery(FORMAT_QUERY, request.query, 0);
    const { scene: id } = request.params;
    const port = scenes();
    if (!SCENE_ID.test(id)) throw new HttpError(404, `No scene has an id like that; GET /api/v1/scenes lists them.`);
    // The own one first: whatever another agent says that it has, it does not hide what this one has.
    const held = port.holderOf(id);
    const scene = await ask(() => port.read(id)).catch((error: unknown) => orElsewhere(error, port, held));
    if (scene !== undefined) return send(request, reply, presentScene(scene), renderScene, format);
    if (held !== undefined) return sendElsewhere(reply, elsewhere(held, urlsOf(held.node, deps.state(), options)));
    throw new HttpError(
      404,
      `${options.node} has no scene ${id}, and no other node tells of it: each tells of its newest. If it is an older one, ask the agent of its node.`,
    );
  });

  app.post('/api/v1/scenes/capture', async (request, reply) => {
    expectEmptyObject(request);
    const { namespace = '', pod = '', container = '', format } = parseQuery(CAPTURE_QUERY, request.query, 0);
    const by = plainAddress(request.ip);
    const place = { namespace, pod, container };
    const outcome = await scenes().capture(place, by);
    deps.log.info({ ...place, by, outcome: outcome.kind }, 'somebody asked for a scene');
    if (outcome.kind === 'unknown-pod')
      throw new HttpError(
        404,
        `${options.node} sees no pod ${namespace}/${pod}, neither by the Kubernetes API nor by its logs: ask the agent of the node on which it runs.`,
      );
    if (outcome.kind === 'too-many')
      throw new HttpError(429, `${options.node} was asked for ${outcome.perHour} scenes within an hour; ask later.`);
    const message = `The scene of ${placeOfIncident(place)} is kept on ${options.node}: meerkat scene show ${outcome.id}`;
    const captured: ApiCaptured = { id: outcome.id, message };
    return send(request, reply, captured, () => `${message}\n`, format);
  });
}

/** The own store does not answer: nothing, where another agent has it and this one knows of none. @throws the error */
async function orElsewhere(error: unknown, port: ScenePort, held: HeldIncident | undefined): Promise<undefined> {
  if (held === undefined || (await port.own(MOST_OWN)).some(({ id }) => id === held.id)) throw error;
}

const elsewhere = ({ id, node, isConnected }: HeldIncident, urls: readonly string[]): ApiSceneElsewhere => ({
  code: 'Elsewhere',
  message: `The agent of ${node} has scene ${id}${isConnected ? '' : ', and is not connected now'}: ask there${urls[0] === undefined ? '' : ` (${urls[0]})`}.`,
  node,
  urls: [...urls],
});

const sendElsewhere = (reply: FastifyReply, value: ApiSceneElsewhere): FastifyReply =>
  sendFormat(reply.code(404), 'json', JSON.stringify(value));
