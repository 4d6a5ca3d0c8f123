/** What agents have pinned to the board, decoded when somebody asks and not again. */
import type { Clock } from '../../base/clock.ts';
import { type Board, type Telling, TOPICS, type Topic } from '../../model/board.ts';
import { decodeNote } from '../codec/note.ts';
import { type AuthorKey, prefixOf } from '../identity/peer-id.ts';
import type { OfferResult } from '../records/offer.ts';
import type { RecordBook } from '../records/record-book.ts';
import type { BookRecord } from '../records/record.ts';
import { payloadOf } from './payload-of.ts';

export interface PinBoard extends Board {
  /** A record that was taken into the book just now; only notes matter. */
  hear(record: BookRecord): void;
  /** The run before has been taken up. */
  recalled(): void;
}

export interface PinBoardDeps {
  readonly self: { readonly name: string; readonly prefix: string };
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly book: Pick<RecordBook, 'latest' | 'allLatest'>;
  readonly nameOf: (prefix: string) => string | undefined;
  /** Names of members: who was never met has no say. */
  readonly isMet: (name: string) => boolean;
  readonly isInComponent: (name: string) => boolean;
  /** Undefined: this agent may not speak yet. */
  readonly tell: (topic: Topic, items: readonly unknown[]) => OfferResult | 'too-long' | undefined;
  /** A note of somebody else was heard. */
  readonly onNews: () => void;
}

export function createPinBoard(deps: PinBoardDeps): PinBoard {
  const { self, clock, book, nameOf } = deps;
  /** Topic → prefix → author: of thousands of agents a few write on each. */
  const authors = new Map<string, Map<string, AuthorKey>>(TOPICS.map((topic) => [topic, new Map()]));
  const decoded = new WeakMap<BookRecord, readonly unknown[]>();
  const read = (record: BookRecord): readonly unknown[] => {
    const items = decoded.get(record) ?? decodeNote(payloadOf(record)) ?? [];
    decoded.set(record, items);
    return items;
  };
  const note = ({ type, author }: BookRecord): boolean => {
    const known = authors.get(type);
    known?.set(prefixOf(author), author);
    return known !== undefined;
  };
  return {
    hear(record) {
      if (note(record) && prefixOf(record.author) !== self.prefix) deps.onNews();
    },
    recalled() {
      for (const topic of TOPICS) book.allLatest(topic).forEach(note);
    },
    tell(topic, items) {
      const result = deps.tell(topic, items);
      return typeof result === 'object' ? TELLINGS[result.kind] : (result ?? 'not-yet');
    },
    notes(topic) {
      const known = authors.get(topic) ?? new Map<string, AuthorKey>();
      return [...known].flatMap(([prefix, author]) => {
        const record = book.latest(author, topic);
        // What was said by who was removed from the cluster went with it.
        if (record === undefined) known.delete(prefix);
        const isOwn = prefix === self.prefix;
        const node = isOwn ? self.name : nameOf(prefix);
        if (record === undefined || node === undefined || !(isOwn || deps.isMet(node))) return [];
        const ageMs = Math.max(0, clock.monotonic() - record.madeAt);
        return { node, isOwn, isCurrent: isOwn || deps.isInComponent(node), ageMs, items: read(record) };
      });
    },
  };
}

const TELLINGS: Readonly<Record<OfferResult['kind'], Telling>> = {
  accepted: 'told',
  known: 'told',
  old: 'busy',
  rejected: 'busy',
  ignored: 'busy',
};
