/** Where container runtimes listen, and which of several is the one to look at. */
import type { HostFiles } from '../types.ts';
import { kubeletSetting } from './kubelet-config.ts';

/** The real path first: `/var/run` is a link to `/run` on all but old systems. */
const DOCKER_SOCKETS = ['/run/docker.sock', '/var/run/docker.sock'] as const;

/** Runtimes of distributions that bring their own: where one of these exists, kubelet uses it. */
const DISTRIBUTION_CRI_SOCKETS = [
  '/run/crio/crio.sock',
  '/run/k3s/containerd/containerd.sock',
  '/run/k0s/containerd.sock',
  '/var/snap/microk8s/common/run/containerd.sock',
] as const;

/** Docker brings a containerd of its own, so this one says nothing where Docker belongs. */
const CONTAINERD_SOCKET = '/run/containerd/containerd.sock';

const CRI_NAME = /(containerd|crio|cri-dockerd|dockershim)\.sock$/;

export type RuntimeKind = 'docker' | 'cri';

/** `configured`: somebody said that it belongs here. */
export type RuntimeTarget =
  | { readonly kind: RuntimeKind; readonly socketPath: string; readonly configured: boolean }
  | { readonly kind: 'none' };

export interface RuntimeSearch {
  /** The socket that the configuration names. */
  readonly configured?: string | undefined;
  /** The socket that the kubelet uses, where that is not Docker's. */
  readonly kubelet: () => Promise<string | undefined>;
  readonly exists: (path: string) => Promise<boolean>;
  /** Something says that Docker belongs here: its unit, kubelet's shim, an earlier look. */
  readonly dockerBelongsHere: () => Promise<boolean>;
}

/** Rejects only when one of the questions does. */
export async function findRuntime(search: RuntimeSearch): Promise<RuntimeTarget> {
  const { configured, exists } = search;
  if (configured !== undefined)
    return { kind: CRI_NAME.test(configured) ? 'cri' : 'docker', socketPath: configured, configured: true };
  const kubelet = await search.kubelet();
  if (kubelet !== undefined) return { kind: 'cri', socketPath: kubelet, configured: true };
  for (const socketPath of DISTRIBUTION_CRI_SOCKETS)
    if (await exists(socketPath)) return { kind: 'cri', socketPath, configured: false };
  for (const socketPath of DOCKER_SOCKETS) {
    if (await exists(socketPath)) return { kind: 'docker', socketPath, configured: false };
  }
  if (!(await exists(CONTAINERD_SOCKET)) || (await search.dockerBelongsHere())) return { kind: 'none' };
  return { kind: 'cri', socketPath: CONTAINERD_SOCKET, configured: false };
}

/**
 * The socket that kubelet is told to use, by its real path; undefined when its files are not here or name none. A flag
 * outranks the file. Rejects where a file is there and cannot be read.
 */
export async function kubeletRuntimeSocket(host: HostFiles): Promise<string | undefined> {
  const named = await kubeletSetting(host, 'container-runtime-endpoint', 'containerRuntimeEndpoint');
  // The link is an absolute one: from a container it leads out of the host's root.
  return named?.replace(/^unix:(\/\/)?/, '').replace(/^\/var\/run\//, '/run/');
}

/** The same where it is no Docker's: a runtime that is asked by CRI. */
export async function kubeletCriSocket(host: HostFiles): Promise<string | undefined> {
  const socketPath = await kubeletRuntimeSocket(host);
  return socketPath === undefined || isDockerShim(socketPath) ? undefined : socketPath;
}

/** True for the shims through which kubelet uses a Docker Engine. */
export const isDockerShim = (socketPath: string): boolean => /(cri-dockerd|dockershim)\.sock$/.test(socketPath);
