/**
 * A runtime that speaks CRI as the probe drives it: a sandbox on the host's network, and in it a container from the image
 * that every sandbox is made from, which is there already. Nothing is pulled.
 */
import { randomUUID } from 'node:crypto';
import type { CriCall } from '../../../checks/lib/cri/call.ts';
import { type CriEngine, type SandboxOrder, createCriEngine } from '../../../checks/lib/cri/engine.ts';
import { EngineError } from '../../../checks/lib/engine-error.ts';
import { INSTANCE_LABEL, PROBE_LABEL } from '../../../checks/lib/probe-labels.ts';
import type { Clock } from '../../base/clock.ts';
import type { Phases } from './phases.ts';
import type { ContainerRuntime, LiveOrder } from './runtime.ts';

export interface CriDeps {
  readonly clock: Clock;
  /** A connection of its own: gRPC waits long before it tries one again that failed. */
  readonly open: () => CriCall;
}

const OURS = { [PROBE_LABEL]: '1' };
/** No Namespace of the cluster: the sandbox is nobody's pod. */
const NAMESPACE = 'meerkat-probe';
/**
 * The program of Kubernetes' pause image, which says its version and ends; distributions rename the image and not what is
 * in it. Source: https://github.com/kubernetes/kubernetes/blob/master/build/pause/linux/pause.c
 */
const PAUSE_IMAGE = /(?:^|[/-])pause(?:-[a-z0-9]+)?[:@]/;
const PAUSE_COMMAND = ['/pause', '-v'];
const POLL_MS = 50;
/** A program that runs for so long was started; that it does not end is its own way. */
const RUNS_MS = 2000;
/** The kubelet ends what it knows no pod of, within 2 s. */
const ATTEMPTS = 3;

export function createCriRuntime({ clock, open }: CriDeps): ContainerRuntime {
  let name = 'Container runtime';
  const connected = async <T>(work: (engine: CriEngine) => Promise<T>): Promise<T> => {
    const engine = createCriEngine(open());
    try {
      return await work(engine);
    } finally {
      engine.close();
    }
  };
  return {
    name: () => name,
    looks: {
      ping: (signal) =>
        connected(async (engine) => {
          name = await engine.version(signal);
          await expectReady(engine, 'RuntimeReady', signal);
        }),
      list: (signal) => connected(async (engine) => void (await engine.sandboxes(OURS, signal))),
      network: (signal) => connected((engine) => expectReady(engine, 'NetworkReady', signal)),
    },
    made: (signal) =>
      connected(async (engine) => {
        const sandboxes = await engine.sandboxes(OURS, signal);
        return sandboxes.map(({ id, createdAt, labels }) => ({
          id,
          createdAt,
          instance: labels[INSTANCE_LABEL] ?? '',
        }));
      }),
    remove: (nameOrId, signal) =>
      connected(async (engine) => {
        const sandboxes = await engine.sandboxes(OURS, signal);
        for (const one of sandboxes)
          if (one.id === nameOrId || one.name === nameOrId) await engine.removeSandbox(one.id, signal);
      }),
    image: (signal) =>
      connected(async (engine) => (await engine.images(signal)).find((one) => PAUSE_IMAGE.test(one)) ?? ''),
    live: (order, phases, signal) =>
      connected(async (engine) => {
        for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1)
          if (await liveOnce(engine, order, { clock, phases, signal })) return;
        throw new Error(`the kubelet removed the probe's sandbox ${ATTEMPTS} times before a container ran in it`);
      }),
  };
}

async function expectReady(engine: CriEngine, type: string, signal: AbortSignal): Promise<void> {
  const condition = (await engine.conditions(signal)).find((one) => one.type === type);
  if (condition === undefined || condition.status) return;
  const why = [condition.reason, condition.message].filter((text) => text !== '').join(': ');
  throw new EngineError('error', `it says that ${type} is false${why === '' ? '' : `: ${why}`}`);
}

interface Live {
  readonly clock: Clock;
  readonly phases: Pick<Phases, 'run'>;
  readonly signal: AbortSignal;
}

/** False: the sandbox was taken away before a container ran in it. */
async function liveOnce(engine: CriEngine, order: LiveOrder, { clock, phases, signal }: Live): Promise<boolean> {
  const labels = { ...OURS, [INSTANCE_LABEL]: order.instance };
  const sandbox: SandboxOrder = { name: order.name, namespace: NAMESPACE, uid: randomUUID(), labels };
  const sandboxId = await phases.run('sandbox', () => engine.runSandbox(sandbox, signal));
  if (order.image === '')
    throw new Error('a sandbox can be started, and no container is tried: no pause image is here');
  const isTaken = async (): Promise<boolean> =>
    (await engine.sandboxes(OURS, signal)).find(({ id }) => id === sandboxId)?.isReady !== true;
  const container = { sandboxId, sandbox, name: 'probe', image: order.image, command: PAUSE_COMMAND };
  let id: string;
  try {
    id = await phases.run('create', () => engine.createContainer(container, signal));
    await phases.run('start', () => engine.startContainer(id, signal));
  } catch (error) {
    if (isRefusal(error) && (await isTaken())) return false;
    throw error;
  }
  await phases.run('wait', async () => {
    try {
      await untilEnded(engine, id, clock, signal);
    } catch (error) {
      // It ran, and then it was taken away.
      if (!isRefusal(error) || !(await isTaken())) throw error;
    }
  });
  return true;
}

const isRefusal = (error: unknown): boolean => error instanceof EngineError && error.failure === 'error';

async function untilEnded(engine: CriEngine, id: string, clock: Clock, signal: AbortSignal): Promise<void> {
  const startedAt = clock.monotonic();
  for (;;) {
    const { state, exitCode, reason, message } = await engine.container(id, signal);
    if (state === 'CONTAINER_EXITED' && exitCode === 0) return;
    if (state === 'CONTAINER_EXITED') {
      const why = [reason, message].filter((text) => text !== '').join(': ');
      throw new EngineError('error', `the container ended with exit code ${exitCode} instead of 0 (${why})`);
    }
    if (state === 'CONTAINER_RUNNING' && clock.monotonic() - startedAt >= RUNS_MS) return;
    await clock.sleep(POLL_MS, signal);
  }
}
