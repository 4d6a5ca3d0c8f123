/**
 * A host as kubeadm leaves a node: a kubelet, a containerd and a kube-proxy with their files where `daemonset.yaml` looks for
 * them, a mount table of its own, and a network of pods that reaches those of the other hosts.
 */
import { stringify } from 'yaml';
import type { ControlPlane } from './control-plane.ts';
import { startKubeProxy } from './kube-proxy.ts';
import { type Kubelet, type KubeletOptions, startKubelet } from './kubelet.ts';
import type { LabHost, LabProcess } from './lab/types.ts';
import { importImages, loadPodImages } from './pod-images.ts';

export interface KubeNode extends Kubelet {
  readonly host: LabHost;
  readonly proxy: LabProcess;
}

export interface KubeNodeOptions {
  readonly api: ControlPlane;
  /** All nodes of the lab, which has an overlay. */
  readonly hosts: readonly LabHost[];
  /** Address of the cluster's DNS. */
  readonly dns: string;
  /** Path of an archive of images, in the form of `docker save`. */
  readonly archive: string;
}

/** What VXLAN leaves of 1500. */
const MTU = 1450;
const subnetOf = (index: number): string => `10.244.${index}.0/24`;
const SNAPSHOTTER = 'overlayfs';

/** Resolves when its Node is ready and has the images. */
export async function startKubeNode(host: LabHost, options: KubeNodeOptions): Promise<KubeNode> {
  await host.exec('sh', ['-ec', PREPARE, host.directory]);
  await host.exec('sh', ['-ec', routesOf(host, options.hosts).join('\n')]);
  const node = await startPrograms(host, options);
  await loadPodImages(host, SNAPSHOTTER);
  await importImages(host, options.archive, SNAPSHOTTER);
  return node;
}

/** All that makes it a node, after it was killed; resolves when its Node is ready. */
export async function startPrograms(host: LabHost, { api, hosts, dns }: KubeNodeOptions): Promise<KubeNode> {
  const running = await startKubelet(host, api, kubeletOptions(hosts.indexOf(host), dns));
  await host.exec('sh', ['-ec', FILES, host.directory]);
  return { ...running, host, proxy: await startKubeProxy(host, api) };
}

/** The manifests of static pods as kubeadm writes them, of programs that the lab starts itself: agents read there what belongs here. */
export async function writeStaticManifests(host: LabHost): Promise<void> {
  const manifests = {
    etcd: [`--listen-client-urls=http://${host.address}:2379`, `--listen-metrics-urls=http://${host.address}:2381`],
    'kube-apiserver': ['--secure-port=6443'],
    'kube-controller-manager': ['--bind-address=127.0.0.1'],
    'kube-scheduler': ['--bind-address=127.0.0.1'],
  };
  for (const [name, flags] of Object.entries(manifests)) {
    const containers = [{ name, command: [name, ...flags] }];
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'kube-system' }, spec: { containers } };
    const script = 'cat >/etc/kubernetes/manifests/$0.yaml';
    await host.exec('sh', ['-ec', script, name], { input: stringify(pod) });
  }
}

/**
 * $0: the host's directory. What is mounted on a node reaches the containers that ask for it, as systemd has it; /var/lib is
 * the host's own; the manifests lie on the file system of /, by which the agent sees that one. Process 1 is the machine's: in
 * the place of its mount table stands that of the process that holds the host's.
 */
const PREPARE = `
mount --make-rshared /
mkdir -p "$0/var-lib"
mount --bind "$0/var-lib" /var/lib
mkdir -p /var/lib/kubelet /etc/kubernetes/manifests "$0.state/manifests"
mount --bind "$0.state/manifests" /etc/kubernetes/manifests
sysctl -q -w net.ipv4.ip_forward=1
own=$(readlink /proc/$$/ns/mnt)
keeper=$(for one in /proc/[0-9]*; do
  [ "$(readlink "$one/ns/mnt")" = "$own" ] && [ "$(cat "$one/comm")" = sleep ] && echo "$one" && break
done)
mount --bind "$keeper/mountinfo" /proc/1/mountinfo
`;

/** $0: the host's directory. */
const FILES = `
cp "$0/kubelet/config.json" /var/lib/kubelet/config.yaml
cp "$0/kubelet/kubeconfig" /etc/kubernetes/kubelet.conf
echo 'KUBELET_KUBEADM_ARGS="--container-runtime-endpoint=unix:///run/containerd/containerd.sock"' \
  >/var/lib/kubelet/kubeadm-flags.env
`;

/** To the pods of each other host, through the tunnel. */
const routesOf = (host: LabHost, hosts: readonly LabHost[]): string[] =>
  hosts.flatMap((other, index) =>
    other === host ? [] : [`ip route add ${subnetOf(index)} via ${other.overlayAddress} dev overlay0 onlink`],
  );

const kubeletOptions = (index: number, dns: string): KubeletOptions => ({
  settings: { clusterDNS: [dns], clusterDomain: 'cluster.local' },
  network: {
    type: 'bridge',
    bridge: 'cni0',
    isGateway: true,
    mtu: MTU,
    ipam: { type: 'host-local', ranges: [[{ subnet: subnetOf(index) }]], routes: [{ dst: '0.0.0.0/0' }] },
  },
  root: '/var/lib/kubelet',
  runtimeRoot: '/var/lib/containerd',
  snapshotter: SNAPSHOTTER,
});
