/** Addresses of clients, as the limits and the access rules compare them. */

/** A v4 address that came in on a dual-stack socket is written as v4. */
export const plainAddress = (address: string): string =>
  address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;

export function isLoopback(address: string): boolean {
  const plain = plainAddress(address);
  return plain.startsWith('127.') || plain === '::1';
}

/** One client for the limits: a v4 address, or the /64 of a v6 address, of which a host has as many as it likes. */
export function clientOf(address: string): string {
  const plain = plainAddress(address);
  if (!plain.includes(':')) return plain;
  const [head = ''] = plain.split('::', 1);
  return head.split(':').slice(0, 4).join(':');
}
