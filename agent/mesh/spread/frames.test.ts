import { constants, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../test/lib/random.ts';
import { type Hello, decodeHello, encodeHello } from './hello-frame.ts';
import { decodeHashes, encodeHashes } from './hashes-frame.ts';
import { type Offer, decodeOffer, encodeOffer } from './offer-frame.ts';
import { MAX_BATCH_BYTES } from './protocol.ts';
import { decodeRecords, encodeRecords } from './records-frame.ts';
import { decodeWant, encodeWant } from './want-frame.ts';

const AUTHOR = 'AQIDBAUGBwg';
const OTHER = '______v__38';
const EPOCH = 'epoch-Of_On';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const ofHex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));

const HELLO: Hello = {
  version: 1,
  hashesFollow: true,
  epoch: 'ab',
  head: 300,
  cursor: { epoch: 'cde', offset: 129 },
  own: { boot: 2, sequence: 5 },
  heldBoot: 7,
};
const OFFER: Offer = {
  more: true,
  reset: false,
  cursor: 300,
  ids: [
    { author: AUTHOR, type: 'report', run: 200, sequence: 9 },
    { author: AUTHOR, type: 'event', run: EPOCH, sequence: 1 },
    { author: OTHER, type: 'report', run: 1, sequence: Number.MAX_SAFE_INTEGER },
  ],
  extents: [{ author: OTHER, epoch: EPOCH, floor: 3, head: 200, count: 198 }],
};
const WANT = {
  wanted: [true, false, false, true, false, false, false, false, true],
  ranges: [{ author: AUTHOR, epoch: EPOCH, lowest: 4, count: 130 }],
};
const RECORDS = {
  last: true,
  cut: false,
  records: [
    { ageMs: 0, bytes: Uint8Array.of(1, 2, 3) },
    { ageMs: 300, bytes: Uint8Array.of(4) },
  ],
};

/** These stay: a newer version must read them, and write what an older one reads. */
const GOLDEN = {
  hello: '01 01 01 026162 ac02 03636465 8101 02 05 07',
  offer: `03 03 ac02 02 067265706f7274 056576656e74
    03 00 0102030405060708 c801 09
       01 0102030405060708 65706f63682d4f665f4f6e 01
       00 fffffffffbffff7f 01 ffffffffffffff0f
    01 fffffffffbffff7f 65706f63682d4f665f4f6e 03 c801 c601`,
  want: '04 09 0901 01 0102030405060708 65706f63682d4f665f4f6e 04 8201',
  records: '05 01 09 00 03 010203 ac02 01 04',
};
const bytesOf = (name: keyof typeof GOLDEN): Uint8Array => ofHex(GOLDEN[name].replaceAll(/\s/g, ''));

describe('frames', () => {
  it('are written as they always were', () => {
    expect(hex(encodeHello(HELLO))).toBe(hex(bytesOf('hello')));
    expect([...encodeOffer(OFFER)].map(hex)).toEqual([hex(bytesOf('offer'))]);
    expect(hex(encodeWant(WANT))).toBe(hex(bytesOf('want')));
    expect(hex(encodeRecords(RECORDS))).toBe(hex(bytesOf('records')));
  });

  it('are read as they always were', () => {
    expect(decodeHello(bytesOf('hello'))).toEqual(HELLO);
    expect(decodeOffer(bytesOf('offer'))).toEqual({ ...OFFER, last: true });
    expect(decodeWant(bytesOf('want'))).toEqual(WANT);
    expect(decodeRecords(bytesOf('records'))).toMatchObject({ last: true, cut: false, rawBytes: 9 });
    expect(decodeRecords(bytesOf('records'))?.records.map(({ ageMs, bytes }) => [ageMs, hex(bytes)])).toEqual([
      [0, '010203'],
      [300, '04'],
    ]);
  });

  it('carry hashes whole', () => {
    const hashes = { reports: new Uint8Array(2048).fill(1), others: new Uint8Array(2048).fill(2) };
    const frame = encodeHashes(hashes);

    expect(frame).toHaveLength(4097);
    expect(hex(decodeHashes(frame)?.others ?? new Uint8Array())).toBe(hex(hashes.others));
    expect(decodeHashes(frame.subarray(0, 4096))).toBeUndefined();
  });

  it('of HELLO may say more than this version knows', () => {
    expect(decodeHello(Uint8Array.from([...bytesOf('hello'), 1, 2, 3]))).toEqual(HELLO);
  });

  it('of long offers are several, and only the last is the last', () => {
    const ids = Array.from({ length: 2500 }, (_, at) => ({
      author: AUTHOR,
      type: `type-${at % 90}`,
      run: 1,
      sequence: at + 1,
    }));
    const frames = [...encodeOffer({ ...OFFER, ids })].map(decodeOffer);

    expect(frames.flatMap((frame) => frame?.ids ?? [])).toEqual(ids);
    expect(frames.map((frame) => frame?.last).lastIndexOf(false)).toBe(frames.length - 2);
    expect(frames.flatMap((frame) => frame?.extents ?? [])).toEqual(OFFER.extents);
  });

  it.each([
    ['an author cut short', '03 01 00 01 0161 01 00 01020304'],
    ['a type that does not exist', '03 01 00 01 0161 01 01 0102030405060708 01 01 00'],
    ['a type of capitals', '03 01 00 01 0141 00 00'],
    ['boot 0', '03 01 00 01 0161 01 00 0102030405060708 00 01 00'],
    ['more ids than a frame has', '03 01 00 00 8110'],
    ['an integer of 9 bytes', '03 01 808080808080808001 00 00 00'],
    ['bytes behind the end', '03 01 00 00 00 00 00'],
    ['a head below the floor', '03 01 00 00 00 01 0102030405060708 65706f63682d4f665f4f6e 05 04 01'],
  ])('of an offer with %s are none', (_, text) => {
    expect(decodeOffer(ofHex(text.replaceAll(' ', '')))).toBeUndefined();
  });

  it.each([
    ['ranges of more than fits', '04 00 01 0102030405060708 65706f63682d4f665f4f6e 01 8120'],
    ['bits behind the last', '04 01 02 00'],
    ['fewer bits than it says', '04 ff0f 00'],
    ['a range beyond all integers', '04 00 01 0102030405060708 65706f63682d4f665f4f6e ffffffffffffff0f 01'],
  ])('of a want with %s are none', (_, text) => {
    expect(decodeWant(ofHex(text.replaceAll(' ', '')))).toBeUndefined();
  });
});

describe('batches', () => {
  const batch = (count: number, size: number) => ({
    last: false,
    cut: true,
    records: Array.from({ length: count }, (_, at) => ({ ageMs: at, bytes: new Uint8Array(size).fill(at) })),
  });
  const packed = (raw: Uint8Array, claimed: number, windowLog = 18): Uint8Array => {
    const zstd = zstdCompressSync(raw, { params: { [constants.ZSTD_c_windowLog]: windowLog } });
    const length = [(claimed & 0x7f) | 0x80, ((claimed >> 7) & 0x7f) | 0x80, claimed >> 14];
    return Uint8Array.from([5, 3, ...length, ...zstd]);
  };

  it('are compressed where that saves something', () => {
    const frame = encodeRecords(batch(200, 1000));

    expect(frame.length).toBeLessThan(20_000);
    expect(decodeRecords(frame)).toMatchObject({ last: false, cut: true });
    expect(decodeRecords(frame)?.records).toHaveLength(200);
  });

  it.each([
    ['of too many records', encodeRecords(batch(201, 10))],
    ['with a record of no bytes', encodeRecords({ ...RECORDS, records: [{ ageMs: 1, bytes: new Uint8Array() }] })],
    ['with a record of more than 16 KiB', encodeRecords(batch(1, 16 * 1024 + 1))],
    ['that claim more than they may', packed(new Uint8Array(MAX_BATCH_BYTES + 1), MAX_BATCH_BYTES + 1)],
    ['that unpack to more than they claim', packed(new Uint8Array(1 << 20), 1000)],
    ['that unpack to less than they claim', packed(new Uint8Array(1000), 1001)],
    ['that need more memory to unpack', packed(new Uint8Array(1 << 26), MAX_BATCH_BYTES, 27)],
    ['that are no zstd', Uint8Array.from([5, 3, 10, ...Buffer.from('no zstd at all')])],
  ])('%s are none', (_, frame) => {
    expect(decodeRecords(frame)).toBeUndefined();
  });
});

describe('decoders', () => {
  const random = createRandom(7);
  const frames = [
    ...(['hello', 'offer', 'want', 'records'] as const).map(bytesOf),
    encodeRecords({ ...RECORDS, records: [{ ageMs: 9, bytes: new Uint8Array(2000).fill(7) }] }),
  ];
  const broken = (): Uint8Array => {
    const bytes = Uint8Array.from(random.pick(frames));
    for (let change = random.integer(4); change >= 0; change -= 1)
      bytes[random.integer(bytes.length)] = random.integer(256);
    return random.chance(0.3) ? bytes.subarray(0, random.integer(bytes.length)) : bytes;
  };

  it('never throw, and what they read can be written', () => {
    let read = 0;
    for (let round = 0; round < 20_000; round += 1) {
      const bytes = broken();
      const hello = decodeHello(bytes);
      if (hello !== undefined) expect(decodeHello(encodeHello(hello))).toEqual(hello);
      const offer = decodeOffer(bytes);
      const again = offer === undefined ? [] : [...encodeOffer(offer)].map(decodeOffer);
      expect(again.flatMap((frame) => frame?.ids ?? [])).toEqual(offer?.ids ?? []);
      expect(again.flatMap((frame) => frame?.extents ?? [])).toEqual(offer?.extents ?? []);
      const want = decodeWant(bytes);
      if (want !== undefined) expect(decodeWant(encodeWant(want))).toEqual(want);
      const records = decodeRecords(bytes);
      decodeHashes(bytes);
      if ([hello, offer, want, records].some((one) => one !== undefined)) read += 1;
    }

    expect(read).toBeGreaterThan(500);
  });
});
