/** The calls of the Container Runtime Interface that a probe needs, with their answers in plain form. */
import type { CriCall } from './call.ts';

export interface CriCondition {
  /** `RuntimeReady`, `NetworkReady`. */
  readonly type: string;
  readonly status: boolean;
  readonly reason: string;
  readonly message: string;
}

export interface CriSandbox {
  readonly id: string;
  readonly isReady: boolean;
  /** Unix ms. */
  readonly createdAt: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** `POD`: a network namespace of its own, which the runtime's network plug-in connects; `NODE`: the host's. */
export type SandboxNetwork = 'POD' | 'NODE';

export interface SandboxOrder {
  readonly name: string;
  readonly namespace: string;
  /** A UUID, as a Pod has one. */
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Below which its control groups are; empty: the runtime's own place. */
  readonly cgroupParent: string;
  readonly network: SandboxNetwork;
}

export interface CriSandboxStatus {
  readonly isReady: boolean;
  /** Its addresses on the network of pods, the first one first; none on that of the host. */
  readonly addresses: readonly string[];
}

export interface ContainerOrder {
  readonly sandboxId: string;
  readonly sandbox: SandboxOrder;
  readonly name: string;
  /** Reference of a local image. */
  readonly image: string;
  /** For the program of the image. */
  readonly args: readonly string[];
}

export interface CriContainer {
  readonly state: 'CONTAINER_CREATED' | 'CONTAINER_RUNNING' | 'CONTAINER_EXITED' | 'CONTAINER_UNKNOWN';
  readonly exitCode: number;
  /** `OOMKilled`, `Error`, …; may be empty. */
  readonly reason: string;
  readonly message: string;
}

/** Every method rejects with an EngineError and ends with its signal. */
export interface CriEngine {
  /** `containerd 1.7.24`. */
  version(signal: AbortSignal): Promise<string>;
  conditions(signal: AbortSignal): Promise<readonly CriCondition[]>;
  /** @param labels all of which a sandbox has */
  sandboxes(labels: Readonly<Record<string, string>>, signal: AbortSignal): Promise<readonly CriSandbox[]>;
  /** What every sandbox is made from, where the runtime tells. */
  sandboxImage(signal: AbortSignal): Promise<string | undefined>;
  /** Tags and digests by which local images are called; first those that are kept for the runtime's own use. */
  images(signal: AbortSignal): Promise<readonly string[]>;
  /** Returns its id. */
  runSandbox(order: SandboxOrder, signal: AbortSignal): Promise<string>;
  sandbox(id: string, signal: AbortSignal): Promise<CriSandboxStatus>;
  /** With all that runs in it. Rejects also where it is gone, or going. */
  removeSandbox(id: string, signal: AbortSignal): Promise<void>;
  /** Returns its id. */
  createContainer(order: ContainerOrder, signal: AbortSignal): Promise<string>;
  startContainer(id: string, signal: AbortSignal): Promise<void>;
  container(id: string, signal: AbortSignal): Promise<CriContainer>;
  close(): void;
}

const NANOS_PER_MS = 1e6;
const NOBODY = 65_534;
/** The runtime's own start-up code runs inside this bound before the program does. */
const MEMORY_BYTES = 33_554_432;
/** By these the kubelet knows a container's pod. Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/kubelet/types/labels.go */
const podLabels = ({ name, namespace, uid }: SandboxOrder): Record<string, string> => ({
  'io.kubernetes.pod.name': name,
  'io.kubernetes.pod.namespace': namespace,
  'io.kubernetes.pod.uid': uid,
});

const namespaceOptions = ({ network }: SandboxOrder): object => ({ network, pid: 'CONTAINER', ipc: 'POD' });

/** The kubelet removes directories of logs there that belong to no pod; CRI-O makes one in any case. */
const sandboxConfig = (order: SandboxOrder): object => ({
  metadata: { name: order.name, namespace: order.namespace, uid: order.uid, attempt: 0 },
  logDirectory: `/var/log/pods/${order.namespace}_${order.name}_${order.uid}`,
  labels: { ...podLabels(order), ...order.labels },
  linux: {
    cgroupParent: order.cgroupParent,
    securityContext: { namespaceOptions: namespaceOptions(order), readonlyRootfs: true },
  },
});

/** It can do nothing and leaves nothing: no log, no right, little memory. */
const containerConfig = ({ sandbox, name, image, args }: ContainerOrder): object => ({
  metadata: { name, attempt: 0 },
  image: { image },
  args,
  labels: { ...podLabels(sandbox), 'io.kubernetes.container.name': name },
  linux: {
    resources: { memoryLimitInBytes: MEMORY_BYTES },
    securityContext: {
      capabilities: { dropCapabilities: ['ALL'] },
      namespaceOptions: namespaceOptions(sandbox),
      runAsUser: { value: NOBODY },
      readonlyRootfs: true,
      noNewPrivs: true,
    },
  },
});

interface SandboxMessage {
  readonly id: string;
  readonly state: string;
  readonly createdAt: number;
  readonly labels: Readonly<Record<string, string>>;
}

interface SandboxStatusMessage {
  readonly state: string;
  readonly network: { readonly ip: string; readonly additionalIps: readonly { readonly ip: string }[] } | null;
}

export function createCriEngine(call: CriCall): CriEngine {
  const ask = async <T>(method: string, request: object, signal: AbortSignal): Promise<T> =>
    (await call(method, request, signal)) as T;
  return {
    async version(signal) {
      const { runtimeName, runtimeVersion } = await ask<Record<'runtimeName' | 'runtimeVersion', string>>(
        'Version',
        {},
        signal,
      );
      return `${runtimeName} ${runtimeVersion}`.trim().slice(0, 60);
    },
    async conditions(signal) {
      const { status } = await ask<{ readonly status: { readonly conditions: readonly CriCondition[] } | null }>(
        'Status',
        {},
        signal,
      );
      return status?.conditions ?? [];
    },
    async sandboxes(labels, signal) {
      const { items } = await ask<{ readonly items: readonly SandboxMessage[] }>(
        'ListPodSandbox',
        { filter: { labelSelector: labels } },
        signal,
      );
      return items.map(({ id, state, createdAt, labels: all }) => ({
        id,
        isReady: state === 'SANDBOX_READY',
        createdAt: createdAt / NANOS_PER_MS,
        labels: all,
      }));
    },
    async sandboxImage(signal) {
      const { info } = await ask<{ readonly info: Readonly<Record<string, string>> }>(
        'Status',
        { verbose: true },
        signal,
      );
      return /"sandboxImage":\s*"([^"]+)"/.exec(info['config'] ?? '')?.[1];
    },
    async images(signal) {
      type Image = Readonly<Record<'repoTags' | 'repoDigests', readonly string[]>> & { readonly pinned: boolean };
      const { images } = await ask<{ readonly images: readonly Image[] }>('ListImages', {}, signal);
      return [...images.filter(({ pinned }) => pinned), ...images.filter(({ pinned }) => !pinned)].flatMap(
        ({ repoTags, repoDigests }) => [...repoTags, ...repoDigests],
      );
    },
    async runSandbox(order, signal) {
      const request = { config: sandboxConfig(order) };
      return (await ask<{ readonly podSandboxId: string }>('RunPodSandbox', request, signal)).podSandboxId;
    },
    async sandbox(podSandboxId, signal) {
      const { status } = await ask<{ readonly status: SandboxStatusMessage | null }>(
        'PodSandboxStatus',
        { podSandboxId },
        signal,
      );
      const { ip = '', additionalIps = [] } = status?.network ?? {};
      return {
        isReady: status?.state === 'SANDBOX_READY',
        addresses: [ip, ...additionalIps.map((one) => one.ip)].filter((address) => address !== ''),
      };
    },
    async removeSandbox(podSandboxId, signal) {
      await call('StopPodSandbox', { podSandboxId }, signal);
      await call('RemovePodSandbox', { podSandboxId }, signal);
    },
    async createContainer(order, signal) {
      const request = {
        podSandboxId: order.sandboxId,
        config: containerConfig(order),
        sandboxConfig: sandboxConfig(order.sandbox),
      };
      return (await ask<{ readonly containerId: string }>('CreateContainer', request, signal)).containerId;
    },
    async startContainer(containerId, signal) {
      await call('StartContainer', { containerId }, signal);
    },
    async container(containerId, signal) {
      const { status } = await ask<{ readonly status: CriContainer | null }>(
        'ContainerStatus',
        { containerId },
        signal,
      );
      return status ?? { state: 'CONTAINER_UNKNOWN', exitCode: 0, reason: '', message: '' };
    },
    close: () => call.close(),
  };
}
