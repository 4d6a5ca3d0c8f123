/** One word for what all reports say: who has the same knows the same of every node, in whatever order it came. */
import { hash } from 'node:crypto';
import type { RecordBook } from '../records/record-book.ts';

/** Hexadecimal; made anew only when something arrived. */
export function createDigest(book: Pick<RecordBook, 'head' | 'bucketHashes'>): () => string {
  let head = -1;
  let hashes: Uint8Array = new Uint8Array();
  let digest = '';
  return () => {
    if (book.head() === head) return digest;
    head = book.head();
    const before = hashes;
    hashes = book.bucketHashes();
    // Most of what arrives is an event, or says nothing new.
    if (Buffer.compare(before, hashes) !== 0) digest = hash('sha256', hashes);
    return digest;
  };
}
