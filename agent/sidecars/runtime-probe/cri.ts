/**
 * A runtime that speaks CRI as the probe drives it: a sandbox on the host's network, and in it a container from the image
 * that every sandbox is made from.
 */
import { randomUUID } from 'node:crypto';
import type { CriCall } from '../../../checks/lib/cri/call.ts';
import { type CriEngine, type SandboxOrder, createCriEngine } from '../../../checks/lib/cri/engine.ts';
import { EngineError, MAX_WORDS } from '../../../checks/lib/engine-error.ts';
import { INSTANCE_LABEL, PROBE_LABEL } from '../../../checks/lib/probe-labels.ts';
import type { Clock } from '../../base/clock.ts';
import type { Phases } from './phases.ts';
import type { ContainerRuntime, LiveOrder } from './runtime.ts';

export interface CriDeps {
  readonly clock: Clock;
  /** A connection of its own: what hangs on it ends with it. */
  readonly open: () => CriCall;
}

const OURS = { [PROBE_LABEL]: '1' };
/** Which run made it. */
const NAME_LABEL = 'io.meerkat.name';
/** No Namespace of the cluster: the sandbox is nobody's pod. Its name is always one, or each run would be new to metrics. */
const [NAMESPACE, NAME] = ['meerkat', 'meerkat-probe'];
const PAUSE_IMAGE = /(?:^|[/-])pause(?:-[a-z0-9]+)?[:@]/;
/**
 * The program of Kubernetes' pause image says its version and ends; distributions rename the image, and not what is in it.
 * Source: https://github.com/kubernetes/kubernetes/blob/master/build/pause/linux/pause.c
 */
const PAUSE_ARGS = ['-v'];
/** Of every systemd. Where that has the control groups, runc and crun refuse the path that containerd makes up. */
const SLICE = 'system.slice';
const POLL_MS = 50;
/** A program that runs for so long was started; that it does not end is its own way. */
const RUNS_MS = 2000;
/** How runtimes put it that what they need is being taken away. */
const GOING = /not running|not found|does not exist|stopped|exited|removing|deleted|\/proc\/\d+\/ns\//i;
/** SIGKILL and SIGTERM, as the kubelet ends containers. */
const ENDED_BY_SIGNAL = new Set([137, 143]);
/** The kubelet ends what it knows no pod of within 2 s: first the containers, and a moment later the sandbox. */
const TAKING_MS = 1500;
const ATTEMPTS = 3;
/** None begins that late: it would be cut off in the middle. */
const LAST_ATTEMPT_MS = 3000;

export function createCriRuntime({ clock, open }: CriDeps): ContainerRuntime {
  let name = 'Container runtime';
  let cgroupParent = '';
  const connected = async <T>(work: (engine: CriEngine) => Promise<T>): Promise<T> => {
    const engine = createCriEngine(open());
    try {
      return await work(engine);
    } finally {
      engine.close();
    }
  };
  const runSandbox = async (engine: CriEngine, order: LiveOrder, signal: AbortSignal): Promise<Sandbox> => {
    const labels = { ...OURS, [INSTANCE_LABEL]: order.instance, [NAME_LABEL]: order.name };
    const run = async (parent: string): Promise<Sandbox> => {
      const config = { name: NAME, namespace: NAMESPACE, uid: randomUUID(), labels, cgroupParent: parent };
      return { id: await engine.runSandbox(config, signal), config };
    };
    try {
      return await run(cgroupParent);
    } catch (error) {
      if (cgroupParent !== '' || !isRefusal(error)) throw error;
      const sandbox = await run(SLICE).catch((again: unknown) => {
        // The place is not what is wrong: what was said first holds, unless it was of that.
        throw /slice/.test(error.message) ? again : error;
      });
      cgroupParent = SLICE;
      return sandbox;
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
        const isMeant = ({ id, labels }: { id: string; labels: Readonly<Record<string, string>> }): boolean =>
          id === nameOrId || labels[NAME_LABEL] === nameOrId;
        for (const { id } of (await engine.sandboxes(OURS, signal)).filter(isMeant))
          await removeSandbox(engine, id, clock, signal);
      }),
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
            const sandbox = await phases.run('sandbox', () => runSandbox(engine, order, signal));
            if (await liveIn(engine, sandbox, order.image, { clock, phases, signal })) return;
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

/** What is gone, or goes while it is removed, is fine. */
async function removeSandbox(engine: CriEngine, id: string, clock: Clock, signal: AbortSignal): Promise<void> {
  for (const beganAt = clock.monotonic(); ; await clock.sleep(POLL_MS, signal)) {
    try {
      return await engine.removeSandbox(id, signal);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      if (error.isNotFound || !(await engine.sandboxes(OURS, signal)).some((one) => one.id === id)) return;
      if (clock.monotonic() - beganAt >= TAKING_MS) throw error;
    }
  }
}

interface Live {
  readonly clock: Clock;
  readonly phases: Pick<Phases, 'run'>;
  readonly signal: AbortSignal;
}

interface Sandbox {
  readonly id: string;
  readonly config: SandboxOrder;
}

/** False: the sandbox was taken away before a container ran in it. */
async function liveIn(engine: CriEngine, sandbox: Sandbox, image: string, live: Live): Promise<boolean> {
  const { clock, phases, signal } = live;
  const order = { sandboxId: sandbox.id, sandbox: sandbox.config, name: 'probe', image, args: PAUSE_ARGS };
  let id: string;
  try {
    id = await phases.run('create', () => engine.createContainer(order, signal));
    await phases.run('start', () => engine.startContainer(id, signal));
  } catch (error) {
    if (isRefusal(error) && (await isTaken(error, engine, sandbox.id, live))) return false;
    throw error;
  }
  await phases.run('wait', async () => {
    try {
      await untilEnded(engine, id, clock, signal);
    } catch (error) {
      // It ran, and then it was taken away.
      if (!isRefusal(error) || (!error.isNotFound && !(await isTaken(error, engine, sandbox.id, live)))) throw error;
    }
  });
  return true;
}

/** The sandbox is gone, or goes within a moment, where the refusal sounds so. The kubelet ends it soon in any case. */
async function isTaken(error: EngineError, engine: CriEngine, id: string, { clock, signal }: Live): Promise<boolean> {
  const forMs = error.isNotFound || GOING.test(error.message) ? TAKING_MS : 0;
  try {
    for (const beganAt = clock.monotonic(); ; await clock.sleep(POLL_MS, signal)) {
      const sandbox = (await engine.sandboxes(OURS, signal)).find((one) => one.id === id);
      if (sandbox?.isReady !== true) return true;
      if (clock.monotonic() - beganAt >= forMs) return false;
    }
  } catch {
    // The refusal is what tells.
    return false;
  }
}

const isRefusal = (error: unknown): error is EngineError => error instanceof EngineError && error.failure === 'error';
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
