/** A runtime that speaks CRI in memory, below the wire, for the unit tests of the runtime probe. */
import type { CriCall } from '../../checks/lib/cri/call.ts';
import { EngineError } from '../../checks/lib/engine-error.ts';

type Labels = Readonly<Record<string, string>>;

export interface FakeSandbox {
  readonly id: string;
  readonly name: string;
  readonly labels: Labels;
  /** Unix ms. */
  readonly createdAt: number;
  isReady: boolean;
}

export interface FakeCri {
  readonly open: () => CriCall;
  readonly sandboxes: Map<string, FakeSandbox>;
  /** Methods in the order of their calls. */
  readonly calls: string[];
  readonly conditions: { type: string; status: boolean; reason: string; message: string }[];
  readonly images: string[];
  /** Of its verbose state. */
  info: Readonly<Record<string, string>>;
  /** Of all sandboxes that were asked for. */
  readonly cgroupParents: string[];
  /** Of the sandboxes that were asked for. */
  readonly networks: string[];
  /** That a sandbox on the network of pods is given. */
  addresses: readonly string[];
  /** What a container does once it was started. */
  ending: { state: string; exitCode: number; reason: string };
  /** Called before a method does its work; what it throws is the answer. */
  before: (method: string) => void;
  /** Connections that are not closed. */
  connections: number;
}

interface Config {
  readonly metadata: { readonly name: string };
  readonly labels: Labels;
  readonly linux: {
    readonly cgroupParent: string;
    readonly securityContext: { readonly namespaceOptions: { readonly network: string } };
  };
}

export function createFakeCri(clock: { now(): number }): FakeCri {
  let count = 0;
  const nextId = (): string => String((count += 1)).padStart(64, '0');
  const containers = new Map<string, string>();
  const known = (id: string): FakeSandbox => {
    const sandbox = fake.sandboxes.get(id);
    if (sandbox?.isReady !== true) throw new EngineError('error', `an error occurred when try to find sandbox "${id}"`);
    return sandbox;
  };
  const answers: Readonly<Record<string, (request: never) => object>> = {
    Version: () => ({ runtimeName: 'containerd', runtimeVersion: '1.7.24' }),
    Status: () => ({ status: { conditions: fake.conditions }, info: fake.info }),
    ListPodSandbox: ({ filter }: { readonly filter: { readonly labelSelector: Labels } }) => ({
      items: [...fake.sandboxes.values()]
        .filter(({ labels }) => Object.entries(filter.labelSelector).every(([key, value]) => labels[key] === value))
        .map(({ id, labels, createdAt, isReady }) => ({
          id,
          labels,
          createdAt: createdAt * 1e6,
          state: isReady ? 'SANDBOX_READY' : 'SANDBOX_NOTREADY',
        })),
    }),
    ListImages: () => ({ images: fake.images.map((image) => ({ repoTags: [image], repoDigests: [] })) }),
    RunPodSandbox: ({ config }: { readonly config: Config }) => {
      const id = nextId();
      const { metadata, labels } = config;
      fake.sandboxes.set(id, { id, name: metadata.name, labels, createdAt: clock.now(), isReady: true });
      return { podSandboxId: id };
    },
    PodSandboxStatus: ({ podSandboxId }: { readonly podSandboxId: string }) => {
      const sandbox = fake.sandboxes.get(podSandboxId);
      if (sandbox === undefined) throw new EngineError('error', 'sandbox not found', { isNotFound: true });
      const [ip = '', ...others] = fake.addresses;
      const network = { ip, additionalIps: others.map((one) => ({ ip: one })) };
      return { status: { state: sandbox.isReady ? 'SANDBOX_READY' : 'SANDBOX_NOTREADY', network } };
    },
    StopPodSandbox: ({ podSandboxId }: { readonly podSandboxId: string }) => {
      const sandbox = fake.sandboxes.get(podSandboxId);
      if (sandbox !== undefined) sandbox.isReady = false;
      return {};
    },
    RemovePodSandbox: ({ podSandboxId }: { readonly podSandboxId: string }) => {
      fake.sandboxes.delete(podSandboxId);
      return {};
    },
    CreateContainer: ({ podSandboxId }: { readonly podSandboxId: string }) => {
      const id = nextId();
      containers.set(id, known(podSandboxId).id);
      return { containerId: id };
    },
    StartContainer: ({ containerId }: { readonly containerId: string }) => {
      known(containers.get(containerId) ?? '');
      return {};
    },
    ContainerStatus: ({ containerId }: { readonly containerId: string }) => {
      known(containers.get(containerId) ?? '');
      return { status: { ...fake.ending, message: '' } };
    },
  };
  const fake: FakeCri = {
    sandboxes: new Map(),
    calls: [],
    conditions: [
      { type: 'RuntimeReady', status: true, reason: '', message: '' },
      { type: 'NetworkReady', status: true, reason: '', message: '' },
    ],
    info: {},
    cgroupParents: [],
    networks: [],
    addresses: ['10.1.0.7'],
    images: ['docker.io/library/nginx:1', 'registry.k8s.io/pause:3.10'],
    ending: { state: 'CONTAINER_EXITED', exitCode: 0, reason: 'Completed' },
    before: () => {},
    connections: 0,
    open: () => {
      fake.connections += 1;
      const call = async (method: string, request: object, signal: AbortSignal): Promise<unknown> => {
        fake.calls.push(method);
        if (method === 'RunPodSandbox') {
          const { linux } = (request as { readonly config: Config }).config;
          fake.cgroupParents.push(linux.cgroupParent);
          fake.networks.push(linux.securityContext.namespaceOptions.network);
        }
        if (signal.aborted) throw new EngineError('hung', `${method} was not answered`);
        fake.before(method);
        return answers[method]?.(request as never);
      };
      return Object.assign(call, { close: () => void (fake.connections -= 1) });
    },
  };
  return fake;
}
