/** Which settings of the kernel are asked for on this node, and what they are. Source: sysctl(8). */
import type { HostFiles } from '../../types.ts';
import { listIfThere, readIfThere } from '../if-there.ts';
import { kubeletTrace } from '../presence.ts';

/** As sysctl has it: dots between the parts, and a slash for a dot in one. */
export const SYSCTL_NAME = '^[a-z][a-z0-9_]*([./][A-Za-z0-9_@:-]+)+$';

export interface AskedSysctl {
  readonly name: string;
  /** What it must be; `>=N`: at least so much. */
  readonly value: string;
  /** Why, where nobody configured it. */
  readonly why?: string;
}

const NETWORKS = '/etc/cni/net.d';
/** Networks that put pods on a bridge, where kube-proxy sees them only if the bridge hands them over. */
const BRIDGED = /"type"\s*:\s*"(bridge|flannel|weave-net|kube-router)"/;
const IPV6_RANGE = /"[0-9a-fA-F]{1,4}:[0-9a-fA-F:]*\/\d{1,3}"/;

/** Those of the configuration, and those that this node needs as one of Kubernetes. Rejects where something cannot be read. */
export async function askedSysctls(
  host: HostFiles,
  configured: Readonly<Record<string, string | number>>,
): Promise<readonly AskedSysctl[]> {
  const own = Object.entries(configured).map(([name, value]) => ({ name, value: String(value).trim() }));
  const names = new Set(own.map(({ name }) => name));
  return [...own, ...(await neededSysctls(host)).filter(({ name }) => !names.has(name))];
}

async function neededSysctls(host: HostFiles): Promise<readonly AskedSysctl[]> {
  if ((await kubeletTrace(host)) === undefined) return [];
  const needed = [{ name: 'net.ipv4.ip_forward', value: '1', why: 'the node passes on what pods send' }];
  const networks = await readNetworks(host);
  if (IPV6_RANGE.test(networks))
    needed.push({
      name: 'net.ipv6.conf.all.forwarding',
      value: '1',
      why: 'the node passes on what pods send over IPv6',
    });
  if (BRIDGED.test(networks))
    needed.push({
      name: 'net.bridge.bridge-nf-call-iptables',
      value: '1',
      why: 'pods are on a bridge, and what they send to Services would pass by kube-proxy’s rules',
    });
  return needed;
}

async function readNetworks(host: HostFiles): Promise<string> {
  const names = (await listIfThere(host, NETWORKS)).filter((name) => /\.(conf|conflist|json)$/.test(name)).slice(0, 32);
  const texts = await Promise.all(names.map((name) => readIfThere(host, `${NETWORKS}/${name}`)));
  return texts.join('\n');
}

/** Undefined: the kernel has none of that name. Rejects where it cannot be read. */
export async function readSysctl(host: HostFiles, name: string): Promise<string | undefined> {
  const path = name.replaceAll(/[./]/g, (separator) => (separator === '.' ? '/' : '.'));
  return (await readIfThere(host, `/proc/sys/${path}`))?.trim().replaceAll(/\s+/g, ' ');
}

export function isAsked(value: string, asked: string): boolean {
  const least = /^>=\s*(-?\d+)$/.exec(asked)?.[1];
  if (least !== undefined) return /^-?\d+$/.test(value) && BigInt(value) >= BigInt(least);
  return value === asked.replaceAll(/\s+/g, ' ');
}
