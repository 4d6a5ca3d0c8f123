/**
 * 256 hashes over what every author's latest report says: two agents that hold the same content have the same hashes,
 * whatever they heard in between. An author's bucket is the first byte of its key; a bucket is the exclusive or of the
 * first 8 bytes of SHA-256(key, boot as 4 bytes, content sequence as 8 bytes), big-endian.
 */
import { hash } from 'node:crypto';
import type { AuthorKey } from '../identity/peer-id.ts';

export const BUCKETS = 256;
const HASH_BYTES = 8;

export interface Content {
  readonly author: AuthorKey;
  readonly boot: number;
  readonly contentSequence: number;
}

export const bucketOf = (author: AuthorKey): number => author[0] ?? 0;

export class BucketHashes {
  readonly #bytes = new Uint8Array(BUCKETS * HASH_BYTES);

  /** Puts content in, or takes the same content out again. */
  toggle(content: Content): void {
    const at = bucketOf(content.author) * HASH_BYTES;
    const digest = digestOf(content);
    for (let index = 0; index < HASH_BYTES; index += 1) {
      this.#bytes[at + index] = (this.#bytes[at + index] ?? 0) ^ (digest[index] ?? 0);
    }
  }

  /** All 256, 8 bytes each. */
  snapshot(): Uint8Array {
    return this.#bytes.slice();
  }
}

/** Numbers of the buckets in which two snapshots differ; all when the other is of another size. */
export function differingBuckets(one: Uint8Array, other: Uint8Array): number[] {
  const all = Array.from({ length: BUCKETS }, (_, bucket) => bucket);
  if (one.length !== other.length) return all;
  return all.filter((bucket) => {
    const at = bucket * HASH_BYTES;
    return Buffer.compare(one.subarray(at, at + HASH_BYTES), other.subarray(at, at + HASH_BYTES)) !== 0;
  });
}

function digestOf({ author, boot, contentSequence }: Content): Uint8Array {
  const message = Buffer.alloc(author.length + 12);
  message.set(author);
  message.writeUInt32BE(boot, author.length);
  message.writeBigUInt64BE(BigInt(contentSequence), author.length + 4);
  return hash('sha256', message, 'buffer');
}
