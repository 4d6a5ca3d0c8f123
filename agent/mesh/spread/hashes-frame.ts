/**
 * HASHES: what the sender holds, as 2 times 256 hashes of 8 bytes.
 *
 *     byte          2
 *     2048 bytes    of the reports: BucketHashes
 *     2048 bytes    of everything else: ContentHashes
 */
import { BUCKETS } from '../records/bucket-hashes.ts';
import { ByteWriter, readFrame } from './bytes.ts';
import { FRAME } from './protocol.ts';

export interface Hashes {
  readonly reports: Uint8Array;
  readonly others: Uint8Array;
}

const BYTES = BUCKETS * 8;

export const encodeHashes = ({ reports, others }: Hashes): Uint8Array =>
  new ByteWriter().byte(FRAME.hashes).raw(reports).raw(others).done();

/** Undefined for what is none. Never throws. */
export const decodeHashes = (frame: Uint8Array): Hashes | undefined =>
  readFrame(frame, FRAME.hashes, (reader) => {
    const hashes = { reports: reader.raw(BYTES), others: reader.raw(BYTES) };
    reader.end();
    return hashes;
  });
