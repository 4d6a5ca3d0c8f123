/** Addresses of this node from which its default routes lead. */
import { createSocket } from 'node:dgram';

/** Of the documentation (RFC 5737, RFC 3849): no more specific route leads there, and nothing is ever sent. */
const FAR = { udp4: '192.0.2.1', udp6: '2001:db8::1' } as const;
const ANY_PORT = 9;
const LOOPBACK = '127.0.0.1';

/** IP literals, IPv4 first; loopback alone where there is no default route. */
export async function defaultAddresses(): Promise<readonly string[]> {
  const found = await Promise.all([sourceOf('udp4'), sourceOf('udp6')]);
  const addresses = found.filter((address) => address !== undefined);
  return addresses.length > 0 ? addresses : [LOOPBACK];
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
      finish(/^(fe[89ab]|::$)/i.test(address) ? undefined : address);
    });
  });
}
