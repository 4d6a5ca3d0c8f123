/**
 * WANT: which of the offered records to send.
 *
 *     byte     4
 *     varint   number of ids that were offered in this turn
 *     bytes    a bit for each, least significant first, in the order in which they came; the bits left over are 0
 *     varint   number of ranges, at most 4096; each
 *                8 bytes   author
 *                11 bytes  epoch
 *                varint    lowest sequence
 *                varint    how many from there on; at most 4096 in all ranges together
 */
import { Malformed } from '../../model/read.ts';
import { type ByteReader, ByteWriter, readFrame } from './bytes.ts';
import { FRAME, MAX_IDS } from './protocol.ts';

/** Events of one log, one after the other. */
export interface EventRange {
  readonly author: string;
  readonly epoch: string;
  readonly lowest: number;
  readonly count: number;
}

export interface Want {
  /** One for each id that was offered. */
  readonly wanted: readonly boolean[];
  readonly ranges: readonly EventRange[];
}

export function encodeWant({ wanted, ranges }: Want): Uint8Array {
  const bits = new Uint8Array(Math.ceil(wanted.length / 8));
  for (const [index, bit] of wanted.entries()) if (bit) bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7));
  const writer = new ByteWriter().byte(FRAME.want).varint(wanted.length).raw(bits).varint(ranges.length);
  for (const { author, epoch, lowest, count } of ranges) {
    writer.author(author).ascii(epoch).varint(lowest).varint(count);
  }
  return writer.done();
}

/** Undefined for what is none. Never throws. */
export const decodeWant = (frame: Uint8Array): Want | undefined => readFrame(frame, FRAME.want, readWant);

function readWant(reader: ByteReader): Want {
  const length = reader.varint(0, MAX_IDS);
  const bits = reader.raw(Math.ceil(length / 8));
  if (length % 8 > 0 && (bits.at(-1) ?? 0) >> (length % 8) !== 0) throw new Malformed('no bits behind the last');
  const wanted = Array.from({ length }, (_, index) => (((bits[index >> 3] ?? 0) >> (index & 7)) & 1) === 1);
  const ranges: EventRange[] = [];
  let left = MAX_IDS;
  for (let more = reader.varint(0, MAX_IDS); more > 0; more -= 1) {
    const [author, epoch, lowest] = [reader.author(), reader.epoch(), reader.varint(1)];
    const count = reader.varint(1, left);
    if (!Number.isSafeInteger(lowest + count)) throw new Malformed('a range of sequences');
    left -= count;
    ranges.push({ author, epoch, lowest, count });
  }
  reader.end();
  return { wanted, ranges };
}
