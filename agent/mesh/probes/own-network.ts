/** What the kernel says of this node's own way out: gateways and carriers. */
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

export interface OwnNetwork {
  /** Gateways of the default routes as IP literals, IPv4 first; link-local ones carry their device (`fe80::1%eth0`). */
  gateways(): Promise<string[]>;
  /** Whether each network device has a link; undefined where sysfs cannot be read. See `Witnesses`. */
  carriers(): Promise<boolean[] | undefined>;
}

/** `root` is `/`, or where a test keeps its own `proc` and `sys`. */
export function createOwnNetwork(root = '/'): OwnNetwork {
  const read = (path: string): Promise<string> => readFile(join(root, path), 'utf8').catch(() => '');
  return {
    async gateways() {
      const [four, six] = await Promise.all([read('proc/net/route'), read('proc/net/ipv6_route')]);
      return [...parseGateways(four), ...parseGateways6(six)];
    },
    async carriers() {
      const devices = await readDevices(join(root, 'sys/class/net'));
      if (devices === undefined) return undefined;
      // A bridge or a tunnel has a link whatever the cable does; only in a namespace is a virtual device all there is.
      const real = devices.filter(({ isVirtual }) => !isVirtual);
      const chosen = real.length > 0 ? real : devices;
      // A device that is down cannot be read (EINVAL) and has no link.
      return Promise.all(chosen.map(async ({ name }) => (await read(`sys/class/net/${name}/carrier`)).trim() === '1'));
    },
  };
}

/** Of `/proc/net/route`: destination, gateway and mask are 32-bit numbers as this little-endian machine prints them. */
export function parseGateways(procNetRoute: string): string[] {
  return procNetRoute
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1] === ANY_4 && fields[7] === ANY_4 && fields[2] !== ANY_4)
    .sort((a, b) => Number(a[6]) - Number(b[6]))
    .flatMap(([, , gateway]) => (/^[0-9A-F]{8}$/.test(gateway ?? '') ? [address4(gateway ?? '')] : []));
}

/** Of `/proc/net/ipv6_route`: destination, its length, source, its length, next hop, metric, …, device. */
export function parseGateways6(procNetRoute: string): string[] {
  return procNetRoute
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[0] === ANY_6 && fields[1] === '00' && /^[0-9a-f]{32}$/.test(fields[4] ?? ''))
    .filter((fields) => fields[4] !== ANY_6)
    .sort((a, b) => Number.parseInt(a[5] ?? '', 16) - Number.parseInt(b[5] ?? '', 16))
    .map((fields) => {
      const address = (fields[4] ?? '').replace(/(.{4})(?!$)/g, '$1:');
      return address.startsWith('fe80') ? `${address}%${fields[9] ?? ''}` : address;
    });
}

const ANY_4 = '00000000';
const ANY_6 = '0'.repeat(32);

/** `010200C0` is 192.0.2.1. */
const address4 = (hex: string): string => [...Buffer.from(hex, 'hex')].toReversed().join('.');

async function readDevices(path: string): Promise<{ name: string; isVirtual: boolean }[] | undefined> {
  const names = await readdir(path).catch(() => undefined);
  return (
    names &&
    Promise.all(
      names
        .filter((name) => name !== 'lo')
        .map(async (name) => ({ name, isVirtual: await isVirtual(join(path, name)) })),
    )
  );
}

const isVirtual = async (path: string): Promise<boolean> =>
  (await readlink(path).catch(() => '')).includes('/devices/virtual/');
