/** Members that say where they are, and are nowhere where this agent could look: it says nothing of them. */
import type { Directory } from './directory.ts';

export interface Apart {
  /** The addresses or the names of these agents may be others now; by default of all. */
  look(peerIds?: Iterable<string>): void;
}

export interface ApartDeps {
  readonly directory: Pick<Directory, 'all' | 'byPeerId'>;
  readonly isApart: (peerId: string) => boolean;
  /** Called with all names when they are others than before. */
  readonly tell: (members: ReadonlySet<string>) => void;
}

export function createApart({ directory, isApart, tell }: ApartDeps): Apart {
  let apart: ReadonlySet<string> = new Set();
  return {
    look(peerIds = [...directory.all()].map(({ peerId }) => peerId)) {
      const now = new Set(apart);
      for (const peerId of peerIds) {
        const name = directory.byPeerId(peerId)?.name;
        if (name === undefined) continue;
        if (isApart(peerId)) now.add(name);
        else now.delete(name);
      }
      if (now.size === apart.size && now.isSubsetOf(apart)) return;
      apart = now;
      tell(now);
    },
  };
}
