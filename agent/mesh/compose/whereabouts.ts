/** Where peers are: by their own word, else where they answered. */
import type { PeerManager } from '../peer-manager/peer-manager.ts';

export interface Whereabouts {
  /** A peer's report says where it listens. Returns whether that is new. */
  announced(peerId: string, addresses: readonly string[]): boolean;
  of(peerId: string): readonly string[];
  announcedBy(peerId: string): readonly string[];
}

export function createWhereabouts(peers: Pick<PeerManager, 'learn' | 'exportBook'>): Whereabouts {
  const announced = new Map<string, readonly string[]>();
  const announcedBy = (peerId: string): readonly string[] => announced.get(peerId) ?? [];
  return {
    announced(peerId, addresses) {
      if (announcedBy(peerId).join() === addresses.join()) return false;
      announced.set(peerId, addresses);
      peers.learn(peerId, addresses);
      return true;
    },
    of(peerId) {
      const own = announcedBy(peerId);
      return own.length > 0 ? own : (peers.exportBook().find((entry) => entry.peerId === peerId)?.addresses ?? []);
    },
    announcedBy,
  };
}
