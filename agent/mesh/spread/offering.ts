/** What a neighbour may lack, as far as its HELLO and its HASHES tell. */
import type { Clock } from '../../base/clock.ts';
import { EVENT } from '../codec/event.ts';
import { BUCKETS, bucketOf, differingBuckets } from '../records/bucket-hashes.ts';
import type { LogExtent, RecordBook } from '../records/record-book.ts';
import { type RecordId, idText } from '../records/record-id.ts';
import { type BookRecord, idOf } from '../records/record.ts';
import { type ContentHashes, allRecords, bucketOfPrefix, isPlainRecord } from './content-hashes.ts';
import type { Hashes } from './hashes-frame.ts';
import type { Hello } from './hello-frame.ts';
import type { Offer } from './offer-frame.ts';
import type { Want } from './want-frame.ts';
import { FULL_LIST_RECORDS, MAX_EXTENTS, MAX_IDS } from './protocol.ts';

export interface OfferingDeps {
  readonly book: RecordBook;
  readonly hashes: ContentHashes;
  readonly clock: Clock;
  /** From 0 to 1, 1 excluded. */
  readonly random: () => number;
}

export interface Neighbour {
  readonly peerId: string;
  readonly hello: Hello;
  readonly hashes: Hashes | undefined;
  /** Ids as text that it offered itself in this exchange. */
  readonly has: ReadonlySet<string>;
}

export async function makeOffer(neighbour: Neighbour, deps: OfferingDeps): Promise<Offer> {
  // What arrives from here on is for the next time.
  const cursor = deps.book.head();
  const listed = listSinceCursor(neighbour, deps.book);
  if (neighbour.hashes === undefined) {
    if (listed === undefined) return { cursor: 0, reset: true, more: false, ids: [], extents: [] };
    return { cursor, reset: false, more: false, ids: idsFor(neighbour, listed), extents: [] };
  }
  const compared = await compare(neighbour.hashes, deps);
  const ids = idsFor(neighbour, [...new Set([...(listed ?? []), ...compared.records])]);
  return {
    cursor,
    reset: false,
    more: ids.length > MAX_IDS || compared.extents.length > MAX_EXTENTS,
    ids: ids.slice(0, MAX_IDS),
    extents: compared.extents.slice(0, MAX_EXTENTS),
  };
}

/** Undefined: the cursor is of no use, or too much came since. */
function listSinceCursor({ peerId, hello }: Neighbour, book: RecordBook): readonly BookRecord[] | undefined {
  const { cursor } = hello;
  if (cursor !== undefined && cursor.epoch === book.epoch && cursor.offset <= book.head()) {
    const since = book.since(cursor.offset, MAX_IDS + 1);
    // Who reads on from a cursor has not forgotten what it brought itself.
    return since.length > MAX_IDS ? undefined : since.filter(({ from }) => from !== peerId);
  }
  const all = book.since(0, FULL_LIST_RECORDS + 1);
  return all.length > FULL_LIST_RECORDS ? undefined : all;
}

const idsFor = ({ has }: Neighbour, records: readonly BookRecord[]): RecordId[] =>
  records.map(idOf).filter((id) => has.size === 0 || !has.has(idText(id)));

interface Compared {
  readonly records: readonly BookRecord[];
  readonly extents: readonly LogExtent[];
}

/** What there is in buckets that differ. Begins at a random one, so that none waits for ever behind the bound. */
async function compare(theirs: Hashes, { book, hashes, clock, random }: OfferingDeps): Promise<Compared> {
  const first = Math.floor(random() * BUCKETS);
  const place = (bucket: number): number => (bucket + BUCKETS - first) % BUCKETS;
  const reports = new Set(differingBuckets(book.bucketHashes(), theirs.reports));
  const others = new Set(differingBuckets(await hashes.of(book), theirs.others));
  if (reports.size + others.size === 0) return { records: [], extents: [] };
  const records: BookRecord[] = [];
  for await (const page of allRecords(book, clock)) {
    for (const record of page) {
      const buckets = isPlainRecord(record) ? others : reports;
      if (record.type !== EVENT && buckets.has(bucketOf(record.author))) records.push(record);
    }
  }
  return {
    records: records.sort((one, other) => place(bucketOf(one.author)) - place(bucketOf(other.author))),
    extents: book
      .logs()
      .filter(({ author, head }) => head > 0 && others.has(bucketOfPrefix(author)))
      .sort((one, other) => place(bucketOfPrefix(one.author)) - place(bucketOfPrefix(other.author))),
  };
}

/** The envelopes for which a neighbour asked, one at a time: a batch is never made before there is room for it. */
export function* requested({ ids }: Offer, want: Want, book: RecordBook): Generator<BookRecord> {
  for (const [index, id] of ids.entries()) {
    const record = want.wanted[index] === true ? book.find(id) : undefined;
    if (record !== undefined) yield record;
  }
  for (const { author, epoch, lowest, count } of want.ranges) {
    // The newest first: they matter most, and a log that is full takes no older ones.
    for (let sequence = lowest + count - 1; sequence >= lowest; sequence -= 1) {
      const record = book.find({ author, type: EVENT, run: epoch, sequence });
      if (record !== undefined) yield record;
    }
  }
}
