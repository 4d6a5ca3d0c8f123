/** What each probe says of this agent's own state. */
import { hash } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import { DIGEST_BYTES, type StateStamp } from '../probes/datagram.ts';
import type { RecordBook } from '../records/record-book.ts';

/** The digest costs more than a probe and may be as old as a probe's pace. */
const DIGEST_MS = 1000;

/** Cheap enough to be asked for each datagram. */
export function createStateStamp(
  book: Pick<RecordBook, 'head' | 'bucketHashes'>,
  position: () => { readonly boot: number; readonly sequence: number },
  clock: Pick<Clock, 'monotonic'>,
): () => StateStamp {
  let madeAt = -Infinity;
  let head = -1;
  let digest: Uint8Array = new Uint8Array(DIGEST_BYTES);
  return () => {
    const now = clock.monotonic();
    if (book.head() !== head && now - madeAt >= DIGEST_MS) {
      head = book.head();
      madeAt = now;
      digest = new Uint8Array(hash('sha256', book.bucketHashes(), 'buffer').subarray(0, DIGEST_BYTES));
    }
    return { ...position(), digest };
  };
}
