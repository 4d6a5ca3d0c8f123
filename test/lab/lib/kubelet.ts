/**
 * A real kubelet with a containerd of its own on a host of the lab: it registers the Node, reports on it and renews its
 * Lease. Everything that both leave behind is below the host's own directories and mounts, and goes with the host.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NETWORK_PROGRAMS, type NetworkPlugin, type Snapshotter, containerdConfiguration } from './containerd.ts';
import type { ControlPlane } from './control-plane.ts';
import type { LabHost, LabProcess } from './lab/types.ts';

/** Never used: without a network configuration the Node would not be ready. */
const NETWORK: NetworkPlugin = {
  type: 'bridge',
  bridge: 'pods',
  ipam: { type: 'host-local', subnet: '10.244.0.0/24' },
};

const configuration = (address: string): object => ({
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  address,
  authentication: { anonymous: { enabled: false }, webhook: { enabled: false } },
  authorization: { mode: 'AlwaysAllow' },
  cgroupDriver: 'cgroupfs',
  // Kubelets of several hosts on one machine would share them.
  cgroupsPerQOS: false,
  enforceNodeAllocatable: [],
  evictionHard: { 'memory.available': '1Mi', 'nodefs.available': '0%', 'imagefs.available': '0%' },
  failSwapOn: false,
  healthzBindAddress: '127.0.0.1',
  oomScoreAdj: 0,
});

const READY_MS = 60_000;

export interface Kubelet {
  readonly kubelet: LabProcess;
  readonly containerd: LabProcess;
  /** Kills the kubelet and starts it on what it left; resolves when it serves. The API may be gone. */
  restart(): Promise<LabProcess>;
}

export interface HostContainerdOptions {
  /** Where it keeps what it has. Default: below the host's own directory. */
  readonly runtimeRoot?: string;
  readonly snapshotter?: Snapshotter;
}

export interface KubeletOptions extends HostContainerdOptions {
  /** Of its Node, `name=value`. */
  readonly labels?: string;
  /** More of its configuration. */
  readonly settings?: object;
  /** Of the pods. Default: one that is never used. */
  readonly network?: NetworkPlugin;
  /** Where it keeps what it has. Default: below the host's own directory. */
  readonly root?: string;
}

/** A containerd of the host alone, at the usual socket. */
export async function startHostContainerd(
  host: LabHost,
  network: NetworkPlugin,
  { runtimeRoot, snapshotter }: HostContainerdOptions = {},
): Promise<LabProcess> {
  const directory = join(host.directory, 'containerd');
  const networks = join(directory, 'networks');
  mkdirSync(networks, { recursive: true });
  const conflist = { cniVersion: '0.4.0', name: 'pods', plugins: [network] };
  writeFileSync(join(networks, 'pods.conflist'), JSON.stringify(conflist));
  const configured = containerdConfiguration({
    root: runtimeRoot ?? join(directory, 'data'),
    ...(snapshotter !== undefined && { snapshotter }),
    state: '/run/containerd',
    socketPath: '/run/containerd/containerd.sock',
    networkPrograms: NETWORK_PROGRAMS,
    networks,
  });
  writeFileSync(join(directory, 'config.toml'), configured);
  return host.start('containerd', ['--config', join(directory, 'config.toml')], {
    readyWhen: /containerd successfully booted/,
  });
}

/** Resolves when its Node is ready; again too, after the host was off. */
export async function startKubelet(
  host: LabHost,
  api: ControlPlane,
  { labels = '', settings = {}, network = NETWORK, root, ...options }: KubeletOptions = {},
): Promise<Kubelet> {
  const directory = join(host.directory, 'kubelet');
  mkdirSync(directory, { recursive: true });
  const write = (name: string, text: string): string => {
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  };
  const containerd = await startHostContainerd(host, network, options);
  const flags = {
    config: write('config.json', JSON.stringify({ ...configuration(host.address), ...settings })),
    kubeconfig: write('kubeconfig', api.kubeconfig()),
    'container-runtime': 'remote',
    'container-runtime-endpoint': 'unix:///run/containerd/containerd.sock',
    'hostname-override': host.name,
    'node-ip': host.address,
    'root-dir': root ?? join(directory, 'root'),
    'cert-dir': join(directory, 'pki'),
    ...(labels !== '' && { 'node-labels': labels }),
  };
  const args = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
  const kubelet = await host.start(api.program('kubelet'), args, {
    readyWhen: () => api.isReady(host.name),
    timeoutMs: READY_MS,
  });
  return {
    kubelet,
    containerd,
    async restart() {
      kubelet.kill('SIGKILL');
      await kubelet.ended;
      const readyWhen = async (): Promise<boolean> => (await host.exec('ss', ['-Hltn'])).includes(':10248');
      return host.start(api.program('kubelet'), args, { readyWhen, timeoutMs: READY_MS });
    },
  };
}
