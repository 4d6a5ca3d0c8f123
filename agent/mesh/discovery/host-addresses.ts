/** The addresses of this machine, as the kernel has them now. */
import { createSocket } from 'node:dgram';
import { readFile } from 'node:fs/promises';
import { SocketAddress, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { HostAddress, HostAddresses } from './choose-addresses.ts';

/** Of the documentation (RFC 5737, RFC 3849): no more specific route leads there, and nothing is ever sent. */
const FAR = { udp4: '192.0.2.1', udp6: '2001:db8::1' } as const;
const ANY_PORT = 9;
const LINK_LOCAL = /^(169\.254\.|fe[89ab])/i;
/** Linux, include/uapi/linux/if_addr.h: temporary 0x01, failed its duplicate detection 0x08, deprecated 0x20, tentative 0x40. */
const PASSING_FLAGS = 0x01 | 0x08 | 0x20 | 0x40;
const FILE_MS = 300;

/** @param before addresses that need no second look */
export async function readHostAddresses(before: readonly string[]): Promise<HostAddresses> {
  const found = await Promise.all([sourceOf('udp4'), sourceOf('udp6')]);
  const sources = found.filter((address) => address !== undefined);
  const isNew = sources.some((address) => isIPv6(address) && !before.includes(address));
  return { all: allAddresses(), sources, passing: isNew ? await readPassing() : new Set() };
}

/** Of `/proc/net/if_inet6`: address, index, prefix length, scope, flags, device. */
export function parsePassing(ifInet6: string): ReadonlySet<string> {
  const lines = ifInet6.split('\n').map((line) => line.trim().split(/\s+/));
  const passing = lines.filter(([, , , , flags]) => (Number.parseInt(flags ?? '0', 16) & PASSING_FLAGS) !== 0);
  return new Set(passing.flatMap(([address = '']) => shorten(address.replace(/(.{4})(?!$)/g, '$1:'))));
}

const shorten = (address: string): readonly string[] =>
  isIPv6(address) ? [new SocketAddress({ address, family: 'ipv6' }).address] : [];

function allAddresses(): HostAddress[] {
  return Object.entries(networkInterfaces()).flatMap(([device, addresses = []]) =>
    addresses
      .filter(({ address, internal }) => !internal && !LINK_LOCAL.test(address))
      .map(({ address }) => ({ device, host: address })),
  );
}

/** A file of the kernel; only a pool whose threads all hang makes it wait. */
async function readPassing(): Promise<ReadonlySet<string>> {
  const reading = readFile('/proc/net/if_inet6', { encoding: 'utf8', signal: AbortSignal.timeout(FILE_MS) });
  return parsePassing(await reading.catch(() => ''));
}

/** A datagram socket that is connected has the address from which the kernel would send; undefined without a route. */
function sourceOf(family: keyof typeof FAR): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket({
      type: family,
      lookup: (host, _options, callback) => callback(null, host, family === 'udp6' ? 6 : 4),
    });
    const finish = (address: string | undefined): void => {
      socket.close();
      resolve(address);
    };
    socket.once('error', () => finish(undefined));
    socket.connect(ANY_PORT, FAR[family], (error?: Error) => {
      // Where there is no route the callback gets the error.
      if (error instanceof Error) return finish(undefined);
      const { address } = socket.address();
      finish(LINK_LOCAL.test(address) || address === '::' ? undefined : address);
    });
  });
}
