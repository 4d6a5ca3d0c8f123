/** The sandboxes that a probe makes by CRI, which it finds again by their labels. */
import { randomUUID } from 'node:crypto';
import type { CriCall } from '../../../checks/lib/cri/call.ts';
import {
  createCriEngine,
  type CriEngine,
  type SandboxNetwork,
  type SandboxOrder,
} from '../../../checks/lib/cri/engine.ts';
import { EngineError } from '../../../checks/lib/engine-error.ts';
import { INSTANCE_LABEL, PROBE_LABEL } from '../../../checks/lib/probe-labels.ts';
import type { Clock } from '../../base/clock.ts';
import type { Made } from './runtime.ts';

export interface CriDeps {
  readonly clock: Clock;
  /** A connection of its own: what hangs on it ends with it. */
  readonly open: () => CriCall;
}

/** What tells the sandboxes of one kind of probe from those of another. */
export interface CriProbeKind {
  /** Value of the label of all probes. */
  readonly probe: string;
  /** Always the same, or each run would be new to metrics. */
  readonly name: string;
  readonly network: SandboxNetwork;
}

export interface Sandbox {
  readonly id: string;
  readonly config: SandboxOrder;
}

export interface CriSandboxes {
  /** Does something on a connection of its own. */
  readonly connected: <T>(work: (engine: CriEngine) => Promise<T>) => Promise<T>;
  run(
    engine: CriEngine,
    order: { readonly name: string; readonly instance: string },
    signal: AbortSignal,
  ): Promise<Sandbox>;
  /** Those of this kind that are there, ready or not. */
  list(engine: CriEngine, signal: AbortSignal): ReturnType<CriEngine['sandboxes']>;
  /** The sandbox is gone, or goes within a moment where the refusal sounds so. Never rejects. */
  isTaken(error: EngineError, engine: CriEngine, id: string, signal: AbortSignal): Promise<boolean>;
  readonly made: (signal: AbortSignal) => Promise<readonly Made[]>;
  /** What is gone, or goes while it is removed, is fine. */
  readonly remove: (nameOrId: string, signal: AbortSignal) => Promise<void>;
}

/** Which run made it. */
const NAME_LABEL = 'io.meerkat.name';
/** No Namespace of the cluster: the sandbox is nobody's pod. */
const NAMESPACE = 'meerkat';
/** Of every systemd. Where that has the control groups, runc and crun refuse the path that containerd makes up. */
const SLICE = 'system.slice';
/** What refuses a place in the control groups names them. */
const PLACE = /slice|cgroup/i;
export const POLL_MS = 50;
/** How runtimes put it that what they need is being taken away; the last one is runc, whose process is ended while it starts. */
const GOING =
  /not running|not found|does not exist|stopped|exited|removing|deleted|\/proc\/\d+\/ns\/|final child's PID/i;
/** The kubelet ends what it knows no pod of within 2 s: first the containers, and a moment later the sandbox. */
const TAKING_MS = 1500;

export const isRefusal = (error: unknown): error is EngineError =>
  error instanceof EngineError && error.failure === 'error';

export function createCriSandboxes({ clock, open }: CriDeps, kind: CriProbeKind): CriSandboxes {
  const ours = { [PROBE_LABEL]: kind.probe };
  let cgroupParent = '';
  const connected = async <T>(work: (engine: CriEngine) => Promise<T>): Promise<T> => {
    const engine = createCriEngine(open());
    try {
      return await work(engine);
    } finally {
      engine.close();
    }
  };
  const list: CriSandboxes['list'] = (engine, signal) => engine.sandboxes(ours, signal);

  async function removeOne(engine: CriEngine, id: string, signal: AbortSignal): Promise<void> {
    for (const beganAt = clock.monotonic(); ; await clock.sleep(POLL_MS, signal)) {
      try {
        return await engine.removeSandbox(id, signal);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        if (error.isNotFound || !(await list(engine, signal)).some((one) => one.id === id)) return;
        if (clock.monotonic() - beganAt >= TAKING_MS) throw error;
      }
    }
  }

  return {
    connected,
    list,
    async run(engine, { name, instance }, signal) {
      const labels = { ...ours, [INSTANCE_LABEL]: instance, [NAME_LABEL]: name };
      const run = async (parent: string): Promise<Sandbox> => {
        const { name: pod, network } = kind;
        const place = { name: pod, namespace: NAMESPACE, uid: randomUUID(), labels, cgroupParent: parent, network };
        return { id: await engine.runSandbox(place, signal), config: place };
      };
      try {
        return await run(cgroupParent);
      } catch (error) {
        if (cgroupParent !== '' || !isRefusal(error) || !PLACE.test(error.message)) throw error;
        const sandbox = await run(SLICE).catch((again: unknown) => {
          // The place is not what is wrong: what was said first holds, unless it was of that.
          throw /slice/.test(error.message) ? again : error;
        });
        cgroupParent = SLICE;
        return sandbox;
      }
    },
    async isTaken(error, engine, id, signal) {
      // The kubelet ends it soon in any case.
      const forMs = error.isNotFound || GOING.test(error.message) ? TAKING_MS : 0;
      try {
        for (const beganAt = clock.monotonic(); ; await clock.sleep(POLL_MS, signal)) {
          const sandbox = (await list(engine, signal)).find((one) => one.id === id);
          if (sandbox?.isReady !== true) return true;
          if (clock.monotonic() - beganAt >= forMs) return false;
        }
      } catch {
        // The refusal is what tells.
        return false;
      }
    },
    made: (signal) =>
      connected(async (engine) =>
        (await list(engine, signal)).map(({ id, createdAt, labels }) => ({
          id,
          createdAt,
          instance: labels[INSTANCE_LABEL] ?? '',
        })),
      ),
    remove: (nameOrId, signal) =>
      connected(async (engine) => {
        const all = await list(engine, signal);
        for (const { id } of all.filter((one) => one.id === nameOrId || one.labels[NAME_LABEL] === nameOrId))
          await removeOne(engine, id, signal);
      }),
  };
}
