/** A network of pods over a lab's overlay: on each host a bridge, and one pod behind it with a network of its own. */
import type { Lab, LabHost, LabProcess, StartOptions } from './lab/types.ts';

export interface Pod {
  readonly address: string;
  start(program: string, args: readonly string[], options?: StartOptions): Promise<LabProcess>;
  exec(program: string, args: readonly string[]): Promise<string>;
}

const NAMESPACE = 'pod';
/** What VXLAN leaves of 1500. */
const MTU = 1450;
const subnetOf = (index: number): string => `10.244.${index}`;

/** Makes it on all hosts of a lab that has an overlay. The hosts route between their bridges and the tunnel. */
export async function createPodNetwork({ hosts }: Lab): Promise<(host: LabHost) => Pod> {
  await Promise.all(hosts.map((host) => connectPods(hosts, host)));
  const inside = (program: string, args: readonly string[]): string[] => ['netns', 'exec', NAMESPACE, program, ...args];
  return (host) => ({
    address: `${subnetOf(hosts.indexOf(host))}.5`,
    start: (program, args, options) => host.start('ip', inside(program, args), options),
    exec: (program, args) => host.exec('ip', inside(program, args)),
  });
}

/** On one of the hosts, again too after it was off. */
export async function connectPods(hosts: readonly LabHost[], host: LabHost): Promise<void> {
  const index = hosts.indexOf(host);
  const lines = [
    `ip netns del ${NAMESPACE} 2>/dev/null || true`,
    `ip netns add ${NAMESPACE}`,
    'ip link add cni0 type bridge',
    `ip link set cni0 mtu ${MTU} up`,
    `ip addr add ${subnetOf(index)}.1/24 dev cni0`,
    `ip link add veth0 mtu ${MTU} type veth peer name eth0 mtu ${MTU} netns ${NAMESPACE}`,
    'ip link set veth0 master cni0 up',
    `ip -n ${NAMESPACE} addr add ${subnetOf(index)}.5/24 dev eth0`,
    `ip -n ${NAMESPACE} link set eth0 up`,
    `ip -n ${NAMESPACE} link set lo up`,
    `ip -n ${NAMESPACE} route add default via ${subnetOf(index)}.1`,
    'sysctl -q -w net.ipv4.ip_forward=1',
    ...hosts.flatMap((other, at) =>
      other === host ? [] : [`ip route add ${subnetOf(at)}.0/24 via ${other.overlayAddress} dev overlay0 onlink`],
    ),
  ];
  await host.exec('sh', ['-ec', lines.join('\n')]);
}
