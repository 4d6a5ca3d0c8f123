/** The checks' way to the container runtime: through the runtime probe, a process of its own. */
import { enabledUnit } from '../../../checks/lib/presence.ts';
import {
  type RuntimeTarget,
  findRuntime,
  isDockerShim,
  kubeletCriSocket,
  kubeletRuntimeSocket,
} from '../../../checks/lib/runtime-sockets.ts';
import type { HostFiles, RuntimePort, RuntimeProbeAnswer } from '../../../checks/types.ts';
import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { ask } from './ask.ts';
import { type ProbeChild, createProbeChild } from './child.ts';
import { whenAborted } from './limit.ts';
import type { AskPod } from './pod-network.ts';
import type { Verb } from './protocol.ts';

export interface RuntimePortOptions {
  /** The socket of a probe that somebody else runs: the second container of the agent's pod. Empty: a child process. */
  readonly socketPath: string;
  /** `runtime.socket` of the configuration: the runtime's own socket, as the host names it. Empty: searched for. */
  readonly runtimeSocket: string;
  /** How this program is started, without the command's name: absolute paths, the program's first file last. */
  readonly command: readonly string[];
  /** Names the agent on this host, the same after a restart: the node's name. */
  readonly instance: string;
}

export interface RuntimePortDeps {
  readonly clock: Clock;
  readonly host: HostFiles;
  readonly log: Logger;
  /** How a pod of this node sees an address; undefined: there is none to ask. Never rejects. */
  readonly askPod?: AskPod;
}

/** Small heaps: the probe holds next to nothing. */
const HEAP_FLAGS = ['--max-old-space-size=24', '--max-semi-space-size=1'];
/** Saves 20 MiB and leaves out WebAssembly, which running from source needs for stripping types. */
const BUNDLE_FLAGS = [...HEAP_FLAGS, '--lite-mode'];
/** A child that leaves this many requests in a row without an answer is replaced. */
const MAX_SILENCES = 3;

/**
 * Without a `socketPath` the probe is a child process, started at the first look that finds a runtime. A host
 * without one never gets the process.
 */
export function createRuntimePort(options: RuntimePortOptions, deps: RuntimePortDeps): RuntimePort & { close(): void } {
  const child = createProbeChild(childCommand(options, deps.host), deps);
  let silences = 0;

  async function find(signal: AbortSignal): Promise<{ readonly socketPath: string } | RuntimeProbeAnswer> {
    if (options.socketPath !== '') return { socketPath: options.socketPath };
    return childSocket(child, options.runtimeSocket, deps.host, signal);
  }

  async function probe(verb: Verb, signal: AbortSignal): Promise<RuntimeProbeAnswer> {
    // The files of a host whose disk is dead never answer; the run's own deadline ends the wait.
    const gaveUp = whenAborted(signal).then(() => unavailable('the host’s files did not answer in time'));
    const found = await Promise.race([find(signal), gaveUp]);
    if ('kind' in found) return found;
    const asked = await ask(found.socketPath, verb, signal, deps.askPod);
    silences = asked.kind === 'silent' ? silences + 1 : 0;
    if (silences >= MAX_SILENCES) {
      silences = 0;
      child.kill();
    }
    if (asked.kind === 'silent') return unavailable('the runtime probe did not answer in time');
    if (asked.kind === 'failed') return unavailable(`the runtime probe cannot be asked: ${asked.message}`);
    if (asked.answer.kind !== 'none' || options.socketPath === '') return asked.answer;
    // A container sees only what is mounted into it, so an empty place proves nothing.
    return unavailable('no socket of a container runtime is mounted into the container of the runtime probe');
  }

  return {
    probe: (verb, signal) => probe(verb, signal).catch((error: unknown) => unavailable(messageOf(error))),
    close: () => child.close(),
  };
}

const unavailable = (message: string): RuntimeProbeAnswer => ({ kind: 'unavailable', message });

/** A child that runs looks for itself: then this process needs no file, which matters while a disk is dead. */
async function childSocket(
  child: ProbeChild,
  configured: string,
  host: HostFiles,
  signal: AbortSignal,
): Promise<{ readonly socketPath: string } | RuntimeProbeAnswer> {
  if (!child.isRunning()) {
    const target = await findOnHost(configured, host);
    if (target.kind === 'none') return { kind: 'none', message: 'no socket of a container runtime is on this host' };
  }
  const state = await child.ready(signal);
  return state.kind === 'ready' ? { socketPath: state.socketPath } : unavailable(state.message);
}

const findOnHost = (configured: string, host: HostFiles): Promise<RuntimeTarget> =>
  findRuntime({
    configured: configured === '' ? undefined : configured,
    // What cannot be read says nothing.
    kubelet: () => kubeletCriSocket(host).catch(() => undefined),
    exists: (path) => host.exists(path),
    dockerBelongsHere: async () => {
      if ((await enabledUnit(host, ['docker.service'])) !== undefined) return true;
      const kubelet = await kubeletRuntimeSocket(host);
      return kubelet !== undefined && isDockerShim(kubelet);
    },
  });

function childCommand(options: RuntimePortOptions, host: HostFiles): string[] {
  const { command, instance, runtimeSocket } = options;
  const entry = command.at(-1) ?? '';
  return [
    // Of two values for one flag Node takes the last, and flags stand before the program's first file.
    ...command.slice(0, -1),
    ...(entry.endsWith('.ts') ? HEAP_FLAGS : BUNDLE_FLAGS),
    entry,
    'runtime-probe',
    '--instance',
    instance,
    '--host-root',
    host.locate('/'),
    ...(runtimeSocket === '' ? [] : ['--runtime-socket', host.locate(runtimeSocket)]),
  ];
}
