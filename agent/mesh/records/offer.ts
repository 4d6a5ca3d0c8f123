/** What becomes of an envelope that is offered to the book. */
import { REPORT } from '../codec/report.ts';
import type { PeekedHeader } from '../codec/header.ts';
import type { Envelope } from '../envelope/envelope.ts';
import type { RejectReason, Verifier } from '../envelope/verifier.ts';
import type { ArrivalLog } from './arrival-log.ts';
import { type Author, type AuthorIndex, type AuthorRefusal, latestOf } from './authors.ts';
import { peerIdOf, prefixOf } from '../identity/peer-id.ts';
import type { BucketHashes } from './bucket-hashes.ts';
import type { BookLimits } from './limits.ts';
import type { BookRecord, KeptRecord } from './record.ts';
import type { Place, Strangers } from './strangers.ts';
import type { Tombstones } from './tombstones.ts';

/**
 * Why an envelope is left alone although nothing is wrong with it.
 *
 * - `rate`: its author says too much
 * - `equivocation`: its author said something else under the same number, and the first holds
 * - `tombstoned`: its author was removed from the cluster
 * - `too-many-authors`, `prefix-taken`, `too-many-types`, `log-full`: there is no room for it
 */
export type IgnoreReason = AuthorRefusal | 'rate' | 'equivocation' | 'tombstoned' | 'too-many-types' | 'log-full';

export type OfferResult =
  | {
      /** It is kept and should be told on. */
      readonly kind: 'accepted';
      readonly record: BookRecord;
      /** More than ages and figures is new. */
      readonly contentChanged: boolean;
    }
  /** Something newer is held. */
  | { readonly kind: 'old' }
  /** The very same is held. */
  | { readonly kind: 'known' }
  /** Whoever brought it did wrong: no agent that keeps the rules relays it. */
  | { readonly kind: 'rejected'; readonly why: RejectReason }
  | { readonly kind: 'ignored'; readonly why: IgnoreReason };

export interface Offer {
  readonly bytes: Uint8Array;
  readonly envelope: Envelope;
  readonly header: PeekedHeader;
  readonly from: string;
  /** Monotonic ms. */
  readonly now: number;
  readonly madeAt: number;
}

/** What all kinds of offers work on. */
export interface Shelves {
  readonly limits: BookLimits;
  readonly verifier: Verifier;
  readonly authors: AuthorIndex;
  readonly arrivals: ArrivalLog;
  readonly hashes: BucketHashes;
  readonly tombstones: Tombstones;
  readonly strangers: Strangers;
  /** Called with a stranger that had to go for another author. */
  readonly onDropped: (author: Author) => void;
}

export const OLD: OfferResult = { kind: 'old' };
export const KNOWN: OfferResult = { kind: 'known' };
export const ignored = (why: IgnoreReason): OfferResult => ({ kind: 'ignored', why });

type AboutAuthor = Pick<Offer, 'envelope' | 'from'>;

/** Why the author is not taken in; undefined: it is here, or there is a place for it. */
export function authorRefusal(shelves: Shelves, offer: AboutAuthor): AuthorRefusal | undefined {
  const refused = shelves.authors.refusal(offer.envelope.author);
  if (refused === 'prefix-taken' || shelves.authors.get(offer.envelope.author) !== undefined) return refused;
  return placeOf(shelves, offer) === undefined ? 'too-many-authors' : undefined;
}

/** Takes the author in, unless it is here. Ask {@link authorRefusal} before, and look at the signature. */
export function admitAuthor(shelves: Shelves, { envelope, from, now }: Offer): Author {
  const { authors, strangers } = shelves;
  if (authors.get(envelope.author) === undefined) {
    const place = placeOf(shelves, { envelope, from });
    const goner = typeof place === 'object' ? authors.withPrefix(place.insteadOf) : undefined;
    if (goner !== undefined) {
      shelves.onDropped(goner);
      dropAuthor(shelves, goner);
    }
    strangers.add(prefixOf(envelope.author), from);
  }
  return authors.admit(envelope.author, now);
}

function placeOf({ strangers, authors, limits }: Shelves, { envelope, from }: AboutAuthor): Place | undefined {
  return strangers.placeFor(prefixOf(envelope.author), {
    bringer: from,
    isOwn: from === peerIdOf(envelope.author),
    isFull: authors.count() >= limits.maxAuthors,
  });
}

/** With all that it said; only what it said of others stays. */
export function dropAuthor({ authors, arrivals, hashes, strangers }: Shelves, author: Author): void {
  const report = latestOf(author, REPORT);
  if (report !== undefined) hashes.toggle(report);
  for (const record of author.latest) arrivals.remove(record);
  for (const { records } of author.logs) for (const record of records) arrivals.remove(record);
  authors.remove(author);
  strangers.remove(author.prefix);
  arrivals.skip();
}

/** A record with bytes of its own: what was received is a view into a larger buffer. */
export const recordOf = ({ bytes, header, from, madeAt }: Offer, author: Uint8Array, type: string): KeptRecord => ({
  author,
  type,
  boot: header.boot,
  sequence: header.sequence,
  contentSequence: header.contentSequence,
  epoch: undefined,
  bytes: Uint8Array.from(bytes),
  from,
  madeAt,
  offset: 0,
});

/** True when the author is buried and has not claimed a later generation. */
export function isBuried({ tombstones, authors }: Shelves, { envelope, header }: Offer, generation?: number): boolean {
  const upTo = tombstones.buriedUpTo(envelope.author, header.node);
  return upTo !== undefined && upTo >= (generation ?? authors.get(envelope.author)?.generation ?? 0);
}

/** Same number, other bytes: the same payload signed again, two truths, or a forgery. */
export function judgeTwin(shelves: Shelves, offer: Offer, held: BookRecord, count: () => void): OfferResult {
  if (Buffer.compare(held.bytes, offer.bytes) === 0) return KNOWN;
  const verified = shelves.verifier.verify(offer.bytes);
  if (!verified.ok) return { kind: 'rejected', why: verified.why };
  const { payload } = offer.envelope;
  if (Buffer.compare(held.bytes.subarray(held.bytes.length - payload.length), payload) === 0) return KNOWN;
  count();
  return ignored('equivocation');
}
