/** Finds this host's runtime and probes it: at most one probe of each kind at a time, whoever asks. */
import { dirname, join } from 'node:path';
import { type RuntimeKind, findRuntime } from '../../../checks/lib/runtime-sockets.ts';
import type { RuntimeProbeAnswer } from '../../../checks/types.ts';
import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import { within } from './limit.ts';
import { ping } from './ping.ts';
import type { KnockAt } from '../knock.ts';
import { type AskPod, tryPodNetwork } from './pod-network.ts';
import type { Verb } from './protocol.ts';
import type { ContainerRuntime } from './runtime.ts';
import { start } from './start.ts';
import { createCleaner, sweep } from './sweep.ts';

export interface ProbeOptions {
  /** The runtime's socket when it is configured; otherwise the usual places are searched at every probe. */
  readonly runtimeSocket?: string | undefined;
  /** Where the host's files are, for that search. Default `/`. */
  readonly hostRoot?: string | undefined;
  /** Names the agent on this host, the same after a restart: its containers carry it. */
  readonly instance: string;
}

export interface ProbeDeps {
  readonly clock: Clock;
  readonly exists: (path: string) => Promise<boolean>;
  /** The socket that the kubelet of this host uses, as the host names it; undefined: nothing says so, or it is Docker's. */
  readonly kubeletSocket: () => Promise<string | undefined>;
  readonly createRuntime: (kind: RuntimeKind, socketPath: string) => Promise<ContainerRuntime>;
  readonly knockAt: KnockAt;
  /** A short text of letters and digits that was never used before. */
  readonly randomId: () => string;
}

export interface Probe {
  /**
   * Never rejects. A second call of a kind that runs already shares its answer.
   *
   * @param askPod of `network`: how a pod of this node sees the new one
   */
  run(verb: Verb, askPod?: AskPod): Promise<RuntimeProbeAnswer>;
  /** Removes what earlier processes left behind, where there is a runtime. Never rejects. */
  sweep(): Promise<void>;
  /** Ends what runs and waits, within bounds, until its container is removed. */
  stop(): Promise<void>;
}

const SWEEP_LIMIT_MS = 10_000;
const STOP_LIMIT_MS = 2000;

export function createProbe(options: ProbeOptions, deps: ProbeDeps): Probe {
  const { clock } = deps;
  const find = createFinder(options, deps);
  const cleaner = createCleaner(clock);
  const stopping = new AbortController();
  const running = new Map<Verb, Promise<RuntimeProbeAnswer>>();
  let sweeping = new AbortController();

  async function probe(verb: Verb, askPod: AskPod | undefined): Promise<RuntimeProbeAnswer> {
    const found = await find();
    if ('kind' in found) return found;
    const { runtime, configured } = found;
    const { signal } = stopping;
    if (verb === 'ping') return withOrigin(await ping(runtime, clock, signal), configured);
    // The run begins with a sweep of its own; one that still runs could take the new container for a leftover.
    sweeping.abort(new Error('a probe starts'));
    const order = { name: `meerkat-probe-${deps.randomId()}`, instance: options.instance };
    const cleanUp = (name: string): void =>
      cleaner.remove(verb === 'network' ? (runtime.podNetwork ?? runtime) : runtime, name);
    const answer =
      verb === 'network'
        ? await tryPodNetwork(runtime, order, {
            clock,
            signal,
            knockAt: deps.knockAt,
            cleanUp,
            ...(askPod !== undefined && { askPod }),
          })
        : await start(runtime, order, { clock, signal, cleanUp });
    return withOrigin(answer, configured);
  }

  return {
    run(verb, askPod) {
      const current = running.get(verb);
      if (current !== undefined) return current;
      const run = probe(verb, askPod)
        .catch((error: unknown): RuntimeProbeAnswer => ({ kind: 'unavailable', message: messageOf(error) }))
        .finally(() => running.delete(verb));
      running.set(verb, run);
      return run;
    },
    async sweep() {
      const found = await find().catch(() => undefined);
      if (found === undefined || 'kind' in found || running.has('start') || running.has('network')) return;
      sweeping = new AbortController();
      const either = AbortSignal.any([sweeping.signal, stopping.signal]);
      const { runtime } = found;
      for (const maker of [runtime, runtime.podNetwork])
        if (maker !== undefined)
          await within(SWEEP_LIMIT_MS, clock, either, (signal) =>
            sweep(maker, { instance: options.instance, clock, signal }),
          ).catch(() => {});
    },
    async stop() {
      stopping.abort(new Error('the runtime probe was told to stop'));
      const done = new AbortController();
      const finished = Promise.all(running.values())
        .then(() => cleaner.idle())
        .then(() => done.abort());
      await Promise.race([finished, clock.sleep(STOP_LIMIT_MS, done.signal)]);
    },
  };
}

interface Found {
  readonly runtime: ContainerRuntime;
  readonly configured: boolean;
}

/** The runtime to ask, or the answer when there is none; it looks again at every call. */
function createFinder(options: ProbeOptions, deps: ProbeDeps): () => Promise<Found | RuntimeProbeAnswer> {
  const onHost = (path: string): string => join(options.hostRoot ?? '/', path);
  let last: { readonly kind: RuntimeKind; readonly socketPath: string; readonly runtime: ContainerRuntime } | undefined;
  return async () => {
    const target = await findRuntime({
      configured: options.runtimeSocket,
      kubelet: deps.kubeletSocket,
      exists: (path) => deps.exists(onHost(path)),
      dockerBelongsHere: async () => last?.kind === 'docker',
    });
    if (target.kind === 'none') return { kind: 'none', message: 'no socket of a container runtime is here' };
    const { kind, configured } = target;
    const isNamed = options.runtimeSocket !== undefined;
    const socketPath = isNamed ? target.socketPath : onHost(target.socketPath);
    // A container sees only what is mounted into it.
    if (configured && !isNamed && onHost('/') !== '/' && !(await deps.exists(dirname(socketPath))))
      return {
        kind: 'unavailable',
        message: `${dirname(socketPath)}, where the runtime’s socket belongs, is not here: it is not mounted, or the runtime never started`,
      };
    if (last?.kind !== kind || last.socketPath !== socketPath)
      last = { kind, socketPath, runtime: await deps.createRuntime(kind, socketPath) };
    return { runtime: last.runtime, configured };
  };
}

const withOrigin = (answer: RuntimeProbeAnswer, configured: boolean): RuntimeProbeAnswer =>
  answer.kind === 'failed' && configured ? { ...answer, configured } : answer;
