/**
 * A record book that shares the bytes of all envelopes with every other book of the simulation. It answers what sync and
 * broadcast ask as the product's book does, for reports, bindings and events of members that were there from the start.
 *
 * What it leaves out: signatures are not checked (the cost model counts them), nothing is limited in rate or number,
 * nothing is buried, and every author has one event log, which is never cut.
 */
import { BINDING } from '../../agent/mesh/codec/binding.ts';
import { EVENT } from '../../agent/mesh/codec/event.ts';
import { REPORT } from '../../agent/mesh/codec/report.ts';
import { type AuthorKey, prefixOf } from '../../agent/mesh/identity/peer-id.ts';
import { BucketHashes, bucketOf } from '../../agent/mesh/records/bucket-hashes.ts';
import type { OfferResult } from '../../agent/mesh/records/offer.ts';
import type { LogExtent, RecordBook } from '../../agent/mesh/records/record-book.ts';
import type { RecordId } from '../../agent/mesh/records/record-id.ts';
import { type BookRecord, compareOrder } from '../../agent/mesh/records/record.ts';
import type { Content, Contents } from './contents.ts';

/** What every book of a simulation holds at its begin, in one order. */
export interface Beginning {
  readonly records: readonly BookRecord[];
  /** Numbers of their contents, in the same order. */
  readonly contents: readonly number[];
  readonly bucketHashes: BucketHashes;
}

const NOTHING = 0;
const STATE_TYPES = [REPORT, BINDING];

export function createBeginning(contents: Contents, envelopes: readonly Uint8Array[]): Beginning {
  const bucketHashes = new BucketHashes();
  const list = envelopes.flatMap((bytes) => contents.read(bytes) ?? []);
  for (const content of list) if (content.type === REPORT) bucketHashes.toggle({ ...content, author: content.key });
  return {
    records: list.map((content, index) => recordOf(content, 'disk', 0, index + 1)),
    contents: list.map(({ number }) => number),
    bucketHashes,
  };
}

export const createThinBook = (epoch: string, contents: Contents, beginning: Beginning): RecordBook =>
  new SharingBook(epoch, contents, beginning);

const recordOf = (content: Content, from: string, madeAt: number, offset: number): BookRecord => ({
  author: content.key,
  type: content.type,
  boot: content.boot,
  sequence: content.sequence,
  contentSequence: content.contentSequence,
  epoch: content.epoch,
  bytes: content.bytes,
  from,
  madeAt,
  offset,
});

class SharingBook implements RecordBook {
  readonly epoch: string;
  readonly #contents: Contents;
  readonly #beginning: Beginning;
  /** By author: the offset of what is held of a type; 0: nothing. */
  readonly #held: readonly Uint32Array[];
  /** What changed of the hashes since the beginning. */
  readonly #hashes = new BucketHashes();
  /** By place in the order of arrival, after the beginning; undefined where it was replaced. */
  readonly #arrived: (BookRecord | undefined)[] = [];
  /** Author → its events that are here, by place. */
  readonly #events = new Map<number, Map<number, BookRecord>>();
  readonly #others = new Map<string, BookRecord>();

  constructor(epoch: string, contents: Contents, beginning: Beginning) {
    this.epoch = epoch;
    this.#contents = contents;
    this.#beginning = beginning;
    this.#held = STATE_TYPES.map(() => new Uint32Array(contents.authors()));
    for (const [index, number] of beginning.contents.entries()) {
      const { author, type } = contents.at(number);
      const held = this.#held[STATE_TYPES.indexOf(type)];
      if (held !== undefined) held[author] = index + 1;
    }
  }

  head(): number {
    return this.#beginning.records.length + this.#arrived.length;
  }

  offer(bytes: Uint8Array, from: string, now: number, ageMs = 0): OfferResult {
    const content = this.#contents.read(bytes);
    if (content === undefined) return { kind: 'rejected', why: 'undecodable' };
    const madeAt = now - Math.max(0, ageMs);
    return content.type === EVENT ? this.#offerEvent(content, from, madeAt) : this.#offerState(content, from, madeAt);
  }

  since(offset: number, limit: number): readonly BookRecord[] {
    const { records } = this.#beginning;
    const found: BookRecord[] = [];
    for (let index = offset; index < records.length && found.length < limit; index += 1) {
      const record = records[index];
      if (record !== undefined && this.#stands(index, record.type)) found.push(record);
    }
    for (
      let index = Math.max(0, offset - records.length);
      index < this.#arrived.length && found.length < limit;
      index += 1
    ) {
      const record = this.#arrived[index];
      if (record !== undefined) found.push(record);
    }
    return found;
  }

  wants(id: RecordId): boolean {
    if (id.type === EVENT) return this.find(id) === undefined;
    const held = this.#latest(id.author, id.type);
    return held === undefined || compareOrder({ boot: Number(id.run), sequence: id.sequence }, held) > 0;
  }

  meet(): void {}

  hasRoomAgain(): boolean {
    return false;
  }

  disown(): void {}

  find(id: RecordId): BookRecord | undefined {
    if (id.type === EVENT) {
      const author = this.#contents.authorOf(id.author);
      const record = author === undefined ? undefined : this.#events.get(author)?.get(id.sequence);
      return record?.epoch === id.run ? record : undefined;
    }
    const held = this.#latest(id.author, id.type);
    if (held === undefined) return undefined;
    return compareOrder({ boot: Number(id.run), sequence: id.sequence }, held) <= 0 ? held : undefined;
  }

  latest(author: AuthorKey, type: string): BookRecord | undefined {
    return this.#latest(prefixOf(author), type);
  }

  bucketHashes(): Uint8Array {
    const before = this.#beginning.bucketHashes.snapshot();
    return this.#hashes.snapshot().map((byte, index) => byte ^ (before[index] ?? 0));
  }

  logs(): readonly LogExtent[] {
    return [...this.#events].map(([author, records]) => {
      const [first] = records.values();
      const head = Math.max(...records.keys());
      return {
        author: prefixOf(this.#contents.keyOf(author)),
        epoch: first?.epoch ?? '',
        floor: 1,
        head,
        count: records.size,
      };
    });
  }

  missingEvents(theirs: Omit<LogExtent, 'count'>, limit: number): readonly RecordId[] {
    const missing: RecordId[] = [];
    for (let sequence = theirs.head; sequence >= Math.max(1, theirs.floor) && missing.length < limit; sequence -= 1) {
      const id = { author: theirs.author, type: EVENT, run: theirs.epoch, sequence };
      if (this.find(id) === undefined) missing.push(id);
    }
    return missing;
  }

  events(author: AuthorKey): readonly BookRecord[] {
    const number = this.#contents.authorOf(prefixOf(author));
    const records = number === undefined ? undefined : this.#events.get(number);
    return [...(records?.values() ?? [])].sort((a, b) => a.sequence - b.sequence);
  }

  allLatest(type: string): readonly BookRecord[] {
    const held = this.#held[STATE_TYPES.indexOf(type)] ?? new Uint32Array();
    return [...held].flatMap((offset) => this.#at(offset) ?? []);
  }

  reportsInBucket(bucket: number): readonly BookRecord[] {
    return this.allLatest(REPORT).filter(({ author }) => bucketOf(author) === bucket);
  }

  // Whoever judges nobody has no use for the rest.
  attest(): void {}

  attestedBoot(): number {
    return 0;
  }

  freshness(): 'none' {
    return 'none';
  }

  buriedUpTo(): undefined {}

  lastBuried(): number {
    return -1;
  }

  grave(): undefined {}

  forget(): void {}

  expire(): void {}

  stats(): never {
    throw new Error('a thin book counts nothing');
  }

  #latest(prefix: string, type: string): BookRecord | undefined {
    const author = this.#contents.authorOf(prefix);
    if (author === undefined) return undefined;
    const held = this.#held[STATE_TYPES.indexOf(type)];
    if (held === undefined) return this.#others.get(`${author}/${type}`);
    return this.#at(held[author] ?? NOTHING);
  }

  #at(offset: number): BookRecord | undefined {
    if (offset === NOTHING) return undefined;
    const { records } = this.#beginning;
    return offset <= records.length ? records[offset - 1] : this.#arrived[offset - records.length - 1];
  }

  /** Whether a record of the beginning was not replaced. */
  #stands(index: number, type: string): boolean {
    const { author } = this.#contents.at(this.#beginning.contents[index] ?? 0);
    return this.#held[STATE_TYPES.indexOf(type)]?.[author] === index + 1;
  }

  #append(content: Content, from: string, madeAt: number): BookRecord {
    const record = recordOf(content, from, madeAt, this.head() + 1);
    this.#arrived.push(record);
    return record;
  }

  #offerState(content: Content, from: string, madeAt: number): OfferResult {
    const before = this.#latest(prefixOf(content.key), content.type);
    if (before !== undefined) {
      const order = compareOrder(content, before);
      if (order < 0) return { kind: 'old' };
      if (order === 0) return { kind: 'known' };
    }
    const record = this.#append(content, from, madeAt);
    if (before !== undefined && before.offset > this.#beginning.records.length) {
      this.#arrived[before.offset - this.#beginning.records.length - 1] = undefined;
    }
    const held = this.#held[STATE_TYPES.indexOf(content.type)];
    if (held === undefined) this.#others.set(`${content.author}/${content.type}`, record);
    else held[content.author] = record.offset;
    const contentChanged =
      before === undefined || before.boot !== record.boot || before.contentSequence !== record.contentSequence;
    if (content.type === REPORT && contentChanged) {
      if (before !== undefined) this.#hashes.toggle(before);
      this.#hashes.toggle(record);
    }
    return { kind: 'accepted', record, contentChanged };
  }

  #offerEvent(content: Content, from: string, madeAt: number): OfferResult {
    const log = this.#events.get(content.author) ?? new Map<number, BookRecord>();
    if (log.has(content.sequence)) return { kind: 'known' };
    const record = this.#append(content, from, madeAt);
    log.set(content.sequence, record);
    this.#events.set(content.author, log);
    return { kind: 'accepted', record, contentChanged: true };
  }
}
