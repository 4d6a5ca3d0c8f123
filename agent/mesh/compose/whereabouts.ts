/** Where peers are: by their own word, else where they answered. */
import type { PeerManager } from '../peer-manager/peer-manager.ts';
import { type Address, formatAddress, isLoopback, isUndialable, parseAddress } from '../transport/address.ts';
import type { OwnAddresses } from './addresses.ts';

export interface Whereabouts {
  /** A peer's report says where it listens. Returns whether that is new. */
  announced(peerId: string, addresses: readonly string[]): boolean;
  /**
   * Where to look for a peer. Of several addresses only those that are its alone: one that many announce (`docker0` has
   * 172.17.0.1 on every machine, a virtual address moves from host to host), or that this machine has too, says nothing
   * of the peer when somebody answers there.
   */
  of(peerId: string): readonly string[];
  announcedBy(peerId: string): readonly string[];
  /** It has said where it is, and none of that can be reached from here: no address family in common, or it is here. */
  isApart(peerId: string): boolean;
  forget(peerId: string): void;
  /** This agent's own addresses are others now. */
  moved(): void;
}

export interface WhereaboutsDeps {
  readonly peers: Pick<PeerManager, 'learn' | 'retract' | 'addressesOf'>;
  readonly own: () => OwnAddresses;
  /** Whether it holds the name of a node: keys of earlier lives announced the same addresses. */
  readonly isKnown: (peerId: string) => boolean;
}

export function createWhereabouts({ peers, own, isKnown }: WhereaboutsDeps): Whereabouts {
  const announced = new Map<string, readonly string[]>();
  const claims = new Map<string, Set<string>>();
  const announcedBy = (peerId: string): readonly string[] => announced.get(peerId) ?? [];

  const claim = (peerId: string, addresses: readonly string[]): void => {
    for (const address of addresses) claims.set(address, (claims.get(address) ?? new Set()).add(peerId));
  };
  const release = (peerId: string, addresses: readonly string[]): void => {
    for (const address of addresses) {
      const claimants = claims.get(address);
      claimants?.delete(peerId);
      if (claimants?.size === 0) claims.delete(address);
    }
  };
  const all = (peerId: string): readonly string[] => {
    const said = announcedBy(peerId);
    return said.length > 0 ? said : peers.addressesOf(peerId);
  };
  const isAmbiguous = (address: Address, peerId: string): boolean => {
    const others = [...(claims.get(formatAddress(address)) ?? [])].filter(
      (other) => other !== peerId && isKnown(other),
    );
    return others.length > 0 || own().isHere(address);
  };
  const of = (peerId: string): readonly string[] => {
    const usable = all(peerId).flatMap((text) => {
      const address = parseAddress(text);
      return address !== undefined && isUsable(address, own()) ? address : [];
    });
    const unambiguous = usable.filter((address) => !isAmbiguous(address, peerId));
    return (unambiguous.length > 0 ? unambiguous : usable).map(formatAddress);
  };
  return {
    announced(peerId, addresses) {
      const before = announcedBy(peerId);
      if (before.join() === addresses.join()) return false;
      release(peerId, before);
      announced.set(peerId, addresses);
      claim(peerId, addresses);
      // Where it was is somebody else's by now, or nobody's.
      peers.retract(
        peerId,
        before.filter((address) => !addresses.includes(address)),
      );
      peers.learn(peerId, addresses);
      return true;
    },
    of,
    announcedBy,
    isApart: (peerId) => announcedBy(peerId).length > 0 && of(peerId).length === 0,
    forget(peerId) {
      release(peerId, announcedBy(peerId));
      announced.delete(peerId);
    },
    moved() {
      for (const [peerId, addresses] of announced) peers.learn(peerId, addresses);
    },
  };
}

/** What this agent announces itself is never where another one is looked for. */
function isUsable(address: Address, { families, onLoopback, announced, listening }: OwnAddresses): boolean {
  const text = formatAddress(address);
  if (isUndialable(address) || announced.includes(text) || listening.includes(text)) return false;
  return families.has(address.family) && (onLoopback || !isLoopback(address));
}
