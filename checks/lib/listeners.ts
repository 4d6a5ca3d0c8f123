/** Who may reach what listens on this node: the kernel's own table, of the agent's network namespace. */
import type { HostFiles } from '../types.ts';

const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'] as const;
/** State 0A is LISTEN; addresses are words in the machine's byte order. Documentation/networking/proc_net_tcp.rst of Linux. */
const LISTENING = /^\s*\d+: ([0-9A-F]+):([0-9A-F]{4}) \S+ 0A /;
/** 127.x.x.x, ::1 and ::ffff:127.x.x.x, on little-endian machines, as all that run Kubernetes on Linux but s390x are. */
const LOOPBACK = /^([0-9A-F]{6}7F|0{24}01000000|0{16}FFFF0000[0-9A-F]{6}7F)$/;

/** True when nobody but this node itself reaches the port; undefined when the kernel does not say, or nobody listens. */
export async function isLoopbackOnly(host: HostFiles, port: number): Promise<boolean | undefined> {
  const texts = await Promise.all(TABLES.map((path) => host.readText(path).catch(() => '')));
  // What listens comes first in each.
  const addresses = texts
    .flatMap((text) => text.split('\n'))
    .flatMap((line) => {
      const [, address, hexPort = ''] = LISTENING.exec(line) ?? [];
      return address !== undefined && Number.parseInt(hexPort, 16) === port ? [address] : [];
    });
  return addresses.length === 0 ? undefined : addresses.every((address) => LOOPBACK.test(address));
}
