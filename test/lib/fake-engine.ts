/** A container engine in memory, for the unit tests of the runtime probe. */
import type { DockerEngine, ProbeContainer } from '../../checks/lib/docker-engine.ts';
import { EngineError } from '../../checks/lib/engine-error.ts';

type Call = Exclude<keyof DockerEngine, 'socketPath' | 'name'>;

export interface FakeEngine extends DockerEngine {
  readonly containers: Map<string, ProbeContainer>;
  readonly images: Set<string>;
  /** Every call with its first argument: `createContainer meerkat-probe-1`. */
  readonly calls: string[];
  /** What a call, or a call with one subject, does instead of its work: hang until its signal is aborted, or fail. */
  readonly behaviour: Partial<Record<Call | `${Call} ${string}`, 'hang' | EngineError>>;
  exitCode: number;
}

export function createFakeEngine(clock: { now(): number }, socketPath = '/run/docker.sock'): FakeEngine {
  const containers = new Map<string, ProbeContainer>();
  const images = new Set<string>();
  const calls: string[] = [];
  const behaviour: FakeEngine['behaviour'] = {};
  const act = async (call: Call, subject: string, signal: AbortSignal): Promise<void> => {
    calls.push(subject === '' ? call : `${call} ${subject}`);
    signal.throwIfAborted();
    const special = behaviour[`${call} ${subject}`] ?? behaviour[call];
    if (special === 'hang') return hang(call, signal);
    if (special !== undefined) throw special;
  };
  const engine: FakeEngine = {
    socketPath,
    containers,
    images,
    calls,
    behaviour,
    exitCode: 0,
    name: () => 'Fake 1.0',
    ping: (signal) => act('ping', '', signal),
    listOne: (signal) => act('listOne', '', signal),
    async probeContainers(signal) {
      await act('probeContainers', '', signal);
      return [...containers.values()];
    },
    async hasImage(reference, signal) {
      await act('hasImage', reference, signal);
      return images.has(reference);
    },
    async importImage(image, signal) {
      await act('importImage', image.tag, signal);
      images.add(`${image.repository}:${image.tag}`);
    },
    async createContainer({ name, instance }, signal) {
      await act('createContainer', name, signal);
      containers.set(name, { id: name, createdAt: clock.now(), instance });
    },
    startContainer: (name, signal) => act('startContainer', name, signal),
    async waitForContainer(name, signal) {
      await act('waitForContainer', name, signal);
      return engine.exitCode;
    },
    async removeContainer(name, signal) {
      await act('removeContainer', name, signal);
      containers.delete(name);
    },
  };
  return engine;
}

const hang = (call: string, signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      const reason: unknown = signal.reason;
      const timedOut = reason instanceof Error && reason.name === 'TimeoutError';
      reject(new EngineError(timedOut ? 'hung' : 'aborted', timedOut ? `${call} was not answered` : String(reason)));
    });
  });
