/**
 * A runtime that speaks CRI as the probe drives it: a sandbox on the host's network, and in it a container from the image
 * that every sandbox is made from.
 */
import type { CriEngine } from '../../../checks/lib/cri/engine.ts';
import { EngineError, MAX_WORDS } from '../../../checks/lib/engine-error.ts';
import type { Clock } from '../../base/clock.ts';
import { createCriPodNetwork } from './cri-pod-network.ts';
import {
  type CriDeps,
  type CriSandboxes,
  POLL_MS,
  type Sandbox,
  createCriSandboxes,
  isRefusal,
} from './cri-sandboxes.ts';
import type { Phases } from './phases.ts';
import type { ContainerRuntime } from './runtime.ts';

const PAUSE_IMAGE = /(?:^|[/-])pause(?:-[a-z0-9]+)?[:@]/;
/**
 * The program of Kubernetes' pause image says its version and ends; distributions rename the image, and not what is in it.
 * Source: https://github.com/kubernetes/kubernetes/blob/master/build/pause/linux/pause.c
 */
const PAUSE_ARGS = ['-v'];
/** A program that runs for so long was started; that it does not end is its own way. */
const RUNS_MS = 2000;
/** SIGKILL and SIGTERM, as the kubelet ends containers. */
const ENDED_BY_SIGNAL = new Set([137, 143]);
const ATTEMPTS = 3;
/** None begins that late: it would be cut off in the middle. */
const LAST_ATTEMPT_MS = 3000;

export function createCriRuntime(deps: CriDeps): ContainerRuntime {
  const { clock } = deps;
  let name = 'Container runtime';
  const sandboxes = createCriSandboxes(deps, { probe: '1', name: 'meerkat-probe', network: 'NODE' });
  const { connected } = sandboxes;
  return {
    name: () => name,
    looks: {
      ping: (signal) =>
        connected(async (engine) => {
          name = await engine.version(signal);
          await expectReady(engine, 'RuntimeReady', signal);
        }),
      list: (signal) => connected(async (engine) => void (await sandboxes.list(engine, signal))),
      network: (signal) => connected((engine) => expectReady(engine, 'NetworkReady', signal)),
    },
    made: sandboxes.made,
    remove: sandboxes.remove,
    podNetwork: createCriPodNetwork(deps),
    image: (signal) =>
      connected(async (engine) => {
        const named = await engine.sandboxImage(signal);
        const image = named ?? (await engine.images(signal)).find((one) => PAUSE_IMAGE.test(one));
        if (image === undefined) throw new Error('no pause image is here, which a container could be started from');
        return image;
      }),
    live: (order, phases, signal) =>
      connected(async (engine) => {
        const beganAt = clock.monotonic();
        for (let count = 1; ; count += 1) {
          try {
            const sandbox = await phases.run('sandbox', () => sandboxes.run(engine, order, signal));
            if (await liveIn(engine, sandbox, order.image, { clock, phases, signal, sandboxes })) return;
          } catch (error) {
            // Cut off because the attempts before took the time.
            if (count === 1 || !isHung(error)) throw error;
            throw new Error(TAKEN, { cause: error });
          }
          if (count === ATTEMPTS || clock.monotonic() - beganAt > LAST_ATTEMPT_MS) throw new Error(TAKEN);
        }
      }),
  };
}

const TAKEN =
  'the sandbox of the probe was ended again and again before a container ran in it, as the kubelet does with what it knows no pod of';

async function expectReady(engine: CriEngine, type: string, signal: AbortSignal): Promise<void> {
  const condition = (await engine.conditions(signal)).find((one) => one.type === type);
  if (condition === undefined) throw new Error(`the runtime does not tell whether ${type}`);
  if (condition.status) return;
  const why = [condition.reason, condition.message].filter((text) => text !== '').join(': ');
  throw new EngineError('error', `it says that ${type} is false${why === '' ? '' : `: ${why.slice(0, MAX_WORDS)}`}`);
}

interface Live {
  readonly clock: Clock;
  readonly phases: Pick<Phases, 'run'>;
  readonly signal: AbortSignal;
  readonly sandboxes: CriSandboxes;
}

/** False: the sandbox was taken away before a container ran in it. */
async function liveIn(engine: CriEngine, sandbox: Sandbox, image: string, live: Live): Promise<boolean> {
  const { clock, phases, signal, sandboxes } = live;
  const order = { sandboxId: sandbox.id, sandbox: sandbox.config, name: 'probe', image, args: PAUSE_ARGS };
  let id: string;
  try {
    id = await phases.run('create', () => engine.createContainer(order, signal));
    await phases.run('start', () => engine.startContainer(id, signal));
  } catch (error) {
    if (isRefusal(error) && (await sandboxes.isTaken(error, engine, sandbox.id, signal))) return false;
    throw error;
  }
  await phases.run('wait', async () => {
    try {
      await untilEnded(engine, id, clock, signal);
    } catch (error) {
      // It ran, and then it was taken away.
      if (!isRefusal(error) || (!error.isNotFound && !(await sandboxes.isTaken(error, engine, sandbox.id, signal))))
        throw error;
    }
  });
  return true;
}

const isHung = (error: unknown): boolean => error instanceof EngineError && error.failure === 'hung';

async function untilEnded(engine: CriEngine, id: string, clock: Clock, signal: AbortSignal): Promise<void> {
  for (const startedAt = clock.monotonic(); ; await clock.sleep(POLL_MS, signal)) {
    const { state, exitCode, reason, message } = await engine.container(id, signal);
    if (state === 'CONTAINER_EXITED' && exitCode === 0) return;
    if (state === 'CONTAINER_EXITED') {
      const why = [reason, message].filter((text) => text !== '').join(': ');
      const by = ENDED_BY_SIGNAL.has(exitCode) && reason !== 'OOMKilled' ? ' (it was stopped)' : '';
      const said = `the container ended with exit code ${exitCode} instead of 0${by}`;
      throw new EngineError('error', why === '' ? said : `${said} (${why.slice(0, MAX_WORDS)})`);
    }
    if (state === 'CONTAINER_RUNNING' && clock.monotonic() - startedAt >= RUNS_MS) return;
  }
}
