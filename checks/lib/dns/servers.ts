/** The DNS service that pods of this node use, by the configuration of its kubelet. */
import type { HostFiles } from '../../types.ts';
import { type Look, look } from '../procfs.ts';

export interface ClusterDns {
  readonly servers: readonly string[];
  /** `cluster.local`. */
  readonly domain: string;
}

/** kubeadm's; what k3s writes since it has a file for it. */
const FILES = [
  '/var/lib/kubelet/config.yaml',
  '/var/lib/rancher/k3s/agent/etc/kubelet.conf.d/00-k3s-defaults.conf',
  '/var/lib/rancher/rke2/agent/etc/kubelet.conf.d/00-rke2-defaults.conf',
] as const;
const DEFAULT_DOMAIN = 'cluster.local';

/** The first file that names one; undefined: no kubelet is configured by a file here. Never rejects. */
export async function findClusterDns(host: HostFiles): Promise<Look<ClusterDns> | undefined> {
  let missed: Look<ClusterDns> | undefined;
  for (const path of FILES) {
    const found = await look(host, path, parseClusterDns, 65_536);
    if ('value' in found && found.value.servers.length > 0) return found;
    if ('why' in found && found.isMissing !== true) missed ??= found;
  }
  return missed;
}

/** `clusterDNS` and `clusterDomain` of a KubeletConfiguration (kubelet.config.k8s.io/v1beta1). */
export function parseClusterDns(text: string): ClusterDns {
  const list = /^clusterDNS:[ \t]*(\[[^\]]*\]|(?:\n[ \t]*-[^\n]*)*)/m.exec(text)?.[1] ?? '';
  const servers = list.match(/[0-9A-Fa-f]*[.:][0-9A-Fa-f.:]+/g) ?? [];
  const domain = /^clusterDomain:[ \t]*["']?([\w.-]+)/m.exec(text)?.[1];
  return { servers, domain: domain ?? DEFAULT_DOMAIN };
}
