/**
 * OFFER: ids of records that the sender has and the other may lack, and extents of event logs.
 *
 *     byte     3
 *     byte     flags: 0 = last of its turn, 1 = there is more than fits into this exchange,
 *                     2 = reset: the cursor is of no use, send HASHES next time
 *     varint   cursor to keep after the whole exchange; counts in the last one
 *     varint   number of types, at most 64; each a byte of length and so many ASCII characters
 *     varint   number of ids, at most 1024; each
 *                byte      index of the type
 *                8 bytes   author
 *                run       of type `event` the epoch, 11 bytes; of others the boot, a varint
 *                varint    sequence
 *     varint   number of extents, at most 1024; each
 *                8 bytes   author
 *                11 bytes  epoch
 *                varint    floor: below it nothing is kept, and nothing is missing
 *                varint    head: the highest sequence that is held
 *                varint    count: how many are held from floor to head
 */
import { EVENT } from '../codec/event.ts';
import { MAX_BOOT } from '../codec/header.ts';
import { Malformed } from '../../model/read.ts';
import type { LogExtent } from '../records/record-book.ts';
import type { RecordId } from '../records/record-id.ts';
import { type ByteReader, ByteWriter, readFrame } from './bytes.ts';
import { FRAME, MAX_IDS_PER_FRAME, MAX_TYPES_PER_FRAME } from './protocol.ts';

export interface OfferFrame {
  readonly last: boolean;
  readonly more: boolean;
  readonly reset: boolean;
  readonly cursor: number;
  readonly ids: readonly RecordId[];
  readonly extents: readonly LogExtent[];
}

/** All frames of a turn together. */
export type Offer = Omit<OfferFrame, 'last'>;

const LAST = 1;
const MORE = 2;
const RESET = 4;
const TYPE = /^[a-z][a-z0-9-]{0,31}$/;

/** The frames of a whole turn; at least one. */
export function* encodeOffer(offer: Offer): Generator<Uint8Array> {
  let [id, extent, last] = [0, 0, false];
  while (!last) {
    const ids = offer.ids.slice(id, id + chunkSize(offer.ids, id));
    const extents = offer.extents.slice(extent, extent + MAX_IDS_PER_FRAME);
    id += ids.length;
    extent += extents.length;
    last = id === offer.ids.length && extent === offer.extents.length;
    yield encodeOne({ ...offer, ids, extents, last });
  }
}

/** Undefined for what is none. Never throws. */
export const decodeOffer = (frame: Uint8Array): OfferFrame | undefined => readFrame(frame, FRAME.offer, readOffer);

/** How many ids from `at` on go into one frame. */
function chunkSize(ids: readonly RecordId[], at: number): number {
  const types = new Set<string>();
  let size = 0;
  for (; size < MAX_IDS_PER_FRAME && at + size < ids.length; size += 1) {
    types.add(ids[at + size]?.type ?? '');
    if (types.size > MAX_TYPES_PER_FRAME) break;
  }
  return size;
}

function encodeOne({ last, more, reset, cursor, ids, extents }: OfferFrame): Uint8Array {
  const types = [...new Set(ids.map(({ type }) => type))];
  const writer = new ByteWriter()
    .byte(FRAME.offer)
    .byte((last ? LAST : 0) | (more ? MORE : 0) | (reset ? RESET : 0))
    .varint(cursor)
    .varint(types.length);
  for (const type of types) writer.text(type);
  writer.varint(ids.length);
  for (const { author, type, run, sequence } of ids) {
    writer.byte(types.indexOf(type)).author(author);
    if (typeof run === 'string') writer.ascii(run);
    else writer.varint(run);
    writer.varint(sequence);
  }
  writer.varint(extents.length);
  for (const { author, epoch, floor, head, count } of extents) {
    writer.author(author).ascii(epoch).varint(floor).varint(head).varint(count);
  }
  return writer.done();
}

function readOffer(reader: ByteReader): OfferFrame {
  const flags = reader.byte();
  const cursor = reader.varint();
  const types = repeat(reader.varint(0, MAX_TYPES_PER_FRAME), () => readType(reader));
  const ids = repeat(reader.varint(0, MAX_IDS_PER_FRAME), () => readId(reader, types));
  const extents = repeat(reader.varint(0, MAX_IDS_PER_FRAME), () => readExtent(reader));
  reader.end();
  return {
    last: (flags & LAST) !== 0,
    more: (flags & MORE) !== 0,
    reset: (flags & RESET) !== 0,
    cursor,
    ids,
    extents,
  };
}

function readType(reader: ByteReader): string {
  const type = reader.text(32);
  if (!TYPE.test(type)) throw new Malformed('a type');
  return type;
}

function readId(reader: ByteReader, types: readonly string[]): RecordId {
  const type = types[reader.byte()];
  if (type === undefined) throw new Malformed('the index of a type');
  const author = reader.author();
  const run = type === EVENT ? reader.epoch() : reader.varint(1, MAX_BOOT);
  return { author, type, run, sequence: reader.varint(1) };
}

function readExtent(reader: ByteReader): LogExtent {
  const [author, epoch] = [reader.author(), reader.epoch()];
  const floor = reader.varint(1);
  const head = reader.varint(floor);
  return { author, epoch, floor, head, count: reader.varint(1, head - floor + 1) };
}

const repeat = <T>(count: number, read: () => T): T[] => {
  const items: T[] = [];
  for (let index = 0; index < count; index += 1) items.push(read());
  return items;
};
