/** Whom to hold a connection to: the names that membership chose, as the peer manager knows them. */
import type { PeerManager } from '../peer-manager/peer-manager.ts';
import type { Directory } from './directory.ts';

export interface Neighbours {
  /** Nothing is done where it is the same array as before. */
  follow(names: readonly string[]): void;
  /** The same names may have other keys now. */
  renew(): void;
  has(peerId: string): boolean;
}

export function createNeighbours(
  directory: Pick<Directory, 'byName'>,
  peers: Pick<PeerManager, 'setNeighbours'>,
): Neighbours {
  let followed: readonly string[] = [];
  let peerIds: ReadonlySet<string> = new Set();
  const renew = (): void => {
    peerIds = new Set(followed.flatMap((name) => directory.byName(name)?.peerId ?? []));
    peers.setNeighbours([...peerIds]);
  };
  return {
    follow(names) {
      if (names === followed) return;
      followed = names;
      renew();
    },
    renew,
    has: (peerId) => peerIds.has(peerId),
  };
}
