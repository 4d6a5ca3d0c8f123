/** One word for what all reports say: who has the same knows the same of every node, in whatever order it came. */
import { hash } from 'node:crypto';
import type { RecordBook } from '../records/record-book.ts';

/** Hexadecimal; made anew only when something arrived. */
export function createDigest(book: Pick<RecordBook, 'head' | 'bucketHashes'>): () => string {
  let head = -1;
  let digest = '';
  return () => {
    if (book.head() !== head) {
      head = book.head();
      digest = hash('sha256', book.bucketHashes());
    }
    return digest;
  };
}
