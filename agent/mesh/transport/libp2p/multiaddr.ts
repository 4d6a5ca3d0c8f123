/** Between our addresses and libp2p's. */
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr';
import { type Address, addressOf, formatAddress } from '../address.ts';

export function toMultiaddr({ host, family, port }: Address, peerId?: string): Multiaddr {
  const suffix = peerId === undefined ? '' : `/p2p/${peerId}`;
  return multiaddr(`/${family === 'ipv4' ? 'ip4' : 'ip6'}/${host}/tcp/${port}${suffix}`);
}

/** Our way to write it; what is no TCP over IP is left as libp2p writes it. */
export function fromMultiaddr(address: Multiaddr): string {
  const parts = address.getComponents();
  const valueOf = (name: string): string | undefined => parts.find((part) => part.name === name)?.value;
  const ours = addressOf(valueOf('ip4') ?? valueOf('ip6') ?? '', Number(valueOf('tcp')));
  return ours === undefined ? address.toString() : formatAddress(ours);
}
