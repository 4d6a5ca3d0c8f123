/** The DNS service that pods of this node use, by the configuration of its kubelet, or by what it tells a pod. */
import type { HostFiles } from '../../types.ts';
import { KUBELET_CONFIGS } from '../kubelet-config.ts';
import { type Look, look } from '../procfs.ts';

export interface ClusterDns {
  /** Empty: no file names any. */
  readonly servers: readonly string[];
  /** Undefined: no file says so. */
  readonly domain?: string;
}

/** The first file that names one. Never rejects. */
export async function findClusterDns(host: HostFiles): Promise<Look<ClusterDns>> {
  let missed: Look<ClusterDns> | undefined;
  for (const path of KUBELET_CONFIGS) {
    const found = await look(host, path, parseClusterDns, 65_536);
    if ('value' in found && found.value.servers.length > 0) return found;
    if ('why' in found && found.isMissing !== true) missed ??= found;
  }
  return missed ?? { value: { servers: [] } };
}

/** `clusterDNS` and `clusterDomain` of a KubeletConfiguration (kubelet.config.k8s.io/v1beta1), in YAML or JSON. */
export function parseClusterDns(text: string): ClusterDns {
  const list = /^[ \t{]*"?clusterDNS"?:\s*(\[[^\]]*\]|(?:-[^\n]*\n?[ \t]*)*)/m.exec(inLines(text))?.[1] ?? '';
  const servers = list.match(/[0-9A-Fa-f]*[.:][0-9A-Fa-f.:]+/g) ?? [];
  const domain = /^[ \t{]*"?clusterDomain"?:[ \t]*["']?([\w.-]+)/m.exec(inLines(text))?.[1];
  return { servers, ...(domain !== undefined && { domain }) };
}

/**
 * What the kubelet writes into the /etc/resolv.conf of a pod with the policies ClusterFirst and ClusterFirstWithHostNet:
 * `search NAMESPACE.svc.DOMAIN svc.DOMAIN DOMAIN`. Undefined for any other, as a node's own.
 * Source: https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/
 */
export function parsePodResolvConf(text: string): { servers: readonly string[]; domain: string } | undefined {
  const servers = [...text.matchAll(/^nameserver[ \t]+([0-9A-Fa-f.:]+)[ \t]*$/gm)].map(([, server = '']) => server);
  const domain = /^search[ \t]+[\w-]+\.svc\.(\S+)[ \t]+svc\.\1(?:[ \t]|$)/m.exec(text)?.[1];
  return domain === undefined || servers.length === 0 ? undefined : { servers, domain };
}

/** JSON may be one line. */
const inLines = (text: string): string =>
  text.trimStart().startsWith('{') ? text.replaceAll(/,(?=\s*")/g, ',\n') : text;
