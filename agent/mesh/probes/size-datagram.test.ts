import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { decodeDatagram, encodeDatagram } from './datagram.ts';
import { createKeyring } from './keys.ts';
import { SHORT_BYTES, type SizeDatagram, decodeSize, encodeSize, isSizeDatagram } from './size-datagram.ts';

const keys = createKeyring([Buffer.alloc(32, 1), Buffer.alloc(32, 2)]);
const [key, other = key] = keys.keys;
const PING: SizeDatagram = {
  kind: 'size-ping',
  sender: 'aaaaaaaaaaaaaaaa',
  target: 'bbbbbbbbbbbbbbbb',
  nonce: 0xfedcba98,
  mtu: 1500,
};

it.each([SHORT_BYTES, 1472, 9188])(
  'is read as it was written, %i bytes long, with any key that is accepted',
  (bytes) => {
    for (const signer of [key, other]) {
      const message = encodeSize(PING, bytes, signer);
      expect(message).toHaveLength(bytes);
      expect(isSizeDatagram(message)).toBe(true);
      expect(decodeSize(message, keys)).toEqual({ ok: true, key: signer, datagram: PING });
    }
  },
);

it('is never shorter than a probe, and says of an MTU no more than fits', () => {
  const message = encodeSize({ ...PING, mtu: 70_000 }, 0, key);
  expect(message).toHaveLength(SHORT_BYTES);
  expect(decodeSize(message, keys)).toMatchObject({ datagram: { mtu: 0xffff } });
});

describe('is not taken', () => {
  const good = encodeSize(PING, SHORT_BYTES, key);
  it.each(Array.from(good.keys()))('with byte %i changed', (at) => {
    const bytes = Buffer.from(good);
    bytes[at] = (bytes[at] ?? 0) ^ 0x40;
    expect(isSizeDatagram(bytes) && decodeSize(bytes, keys).ok).toBe(false);
  });
  it.each<[string, Uint8Array]>([
    ['too short', good.subarray(0, SHORT_BYTES - 1)],
    ['longer than any frame', Buffer.concat([good, Buffer.alloc(10_000)])],
    ['random', randomBytes(200)],
    ['empty', new Uint8Array()],
  ])('%s', (_, bytes) => {
    expect(isSizeDatagram(bytes)).toBe(false);
  });
  it('with a key of others', () => {
    expect(decodeSize(good, createKeyring([Buffer.alloc(32, 3)]))).toEqual({ ok: false, refusal: 'unknown-key' });
  });
});

it('is nothing that an agent without such datagrams would answer, and a probe is none', () => {
  expect(decodeDatagram(encodeSize(PING, SHORT_BYTES, key), keys)).toEqual({ ok: false, refusal: 'malformed' });
  const probe = encodeDatagram(
    {
      ...PING,
      kind: 'ping',
      pingSequence: 1,
      heard: { highest: 0, bits: 0 },
      state: { boot: 1, sequence: 1, digest: new Uint8Array(8) },
      stampMs: 1,
      holdMicros: 0,
    },
    key,
  );
  expect(isSizeDatagram(probe)).toBe(false);
});
