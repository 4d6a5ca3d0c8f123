/** Addresses that nobody is asked at whose address was only heard of: by them a node would be made to ask itself, or its cloud. */
import { BlockList, isIP } from 'node:net';

/** RFC 6890: this host, loopbacks, link-local (metadata of clouds), multicast and what is above, IPv4 within IPv6. */
const SPECIAL = {
  ipv4: netsOf('ipv4', ['0.0.0.0', 8], ['127.0.0.0', 8], ['169.254.0.0', 16], ['224.0.0.0', 3]),
  // A list of both would take all of IPv4 for a part of IPv6.
  ipv6: netsOf('ipv6', ['::', 96], ['::ffff:0:0', 96], ['fe80::', 10], ['ff00::', 8]),
};

function netsOf(family: 'ipv4' | 'ipv6', ...nets: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList();
  for (const [net, prefix] of nets) list.addSubnet(net, prefix, family);
  return list;
}

/** @param address without brackets; false for a name */
export function isSpecialAddress(address: string): boolean {
  const version = isIP(address);
  if (version === 0) return false;
  const family = version === 6 ? 'ipv6' : 'ipv4';
  return SPECIAL[family].check(address, family);
}
