/**
 * All replicated state of the cluster, as the bytes that were signed, with a small index. Nothing is ordered or dropped
 * by a clock: an author's (boot, sequence) decides. What is decoded is decoded by readers, on demand.
 */
import { BINDING } from '../codec/binding.ts';
import { EVENT } from '../codec/event.ts';
import { peekHeader } from '../codec/header.ts';
import { REPORT } from '../codec/report.ts';
import { TOMBSTONE } from '../codec/tombstone.ts';
import { decodeEnvelope } from '../envelope/envelope.ts';
import type { Verifier } from '../envelope/verifier.ts';
import { type AuthorKey, authorOf as keyOf, prefixOf } from '../identity/peer-id.ts';
import { createArrivalLog } from './arrival-log.ts';
import { type Freshness, freshnessOf } from './attestations.ts';
import { type Author, createAuthorFinder, createAuthorIndex, isBeforeRemoval, latestOf } from './authors.ts';
import { BucketHashes, bucketOf } from './bucket-hashes.ts';
import { type BookStats, createBookCounters } from './book-stats.ts';
import { BOOK_LIMITS, type BookLimits } from './limits.ts';
import { offerEvent } from './offer-event.ts';
import { offerState } from './offer-state.ts';
import { offerTombstone } from './offer-tombstone.ts';
import { type OfferResult, type Shelves, dropAuthor } from './offer.ts';
import { type BookRecord, compareOrder } from './record.ts';
import type { RecordId } from './record-id.ts';
import { type Place, createStrangers } from './strangers.ts';
import { type Grave, createTombstones } from './tombstones.ts';

/** One author's event log as this book holds it. */
export interface LogExtent {
  /** Prefix of the author's key. */
  readonly author: string;
  readonly epoch: string;
  readonly floor: number;
  readonly head: number;
  /** Less than from floor to head: there are gaps. */
  readonly count: number;
}

export interface RecordBook {
  /** Random for this book: offsets of another epoch mean nothing here. */
  readonly epoch: string;
  /** Offset of the newest record. */
  head(): number;
  /**
   * Takes an envelope in, or says why not. Never throws. The bytes are copied.
   *
   * @param from who brought it; `self` and `disk` are as good as any name
   * @param now monotonic ms
   * @param ageMs how long ago it was made, as far as the way here is known; readers add the time since
   */
  offer(envelope: Uint8Array, from: string, now: number, ageMs?: number): OfferResult;
  /** Records that arrived after this offset, oldest first; at most `limit`. Replaced ones are not among them. */
  since(offset: number, limit: number): readonly BookRecord[];
  /**
   * True when an envelope with this id would be news.
   *
   * @param from who offers it
   */
  wants(id: RecordId, from?: string): boolean;
  /** The record with this id, or what has taken its place. */
  find(id: RecordId): BookRecord | undefined;
  /** The latest of a type. */
  latest(author: AuthorKey, type: string): BookRecord | undefined;
  /** The latest of a type from everybody. */
  allLatest(type: string): readonly BookRecord[];
  /** The latest reports of one bucket of {@link bucketHashes}. */
  reportsInBucket(bucket: number): readonly BookRecord[];
  /** 256 times 8 bytes; see {@link BucketHashes}. */
  bucketHashes(): Uint8Array;
  logs(): readonly LogExtent[];
  /** Events that a neighbour with this log has and this book has not, newest first. */
  missingEvents(theirs: Omit<LogExtent, 'count'>, limit: number): readonly RecordId[];
  /** Events of an author, in the order of their logs. */
  events(author: AuthorKey): readonly BookRecord[];
  /** Somebody saw this author (prefix of its key) say this much. */
  attest(author: string, position: { readonly boot: number; readonly sequence: number }, now: number): void;
  /** The highest boot of this author that somebody saw and no report here proves; 0: none. */
  attestedBoot(author: AuthorKey): number;
  freshness(author: AuthorKey, inComponent: boolean, now: number): Freshness;
  /** The generation up to which this author is buried under this name. */
  buriedUpTo(author: AuthorKey, name: string): number | undefined;
  /** The same, also of tombstones that have expired; -1: it never was. */
  lastBuried(author: AuthorKey, name: string): number;
  /** What is buried under this name, whoever had it. */
  grave(name: string): Grave | undefined;
  /**
   * Drops what an author said of itself, because it was removed from the cluster. Its events are history and stay, and
   * its tombstones of others do.
   */
  forget(author: AuthorKey): void;
  /** These authors (prefixes of their keys) exist: somebody met them, whatever is held of them. */
  meet(prefixes: Iterable<string>, now: number): void;
  /**
   * Whether authors were refused for want of a place, and there is one now: for the one with this prefix, or for anybody.
   * Says so once.
   */
  hasRoomAgain(prefix?: string): boolean;
  /** Drops everybody whom this peer brought first and nobody has met. */
  disown(from: string): void;
  /** Drops tombstones that are old enough. */
  expire(now: number): void;
  stats(): BookStats;
}

export interface RecordBookDeps {
  readonly verifier: Verifier;
  /** Of the arrival log; see `makeEpoch`. */
  readonly epoch: string;
  readonly limits?: Partial<BookLimits>;
  /** Called with somebody whom nobody has met, and who is dropped with all that it said but tombstones. */
  readonly onDropped?: (author: AuthorKey) => void;
}

export function createRecordBook({ verifier, epoch, limits: changed, onDropped }: RecordBookDeps): RecordBook {
  const limits: BookLimits = { ...BOOK_LIMITS, ...changed };
  const shelves: Shelves = {
    limits,
    verifier,
    authors: createAuthorIndex(limits),
    arrivals: createArrivalLog(epoch),
    hashes: new BucketHashes(),
    tombstones: createTombstones(limits),
    strangers: createStrangers(limits),
    onDropped: (author) => onDropped?.(author.key),
  };
  const { authors, arrivals, hashes, tombstones, strangers } = shelves;
  let isCrowded = false;
  const placeOf = (prefix: string, from: string | undefined): Place | undefined => {
    const key = from === undefined ? undefined : keyOf(from);
    return strangers.placeFor(prefix, {
      bringer: from,
      isOwn: key !== undefined && prefixOf(key) === prefix,
      isFull: authors.count() >= limits.maxAuthors,
    });
  };
  const counters = createBookCounters();
  const authorOf = createAuthorFinder(authors);

  return {
    epoch,
    head: arrivals.head,
    since: (offset, limit) => arrivals.since(offset, limit),
    bucketHashes: () => hashes.snapshot(),
    buriedUpTo: (author, name) => tombstones.buriedUpTo(author, name),
    lastBuried: (author, name) => tombstones.lastBuried(author, name),
    grave: (name) => tombstones.grave(name),
    offer(bytes, from, now, ageMs = 0) {
      const result = offerTo(shelves, bytes, from, now, ageMs);
      counters.count(result);
      if (result.kind === 'ignored' && result.why === 'too-many-authors') isCrowded = true;
      return result;
    },
    wants(id, from) {
      if (authors.withPrefix(id.author) !== undefined) return wants(shelves, id);
      const isSpent = id.type === TOMBSTONE && (tombstones.find(id) !== undefined || tombstones.isSpent(id));
      const place = isSpent ? undefined : placeOf(id.author, from);
      if (!isSpent && place === undefined) isCrowded = true;
      return place !== undefined;
    },
    meet(prefixes, now) {
      for (const prefix of prefixes) strangers.meet(prefix, now);
    },
    hasRoomAgain(prefix) {
      if (!isCrowded || (prefix !== undefined && authors.withPrefix(prefix) !== undefined)) return false;
      const place = placeOf(prefix ?? '', undefined);
      const hasRoom = place === 'free' || (prefix !== undefined && place !== undefined);
      if (hasRoom) isCrowded = false;
      return hasRoom;
    },
    disown(from) {
      for (const prefix of strangers.broughtBy(from)) {
        const author = authors.withPrefix(prefix);
        if (author === undefined) continue;
        shelves.onDropped(author);
        dropAuthor(shelves, author);
      }
    },
    find: (id) => find(shelves, id),
    latest: (author, type) => latestOf(authorOf(author), type),
    allLatest: (type) => [...authors.all()].flatMap((author) => latestOf(author, type) ?? []),
    reportsInBucket: (bucket) =>
      [...authors.all()].flatMap((author) => (bucketOf(author.key) === bucket ? (latestOf(author, REPORT) ?? []) : [])),
    logs: () => [...authors.all()].flatMap(extentsOf),
    missingEvents: (theirs, limit) => missingEvents(authors.withPrefix(theirs.author), theirs, limit),
    events: (author) => (authors.get(author)?.logs ?? []).flatMap(({ records }) => records),
    attest(prefix, position, now) {
      const author = authors.withPrefix(prefix);
      author?.attestations.add(position, latestOf(author, REPORT), now);
    },
    attestedBoot: (author) => authors.get(author)?.attestations.highestBoot() ?? 0,
    freshness(key, inComponent, now) {
      const author = authorOf(key);
      return freshnessOf({
        hasReport: latestOf(author, REPORT) !== undefined,
        inComponent,
        behindForMs: author?.attestations.behindForMs(now),
      });
    },
    forget(key) {
      const author = authors.get(key);
      if (author === undefined) return;
      const report = latestOf(author, REPORT);
      if (report !== undefined) hashes.toggle(report);
      for (const record of author.latest.splice(0)) arrivals.remove(record);
      author.removed = { boot: report?.boot ?? 0, sequence: report?.sequence ?? 0 };
      arrivals.skip();
    },
    expire(now) {
      const gone = tombstones.expire(now);
      for (const record of gone) arrivals.remove(record);
      if (gone.length > 0) arrivals.skip();
    },
    stats: () => counters.stats(authors.all(), tombstones.count()),
  };
}

function offerTo(shelves: Shelves, bytes: Uint8Array, from: string, now: number, ageMs: number): OfferResult {
  const decoded = decodeEnvelope(bytes);
  if (!decoded.ok) return { kind: 'rejected', why: decoded.why };
  const { envelope } = decoded;
  if (shelves.authors.refusal(envelope.author) === 'too-many-authors') makeRoom(shelves);
  const header = peekHeader(envelope.payload);
  if (header === undefined) return { kind: 'rejected', why: 'undecodable' };
  const offer = { bytes, envelope, header, from, now, madeAt: now - Math.max(0, ageMs) };
  if (envelope.type === EVENT) return offerEvent(shelves, offer);
  return envelope.type === TOMBSTONE ? offerTombstone(shelves, offer) : offerState(shelves, offer);
}

/** Whoever is in the cluster matters more than the last events of who was removed: the first of these goes. */
function makeRoom({ authors, arrivals, strangers }: Shelves): void {
  const goner = [...authors.all()].find(({ removed }) => removed !== undefined);
  if (goner === undefined) return;
  for (const { records } of goner.logs) for (const record of records) arrivals.remove(record);
  authors.remove(goner);
  strangers.remove(goner.prefix);
}

function wants({ authors, tombstones }: Shelves, id: RecordId): boolean {
  const author = authors.withPrefix(id.author);
  if (id.type === TOMBSTONE && (tombstones.find(id) !== undefined || tombstones.isSpent(id))) return false;
  if (author === undefined) return false;
  if (id.type === TOMBSTONE) return true;
  const buried = tombstones.buriedUpTo(author.key) ?? -1;
  if (buried >= author.generation && id.type !== BINDING && id.type !== EVENT) return false;
  if (id.type === EVENT) {
    const log = author.logs.find(({ epoch }) => epoch === id.run);
    return log === undefined || (id.sequence >= log.floor && log.get(id.sequence) === undefined);
  }
  const held = latestOf(author, id.type);
  const position = { boot: Number(id.run), sequence: id.sequence };
  if (id.type === REPORT && isBeforeRemoval(author, position)) return false;
  return held === undefined || compareOrder(position, held) > 0;
}

function find({ authors, tombstones }: Shelves, id: RecordId): BookRecord | undefined {
  if (id.type === TOMBSTONE) return tombstones.find(id);
  const author = authors.withPrefix(id.author);
  if (id.type === EVENT) return author?.logs.find(({ epoch }) => epoch === id.run)?.get(id.sequence);
  const held = latestOf(author, id.type);
  if (held === undefined) return undefined;
  return compareOrder({ boot: Number(id.run), sequence: id.sequence }, held) <= 0 ? held : undefined;
}

const extentsOf = ({ prefix, logs }: Author): LogExtent[] =>
  logs.map(({ epoch, floor, head, records }) => ({ author: prefix, epoch, floor, head, count: records.length }));

function missingEvents(author: Author | undefined, theirs: Omit<LogExtent, 'count'>, limit: number): RecordId[] {
  const log = author?.logs.find(({ epoch }) => epoch === theirs.epoch);
  const idFor = (sequence: number): RecordId => ({ author: theirs.author, type: EVENT, run: theirs.epoch, sequence });
  if (log !== undefined) return log.missing(theirs.floor, theirs.head, limit).map(idFor);
  const count = Math.min(limit, Math.max(0, theirs.head - theirs.floor + 1));
  return Array.from({ length: count }, (_, index) => idFor(theirs.head - index));
}
