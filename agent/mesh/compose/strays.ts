/**
 * Who was taken into the book and is met by nobody: told to the book as soon as somebody meets it, and forgotten
 * everywhere when the book drops it.
 */
import type { Clock } from '../../base/clock.ts';
import { type AuthorKey, peerIdOf } from '../identity/peer-id.ts';
import type { PeerManager } from '../peer-manager/peer-manager.ts';
import type { RecordBook } from '../records/record-book.ts';
import type { Spread } from '../spread/spread.ts';
import type { Acquaintance } from './acquaintance.ts';
import type { Directory } from './directory.ts';
import type { Keeping } from './keeping.ts';
import type { NameKeeper } from './name-keeper.ts';
import type { Whereabouts } from './whereabouts.ts';

export interface Strays {
  /** Names were met, or got other keys. */
  review(): void;
  /** Nodes stated edges to a key that has no name here. */
  stated(prefix: string, by: readonly string[]): void;
  /** The book dropped it. */
  dropped(author: AuthorKey): void;
  stop(): void;
}

/** What is made before and after this; looked at when something happens. */
export interface StraysParts {
  readonly book: Pick<RecordBook, 'meet' | 'hasRoomAgain'>;
  readonly spread: Pick<Spread, 'compareSoon'>;
  readonly directory: Pick<Directory, 'all'>;
  readonly acquaintance: Pick<Acquaintance, 'isMet' | 'isEnough'>;
  readonly names: Pick<NameKeeper, 'forgetAll'>;
  readonly peers: Pick<PeerManager, 'forget'>;
  readonly whereabouts: Pick<Whereabouts, 'forget'>;
  readonly keeping: Pick<Keeping, 'forget'>;
}

export interface StraysDeps {
  readonly clock: Clock;
  readonly parts: StraysParts;
  readonly connected: () => readonly { readonly peerId: string }[];
}

/**
 * An invented agent takes 10 KiB in all parts together. A cluster that grows by hundreds at once is learnt with the next
 * exchanges.
 */
export const STRANGERS = { maxStrangers: 512, strangersPerMet: 32 };

export function createStrays({ clock, parts, connected: connections }: StraysDeps): Strays {
  let goners: AuthorKey[] = [];
  let cancel: () => void = () => {};

  const forget = (): void => {
    const gone = goners;
    goners = [];
    const connected = new Set(connections().map(({ peerId }) => peerId));
    for (const author of gone) {
      const peerId = peerIdOf(author);
      if (!connected.has(peerId)) void parts.peers.forget(peerId);
      parts.whereabouts.forget(peerId);
      parts.keeping.forget(author);
    }
    parts.names.forgetAll(gone.map(peerIdOf));
  };
  return {
    review() {
      const { book, directory, acquaintance, spread } = parts;
      const met = [...directory.all()].filter(({ name }) => acquaintance.isMet(name));
      book.meet(
        met.map(({ prefix }) => prefix),
        clock.monotonic(),
      );
      if (book.hasRoomAgain()) spread.compareSoon();
    },
    stated(prefix, by) {
      const { book, acquaintance, spread } = parts;
      if (!acquaintance.isEnough(by)) return;
      book.meet([prefix], clock.monotonic());
      if (book.hasRoomAgain(prefix)) spread.compareSoon();
    },
    dropped(author) {
      // All that one exchange pushes out goes in one turn.
      if (goners.length === 0) cancel = clock.after(0, forget);
      goners.push(author);
    },
    stop: () => cancel(),
  };
}
