/**
 * The few calls of the Docker Engine API that a probe needs (https://docs.docker.com/reference/api/engine/). Paths
 * carry no version: the engine then takes its own newest one, while fixed versions are dropped by later engines.
 */
import { type EngineRequest, type EngineResponse, exchange } from './docker-http.ts';
import { EngineError } from './engine-error.ts';
import type { ProbeImage } from './probe-image.ts';
import { INSTANCE_LABEL, PROBE_LABEL } from './probe-labels.ts';

/** A container with our label. */
export interface ProbeContainer {
  readonly id: string;
  /** Unix ms. */
  readonly createdAt: number;
  /** Empty when the label is missing. */
  readonly instance: string;
}

export interface ContainerOrder {
  readonly name: string;
  /** Reference of a local image. */
  readonly image: string;
  readonly command: string;
  readonly instance: string;
}

/** Every method rejects with an {@link EngineError} and ends with its signal. */
export interface DockerEngine {
  readonly socketPath: string;
  /** What the engine calls itself: `Docker 27.3.1`. */
  name(): string;
  ping(signal: AbortSignal): Promise<void>;
  /** Lists one container: what hangs or fails when the engine's own state is stuck although it says OK. */
  listOne(signal: AbortSignal): Promise<void>;
  /** At most the newest 50. */
  probeContainers(signal: AbortSignal): Promise<ProbeContainer[]>;
  hasImage(reference: string, signal: AbortSignal): Promise<boolean>;
  importImage(image: ProbeImage, signal: AbortSignal): Promise<void>;
  createContainer(order: ContainerOrder, signal: AbortSignal): Promise<void>;
  startContainer(name: string, signal: AbortSignal): Promise<void>;
  /** The exit code, once the container does not run. */
  waitForContainer(name: string, signal: AbortSignal): Promise<number>;
  /** By force, with its volumes. A container that is gone or going is fine. */
  removeContainer(nameOrId: string, signal: AbortSignal): Promise<void>;
}

type Call = Pick<EngineRequest, 'method' | 'path' | 'contentType' | 'body' | 'signal'>;

export function createDockerEngine(socketPath: string, send: typeof exchange = exchange): DockerEngine {
  let name = 'Docker Engine';
  const call = async (request: Call, ...accepted: number[]): Promise<EngineResponse> => {
    const response = await send({ ...request, socketPath });
    name = productName(response.server) ?? name;
    if (accepted.includes(response.status)) return response;
    const failure = response.status === 401 || response.status === 403 ? 'denied' : 'error';
    throw new EngineError(failure, engineMessage(response));
  };
  const get = (path: string, signal: AbortSignal, ...accepted: number[]): Promise<EngineResponse> =>
    call({ method: 'GET', path, signal }, 200, ...accepted);
  const post = (path: string, signal: AbortSignal, ...accepted: number[]): Promise<EngineResponse> =>
    call({ method: 'POST', path, signal }, ...accepted);

  return {
    socketPath,
    name: () => name,
    async ping(signal) {
      await get('/_ping', signal);
    },
    async listOne(signal) {
      await get('/containers/json?limit=1', signal);
    },
    async probeContainers(signal) {
      const filters = encodeURIComponent(JSON.stringify({ label: [`${PROBE_LABEL}=1`] }));
      return containersIn((await get(`/containers/json?limit=50&filters=${filters}`, signal)).body);
    },
    async hasImage(reference, signal) {
      return (await get(`/images/${reference}/json`, signal, 404)).status === 200;
    },
    async importImage(image, signal) {
      const query = new URLSearchParams({
        fromSrc: '-',
        repo: image.repository,
        tag: image.tag,
        changes: `LABEL ${PROBE_LABEL}=1`,
      });
      const path = `/images/create?${query.toString()}`;
      const request: Call = { method: 'POST', path, contentType: 'application/x-tar', body: image.archive, signal };
      const failed = importFailure((await call(request, 200)).body);
      if (failed !== undefined) throw new EngineError('error', failed);
    },
    async createContainer(order, signal) {
      const path = `/containers/create?name=${order.name}`;
      const body = JSON.stringify(containerSpec(order));
      await call({ method: 'POST', path, contentType: 'application/json', body, signal }, 201);
    },
    async startContainer(container, signal) {
      await post(`/containers/${container}/start`, signal, 204, 304);
    },
    async waitForContainer(container, signal) {
      return exitCodeIn((await post(`/containers/${container}/wait`, signal, 200)).body);
    },
    async removeContainer(container, signal) {
      // 404: it is gone; 409: it is being removed already.
      await call({ method: 'DELETE', path: `/containers/${container}?force=1&v=1`, signal }, 204, 404, 409);
    },
  };
}

/** A container that can do nothing and leaves nothing: no network, no log, no right, little memory. */
function containerSpec(order: ContainerOrder): object {
  return {
    Image: order.image,
    Cmd: [order.command],
    User: '65534:65534',
    Labels: { [PROBE_LABEL]: '1', [INSTANCE_LABEL]: order.instance },
    HostConfig: {
      NetworkMode: 'none',
      LogConfig: { Type: 'none' },
      ReadonlyRootfs: true,
      RestartPolicy: { Name: 'no' },
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      // The runtime's own start-up code runs inside these bounds before the program does.
      Memory: 33_554_432,
      PidsLimit: 64,
    },
  };
}

/** `Docker/27.3.1 (linux)` → `Docker 27.3.1`. */
function productName(server: string): string | undefined {
  const match = /^([\w.-]{1,20})\/([\w.+~-]{1,40})/.exec(server);
  return match === null ? undefined : `${match[1]} ${match[2]}`;
}

/** The engine's own words, `{"message": "…"}`, or the status. */
function engineMessage({ status, body }: EngineResponse): string {
  const parsed = parse(body);
  const said = isRecord(parsed) ? parsed['message'] : undefined;
  return typeof said === 'string' ? said : `HTTP status ${status}`;
}

function containersIn(body: string): ProbeContainer[] {
  const parsed = parse(body);
  if (!Array.isArray(parsed)) throw new EngineError('error', 'the list of containers cannot be read');
  return parsed.filter(isRecord).flatMap((entry) => {
    const { Id: id, Created: created, Labels: labels } = entry;
    if (typeof id !== 'string' || typeof created !== 'number') return [];
    const instance = isRecord(labels) ? labels[INSTANCE_LABEL] : undefined;
    return [{ id, createdAt: created * 1000, instance: typeof instance === 'string' ? instance : '' }];
  });
}

/** An import answers 200 at once and then one JSON object a line; a failure is in one of them. */
function importFailure(body: string): string | undefined {
  for (const line of body.split('\n')) {
    const parsed = parse(line);
    if (isRecord(parsed) && typeof parsed['error'] === 'string') return parsed['error'];
  }
  return undefined;
}

function exitCodeIn(body: string): number {
  const parsed = parse(body);
  const code = isRecord(parsed) ? parsed['StatusCode'] : undefined;
  if (typeof code !== 'number') throw new EngineError('error', 'the exit code of the container cannot be read');
  return code;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
