import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { FRAME_BYTES, MAX_FRAME_BYTES, SHORT_PING_BYTES, decodeFrame, encodeFrame, mtuIn, pingBody } from './frame.ts';
import { createKeyring } from './keys.ts';

const keyOf = (byte: number) => ({ id: `0000000${byte}`, secret: new Uint8Array(32).fill(byte) });
const keys = createKeyring([keyOf(1), keyOf(2)]);
const [first, second] = keys.signers;
if (first === undefined || second === undefined) throw new Error('two keys');
const FRAME = { kind: 'ping', nonce: '0123456789abcdef', body: pingBody(1450, SHORT_PING_BYTES) } as const;

/** What was accepted. */
const readFrame = (bytes: Uint8Array, accepted = keys) => {
  const frame = decodeFrame(bytes, accepted, { ping: MAX_FRAME_BYTES });
  return frame === 'unknown-key' ? undefined : frame;
};

it('is refused without a look at its MAC where nobody wants its kind, or as much of it', () => {
  const bytes = encodeFrame(FRAME, first);
  expect(decodeFrame(bytes, keys, { call: MAX_FRAME_BYTES })).toBeUndefined();
  expect(decodeFrame(bytes, keys, { ping: bytes.length - 1 })).toBeUndefined();
  expect(decodeFrame(bytes, createKeyring(), { ping: bytes.length })).toBe('unknown-key');
});

it('is read as it was written, with any key that is accepted', () => {
  for (const signer of [first, second]) {
    const read = readFrame(encodeFrame(FRAME, signer));
    expect(read).toMatchObject({ kind: 'ping', nonce: '0123456789abcdef' });
    expect([mtuIn(read?.body ?? new Uint8Array()), read?.signer.id]).toEqual([1450, signer.id]);
  }
});

it('is as long as it is asked for', () => {
  expect(encodeFrame(FRAME, first)).toHaveLength(SHORT_PING_BYTES);
  expect(encodeFrame({ ...FRAME, body: pingBody(1450, 1422) }, first)).toHaveLength(1422);
  expect(pingBody(70_000, 0)).toHaveLength(2);
});

describe('is not believed', () => {
  const good = encodeFrame(FRAME, first);
  const changed = (at: number): Buffer => {
    const bytes = Buffer.from(good);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    return bytes;
  };
  it.each(Array.from(good.keys()))('with byte %i changed', (at) => {
    expect(readFrame(changed(at))).toBeUndefined();
  });
  it.each<[string, Uint8Array]>([
    ['cut short', good.subarray(0, FRAME_BYTES - 1)],
    ['with a key of others', encodeFrame(FRAME, createKeyring([keyOf(3)]).signers[0] ?? first)],
    ['longer than any', Buffer.concat([good, Buffer.alloc(MAX_FRAME_BYTES)])],
    ['empty', new Uint8Array()],
    ['random', randomBytes(200)],
  ])('%s', (_, bytes) => {
    expect(readFrame(bytes)).toBeUndefined();
  });
  it('once its key is not accepted any more', () => {
    const changing = createKeyring([keyOf(1)]);
    changing.replace([keyOf(2)]);
    expect(readFrame(good, changing)).toBeUndefined();
  });
});
