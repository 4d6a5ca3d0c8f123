import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../test/lib/random.ts';
import type { Datagram } from './datagram.ts';
import { authorPrefix, DATAGRAM_BYTES, decodeDatagram, encodeDatagram, MAX_DATAGRAM_BYTES } from './datagram.ts';
import { createKeyring, deriveProbeKey } from './keys.ts';

const NEW = Buffer.alloc(32, 1);
const OLD = Buffer.alloc(32, 2);
const keys = createKeyring([NEW, OLD]);
const PING: Datagram = {
  kind: 'ping',
  sender: '0102030405060708',
  target: 'f1f2f3f4f5f6f7f8',
  nonce: 0xfffffffe,
  pingSequence: 77,
  heard: { highest: 0xabcd, bits: 0x03ff },
  state: { boot: 3, sequence: 4_000_000_000, digest: Uint8Array.from([9, 8, 7, 6, 5, 4, 3, 2]) },
  stampMs: 1_767_268_800_123.456,
  holdMicros: 0,
};

/** The same bytes with a right MAC. */
function sign(body: Buffer, key = keys.keys[0]): Buffer {
  return Buffer.concat([body, key.mac(body)]);
}

describe('a datagram', () => {
  it.each(['ping', 'ack'] as const)('comes back as it was sent: %s', (kind) => {
    const bytes = encodeDatagram({ ...PING, kind, holdMicros: 17 }, keys.keys[0]);
    const decoded = decodeDatagram(bytes, keys);
    expect(decoded).toMatchObject({ ok: true, datagram: { ...PING, kind, holdMicros: 17 } });
  });

  it('has the documented layout, byte by byte', () => {
    const bytes = encodeDatagram(PING, keys.keys[0]);
    expect(bytes.byteLength).toBe(DATAGRAM_BYTES);
    expect(bytes.toString('hex', 0, 64)).toBe(
      `4d010100${Buffer.from(keys.keys[0].id).toString('hex')}0102030405060708f1f2f3f4f5f6f7f8` +
        'fffffffe0000004dabcd03ff00000003ee6b28000908070605040302' +
        '4279b796dd67b74c' +
        '00000000',
    );
  });

  it('is as long as its ack: nothing is amplified', () => {
    const ping = encodeDatagram(PING, keys.keys[0]);
    const ack = encodeDatagram({ ...PING, kind: 'ack', holdMicros: 0xffffffff }, keys.keys[0]);
    expect(ack.byteLength).toBeLessThanOrEqual(ping.byteLength);
    expect(ping.byteLength).toBeLessThanOrEqual(MAX_DATAGRAM_BYTES);
  });

  it('says which of the accepted keys made it', () => {
    const decoded = decodeDatagram(encodeDatagram(PING, keys.keys[1] ?? keys.keys[0]), keys);
    expect(decoded.ok && decoded.key).toBe(keys.keys[1]);
  });

  it('keeps its digest when the receive buffer is used again', () => {
    const bytes = encodeDatagram(PING, keys.keys[0]);
    const decoded = decodeDatagram(bytes, keys);
    bytes.fill(0);
    expect(decoded).toMatchObject({ ok: true, datagram: { state: PING.state } });
  });

  it('may be longer in a later edition', () => {
    const body = encodeDatagram(PING, keys.keys[0]).subarray(0, DATAGRAM_BYTES - 16);
    const longer = sign(Buffer.concat([body, Buffer.alloc(48, 0xee)]));
    expect(longer.byteLength).toBe(MAX_DATAGRAM_BYTES);
    expect(decodeDatagram(longer, keys)).toMatchObject({ ok: true, datagram: PING });
    expect(decodeDatagram(sign(Buffer.concat([body, Buffer.alloc(49)])), keys)).toMatchObject({ refusal: 'junk' });
  });
});

describe('a datagram is refused', () => {
  const change = (offset: number, value: number): Buffer => {
    const bytes = encodeDatagram(PING, keys.keys[0]);
    bytes[offset] = value;
    return bytes;
  };
  const resign = (offset: number, value: number[]): Buffer => {
    const bytes = encodeDatagram(PING, keys.keys[0]);
    bytes.set(value, offset);
    return sign(bytes.subarray(0, DATAGRAM_BYTES - 16));
  };

  it.each([
    ['empty', Buffer.alloc(0), 'junk'],
    ['short', encodeDatagram(PING, keys.keys[0]).subarray(0, 79), 'junk'],
    ['another magic', change(0, 0), 'junk'],
    ['another version', change(1, 2), 'version'],
    ['a stranger', encodeDatagram(PING, deriveProbeKey(Buffer.alloc(32, 3))), 'unknown-key'],
    ['another byte at the end of its MAC', change(79, 0), 'bad-mac'],
    ['an unknown kind', resign(2, [3]), 'malformed'],
    ['boot 0', resign(36, [0, 0, 0, 0]), 'malformed'],
    ['a stamp that is no number', resign(52, [0x7f, 0xf8, 0, 0, 0, 0, 0, 1]), 'malformed'],
    ['an endless stamp', resign(52, [0x7f, 0xf0, 0, 0, 0, 0, 0, 0]), 'malformed'],
  ])('%s', (_name, bytes, refusal) => {
    expect(decodeDatagram(bytes, keys)).toEqual({ ok: false, refusal });
  });

  it('whichever single bit is changed', () => {
    const bytes = encodeDatagram(PING, keys.keys[0]);
    for (let bit = 0; bit < DATAGRAM_BYTES * 8; bit += 1) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(decodeDatagram(changed, keys).ok).toBe(false);
    }
  });

  it('50,000 times at random, without a throw and without one that is taken', () => {
    const random = createRandom(20_261_120);
    let taken = 0;
    for (let round = 0; round < 50_000; round += 1) {
      const genuine = encodeDatagram(PING, keys.keys[0]);
      const length = random.chance(0.5) ? DATAGRAM_BYTES : random.integer(200);
      const bytes = Buffer.alloc(length);
      genuine.copy(bytes);
      const changes = 1 + random.integer(8);
      for (let left = changes; left > 0; left -= 1) {
        const at = random.integer(Math.max(1, length));
        if (at < length) bytes[at] = (bytes[at] ?? 0) ^ (1 + random.integer(255));
      }
      // Changes may take each other back: then it is genuine.
      if (!bytes.equals(genuine) && decodeDatagram(bytes, keys).ok) taken += 1;
    }
    expect(taken).toBe(0);
  });

  it('never throws on 5,000 random bodies with the right MAC', () => {
    const random = createRandom(7);
    for (let round = 0; round < 5000; round += 1) {
      const body = Buffer.from(Array.from({ length: 64 + random.integer(49) }, () => random.integer(256)));
      body.set([0x4d, 1], 0);
      body.set(keys.keys[0].id, 4);
      const decoded = decodeDatagram(sign(body), keys);
      if (decoded.ok) expect(decoded.datagram.state.boot).toBeGreaterThan(0);
    }
  });
});

it('names an author by the first 8 bytes of its key, wherever the key lies', () => {
  const memory = Uint8Array.from({ length: 40 }, (_, index) => index);
  expect(authorPrefix(memory.subarray(8))).toBe('08090a0b0c0d0e0f');
});
