/**
 * RECORDS: envelopes, byte for byte as they were signed.
 *
 *     byte     5
 *     byte     flags: 0 = last of its turn, 1 = compressed, 2 = cut: not all that was wanted fits into this exchange
 *     varint   length of the batch before compression, at most 256 KiB
 *     bytes    the batch, as one zstd frame where that is shorter
 *
 * The batch is at most 200 times
 *
 *     varint   age in ms: how long ago the envelope was made, as far as the sender knows
 *     varint   length, 1 to 16 KiB
 *     bytes    the envelope
 *
 * The window of the zstd frame has at most 256 KiB, so a receiver needs no more than that to read it.
 */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { MAX_ENVELOPE_BYTES } from '../envelope/envelope.ts';
import { ByteReader, ByteWriter, readFrame } from './bytes.ts';
import { Malformed } from '../../model/read.ts';
import { FRAME, MAX_BATCH_BYTES, MAX_BATCH_RECORDS } from './protocol.ts';

export interface SentRecord {
  readonly ageMs: number;
  readonly bytes: Uint8Array;
}

export interface RecordsFrame {
  readonly last: boolean;
  readonly cut: boolean;
  /** Of the batch before compression. */
  readonly rawBytes: number;
  readonly records: readonly SentRecord[];
}

const LAST = 1;
const COMPRESSED = 2;
const CUT = 4;

/** Below this a compression saves little and costs more than all the rest. */
const WORTH_COMPRESSING_BYTES = 512;
/** Of the longest age and length. */
const RECORD_OVERHEAD_BYTES = 12;
const WINDOW_LOG = 18;
const COMPRESSION = { params: { [constants.ZSTD_c_windowLog]: WINDOW_LOG } };
const DECOMPRESSION = { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG };

/** True when a batch of so many records and bytes has no room for another of this size. */
export const isFull = (records: number, bytes: number, next: number): boolean =>
  records >= MAX_BATCH_RECORDS || bytes + next + RECORD_OVERHEAD_BYTES > MAX_BATCH_BYTES;

/** What a record takes of a batch, at most. */
export const batchBytes = (envelope: Uint8Array): number => envelope.length + RECORD_OVERHEAD_BYTES;

export function encodeRecords({ last, cut, records }: Omit<RecordsFrame, 'rawBytes'>): Uint8Array {
  const batch = new ByteWriter();
  for (const { ageMs, bytes } of records) batch.varint(ageMs).varint(bytes.length).raw(bytes);
  const raw = batch.done();
  const packed = raw.length < WORTH_COMPRESSING_BYTES ? raw : zstdCompressSync(raw, COMPRESSION);
  const compressed = packed.length < raw.length;
  return new ByteWriter()
    .byte(FRAME.records)
    .byte((last ? LAST : 0) | (compressed ? COMPRESSED : 0) | (cut ? CUT : 0))
    .varint(raw.length)
    .raw(compressed ? packed : raw)
    .done();
}

/** Undefined for what is none, or unpacks to something else than it says. Never throws. The envelopes are views. */
export const decodeRecords = (frame: Uint8Array): RecordsFrame | undefined =>
  readFrame(frame, FRAME.records, (reader) => {
    const flags = reader.byte();
    const rawBytes = reader.varint(0, MAX_BATCH_BYTES);
    const packed = reader.raw(reader.left);
    const raw = (flags & COMPRESSED) === 0 ? packed : unpack(packed, rawBytes);
    if (raw.length !== rawBytes) throw new Malformed('a batch of the length that it says');
    return { last: (flags & LAST) !== 0, cut: (flags & CUT) !== 0, rawBytes, records: readBatch(raw) };
  });

function unpack(packed: Uint8Array, rawBytes: number): Uint8Array {
  try {
    // A length of 0 would be no bound.
    return zstdDecompressSync(packed, { maxOutputLength: Math.max(1, rawBytes), params: DECOMPRESSION });
  } catch {
    throw new Malformed('a zstd frame');
  }
}

function readBatch(raw: Uint8Array): SentRecord[] {
  const records: SentRecord[] = [];
  const reader = new ByteReader(raw);
  while (reader.left > 0) {
    if (records.length === MAX_BATCH_RECORDS) throw new Malformed(`at most ${MAX_BATCH_RECORDS} records`);
    const ageMs = reader.varint();
    records.push({ ageMs, bytes: reader.raw(reader.varint(1, MAX_ENVELOPE_BYTES)) });
  }
  return records;
}
