/**
 * What follows when somebody was removed from the cluster: its name is free, nobody expects, dials or probes it, and
 * what it said of itself is dropped. Its events stay: they happened.
 *
 * A tombstone speaks of one side of a partition. Who is here all the same stays until it has claimed its name anew,
 * which it does as soon as it hears of its tombstone, or until it is gone from here, too.
 */
import type { Logger } from '../../base/log.ts';
import { type Tombstone, TOMBSTONE, decodeTombstone } from '../codec/tombstone.ts';
import { type AuthorKey, peerIdOf } from '../identity/peer-id.ts';
import type { PeerManager } from '../peer-manager/peer-manager.ts';
import type { RecordBook } from '../records/record-book.ts';
import type { BookRecord } from '../records/record.ts';
import type { Directory } from './directory.ts';
import { payloadOf } from './payload-of.ts';
import type { Keeping } from './keeping.ts';
import type { NameKeeper } from './name-keeper.ts';
import type { Roll } from './roll.ts';
import type { Whereabouts } from './whereabouts.ts';

export interface Removals {
  /** A record that was taken into the book just now; only tombstones matter. */
  hear(record: BookRecord): void;
  /** Members came or went. */
  review(): void;
}

export interface RemovalsDeps {
  /** The own key. */
  readonly peerId: string;
  readonly log: Logger;
  readonly book: Pick<RecordBook, 'buriedUpTo' | 'forget'>;
  readonly directory: Pick<Directory, 'byPeerId'>;
  readonly names: Pick<NameKeeper, 'claims' | 'forget'>;
  readonly component: () => ReadonlySet<string>;
  readonly roll: Pick<Roll, 'removed'>;
  readonly peers: Pick<PeerManager, 'forget'>;
  readonly whereabouts: Pick<Whereabouts, 'forget'>;
  readonly keeping: Pick<Keeping, 'forget'>;
}

export function createRemovals(deps: RemovalsDeps): Removals {
  const { book, directory, names, log } = deps;
  /** Buried, and here all the same; by PeerId. */
  const present = new Map<string, Pick<Tombstone, 'name' | 'author'>>();

  const remove = (name: string, author: AuthorKey, peerId: string): void => {
    deps.roll.removed(peerId);
    names.forget(name, peerId);
    void deps.peers.forget(peerId);
    deps.whereabouts.forget(peerId);
    book.forget(author);
    deps.keeping.forget(author);
    log.info({ name, peer: peerId }, 'a member was removed from the cluster');
  };
  /** Nothing where the agent has claimed its name anew, or is called otherwise by now. */
  const bury = ({ name, author }: Pick<Tombstone, 'name' | 'author'>): void => {
    const peerId = peerIdOf(author);
    present.delete(peerId);
    const claim = names.claims(name).find((one) => one.peerId === peerId);
    const buriedUpTo = book.buriedUpTo(author, name) ?? -1;
    if (claim !== undefined && claim.generation > buriedUpTo) return;
    const held = directory.byPeerId(peerId)?.name ?? name;
    if (held !== name) names.forget(name, peerId);
    else if (deps.component().has(name) && claim !== undefined) present.set(peerId, { name, author });
    else remove(name, author, peerId);
  };

  return {
    hear(record) {
      const stone = record.type === TOMBSTONE ? decodeTombstone(payloadOf(record)) : undefined;
      if (stone !== undefined && peerIdOf(stone.author) !== deps.peerId) bury(stone);
    },
    review() {
      const stones = [...present.values()];
      for (const stone of stones) bury(stone);
    },
  };
}
