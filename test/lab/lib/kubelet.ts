/**
 * A real kubelet with a containerd of its own on a host of the lab: it registers the Node, reports on it and renews its
 * Lease. Everything that both leave behind is below the host's own directories and mounts, and goes with the host.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { containerdConfiguration } from './containerd.ts';
import type { ControlPlane } from './control-plane.ts';
import type { LabHost, LabProcess } from './lab/types.ts';

/** Never used: without a network configuration the Node would not be ready. */
const NETWORK = {
  cniVersion: '0.4.0',
  name: 'pods',
  plugins: [{ type: 'bridge', bridge: 'pods', ipam: { type: 'host-local', subnet: '10.244.0.0/24' } }],
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
}

/** Resolves when its Node is ready; again too, after the host was off. */
export async function startKubelet(host: LabHost, api: ControlPlane, labels = ''): Promise<Kubelet> {
  const directory = join(host.directory, 'kubelet');
  mkdirSync(join(directory, 'cni'), { recursive: true });
  const write = (name: string, text: string): string => {
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  };
  write('cni/pods.conflist', JSON.stringify(NETWORK));
  const configured = containerdConfiguration({
    root: join(directory, 'containerd'),
    state: '/run/containerd',
    socketPath: '/run/containerd/containerd.sock',
    networkPrograms: '/usr/lib/cni',
    networks: join(directory, 'cni'),
  });
  const containerd = write('containerd.toml', configured);
  const runtime = await host.start('containerd', ['--config', containerd], {
    readyWhen: /containerd successfully booted/,
  });
  const flags = {
    config: write('config.json', JSON.stringify(configuration(host.address))),
    kubeconfig: write('kubeconfig', api.kubeconfig()),
    'container-runtime': 'remote',
    'container-runtime-endpoint': 'unix:///run/containerd/containerd.sock',
    'hostname-override': host.name,
    'node-ip': host.address,
    'root-dir': join(directory, 'root'),
    'cert-dir': join(directory, 'pki'),
    ...(labels !== '' && { 'node-labels': labels }),
  };
  const args = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
  const kubelet = await host.start(api.program('kubelet'), args, {
    readyWhen: () => api.isReady(host.name),
    timeoutMs: READY_MS,
  });
  return { kubelet, containerd: runtime };
}
