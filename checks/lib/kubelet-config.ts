import type { HostFiles, NodeFacts } from '../types.ts';
import { flagOf } from './flags.ts';
import { readIfThere } from './if-there.ts';
import { existingFile } from './presence.ts';

/**
 * Where kubelets are configured: of kubeadm; of k3s and RKE2 since they have files for it; of EKS, GKE, Kubespray and
 * OpenShift. In YAML or JSON.
 */
export const KUBELET_CONFIGS = [
  '/var/lib/kubelet/config.yaml',
  '/var/lib/rancher/k3s/agent/etc/kubelet.conf.d/00-k3s-defaults.conf',
  '/var/lib/rancher/rke2/agent/etc/kubelet.conf.d/00-rke2-defaults.conf',
  '/etc/kubernetes/kubelet/config.json',
  '/home/kubernetes/kubelet-config.yaml',
  '/etc/kubernetes/kubelet-config.yaml',
  '/etc/kubernetes/kubelet.conf',
] as const;

/** Where their flags are, those that outrank others first: of Debian's and Red Hat's packages, of kubeadm. */
const KUBELET_FLAGS = ['/etc/default/kubelet', '/etc/sysconfig/kubelet', '/var/lib/kubelet/kubeadm-flags.env'] as const;

/** A kubelet that belongs to a cluster has one of these. */
const KUBELET_KUBECONFIGS = [
  '/etc/kubernetes/kubelet.conf',
  '/var/lib/kubelet/kubeconfig',
  '/var/lib/kubelet/pki/kubelet-client-current.pem',
  '/var/lib/rancher/k3s/agent/kubelet.kubeconfig',
  '/var/lib/rancher/rke2/agent/kubelet.kubeconfig',
  '/var/lib/k0s/kubelet.conf',
  '/var/snap/microk8s/current/credentials/kubelet.config',
] as const;

/** Where a pod runs is a node of a cluster, whatever files are to be seen. Rejects where that cannot be looked at. */
export const isOfCluster = async (host: HostFiles, { apiServiceAddress }: NodeFacts): Promise<boolean> =>
  apiServiceAddress !== undefined || (await existingFile(host, KUBELET_KUBECONFIGS)) !== undefined;

/**
 * What the kubelet is told: by a flag, which outranks the file, or by its configuration. Undefined: neither is here, or says
 * it. Rejects where a file is there and cannot be read.
 */
export async function kubeletSetting(host: HostFiles, flag: string, key: string): Promise<string | undefined> {
  const inFile = new RegExp(`^[ \\t{,]*"?${key}"?:[ \\t]*["']?([^\\s"',#}]+)`, 'm');
  return (
    (await firstIn(host, KUBELET_FLAGS, (text) => flagOf(text, flag))) ??
    (await firstIn(host, KUBELET_CONFIGS, (text) => inFile.exec(text)?.[1]))
  );
}

async function firstIn(
  host: HostFiles,
  paths: readonly string[],
  find: (text: string) => string | undefined,
): Promise<string | undefined> {
  for (const path of paths) {
    const found = find(await settingsIn(host, path));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Without its comments, a setting a line. */
async function settingsIn(host: HostFiles, path: string): Promise<string> {
  const said = ((await readIfThere(host, path)) ?? '').replaceAll(/^\s*#.*$/gm, '');
  // JSON may be one line.
  return said.trimStart().startsWith('{') ? said.replaceAll(/,(?=\s*")/g, ',\n') : said;
}
