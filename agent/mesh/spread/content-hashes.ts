/**
 * 256 hashes over everything but the content of reports, for which the book has its own: bindings, tombstones, types of
 * newer versions, and the event logs. A bucket is the first byte of the author's key; its hash is the exclusive or of
 * the first 8 bytes of SHA-256 of
 *
 * - `author/type/boot/sequence` for each record but reports and events, as record-id.ts writes it
 * - `author/epoch/head/count` for each event log
 */
import { hash } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import { EVENT } from '../codec/event.ts';
import { REPORT } from '../codec/report.ts';
import { BUCKETS } from '../records/bucket-hashes.ts';
import { idText } from '../records/record-id.ts';
import type { LogExtent, RecordBook } from '../records/record-book.ts';
import { type BookRecord, idOf } from '../records/record.ts';
import { LOOKS_PER_TURN, giveWay } from './pause.ts';

/** Two books that hold the same have the same hashes. */
export interface ContentHashes {
  /** 256 times 8 bytes. */
  of(book: RecordBook): Promise<Uint8Array>;
}

const HASH_BYTES = 8;
/** Some milliseconds. After a cut everybody has an event log. */
const HASHES_PER_TURN = 500;

/** Hashes are made anew only when something arrived since. */
export function createContentHashes(clock: Clock): ContentHashes {
  let latest: { readonly head: number; readonly bytes: Uint8Array } | undefined;
  return {
    async of(book) {
      const head = book.head();
      if (latest?.head !== head) latest = { head, bytes: await contentHashes(book, clock) };
      return latest.bytes;
    },
  };
}

/** True for what these hashes cover one by one. */
export const isPlainRecord = ({ type }: BookRecord): boolean => type !== REPORT && type !== EVENT;

/** Bucket of an author that is named by the prefix of its key. */
export const bucketOfPrefix = (prefix: string): number => Buffer.from(prefix.slice(0, 2), 'base64url')[0] ?? 0;

/** Everything in the book, oldest first, a page at a time with pauses. What arrives meanwhile comes too. */
export async function* allRecords(book: RecordBook, clock: Clock): AsyncGenerator<readonly BookRecord[]> {
  let offset = 0;
  for (;;) {
    const page = book.since(offset, LOOKS_PER_TURN);
    yield page;
    offset = page.at(-1)?.offset ?? offset;
    if (page.length < LOOKS_PER_TURN) return;
    await giveWay(clock);
  }
}

async function contentHashes(book: RecordBook, clock: Clock): Promise<Uint8Array> {
  const bytes = new Uint8Array(BUCKETS * HASH_BYTES);
  for (const [index, extent] of book.logs().entries()) {
    if (index % HASHES_PER_TURN === HASHES_PER_TURN - 1) await giveWay(clock);
    mix(bytes, bucketOfPrefix(extent.author), extentText(extent));
  }
  for await (const page of allRecords(book, clock)) {
    for (const record of page) {
      if (isPlainRecord(record)) mix(bytes, record.author[0] ?? 0, idText(idOf(record)));
    }
  }
  return bytes;
}

const extentText = ({ author, epoch, head, count }: LogExtent): string => `${author}/${epoch}/${head}/${count}`;

function mix(bytes: Uint8Array, bucket: number, text: string): void {
  const digest = hash('sha256', text, 'buffer');
  const at = bucket * HASH_BYTES;
  for (let index = 0; index < HASH_BYTES; index += 1) {
    bytes[at + index] = (bytes[at + index] ?? 0) ^ (digest[index] ?? 0);
  }
}
