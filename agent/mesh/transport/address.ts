/** Addresses as text, `10.0.0.7:7576` or `[fd00::7]:7576`: one way to write each, so that they can be compared. */
import { SocketAddress, isIPv4, isIPv6 } from 'node:net';
import { formatEndpoint } from '../../base/endpoint.ts';

export interface Address {
  /** An IP address, in its shortest form. */
  readonly host: string;
  readonly family: 'ipv4' | 'ipv6';
  readonly port: number;
}

const MAPPED = '::ffff:';

/** Names, ports out of range and zones (`fe80::1%eth0`) are no addresses. An IPv4 address in IPv6 is the IPv4 address. */
export function parseAddress(text: string): Address | undefined {
  const match = /^(?:\[(?<six>[0-9a-fA-F:.]+)\]|(?<four>[0-9.]+)):(?<port>[0-9]{1,5})$/.exec(text)?.groups;
  if (match === undefined) return undefined;
  const port = Number(match['port']);
  if (port > 65_535) return undefined;
  return addressOf(match['six'] ?? match['four'] ?? '', port);
}

/** The address of a host given alone. */
export function addressOf(host: string, port: number): Address | undefined {
  if (isIPv4(host)) return { host, family: 'ipv4', port };
  if (!isIPv6(host) || host.includes('%')) return undefined;
  const short = new SocketAddress({ address: host, family: 'ipv6' }).address;
  const mapped = short.startsWith(MAPPED) ? short.slice(MAPPED.length) : '';
  return isIPv4(mapped) ? { host: mapped, family: 'ipv4', port } : { host: short, family: 'ipv6', port };
}

export const formatAddress = (address: Address): string => formatEndpoint(address);

/** The one way to write an address, if it is one. */
export function canonicalAddress(text: string): string | undefined {
  const address = parseAddress(text);
  return address === undefined ? undefined : formatAddress(address);
}

export const isLoopback = ({ host, family }: Address): boolean =>
  family === 'ipv4' ? host.startsWith('127.') : host === '::1';

/** Addresses that mean "any", "everybody" or need a zone to be reached. */
export function isUndialable({ host, family, port }: Address): boolean {
  if (port === 0) return true;
  if (family === 'ipv6') return host === '::' || /^ff/i.test(host) || /^fe[89ab]/i.test(host);
  const first = Number(host.split('.')[0]);
  return first === 0 || first >= 224;
}
