import { verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type Random, createRandom } from '../../../test/lib/random.ts';
import { publicKeyOf } from '../identity/key-pair.ts';
import { BoundedMap } from './bounded-map.ts';
import {
  MAX_ENVELOPE_BYTES,
  decodeEnvelope,
  encodeEnvelope,
  envelopeOverhead,
  signEnvelope,
  signedMessage,
} from './envelope.ts';
import { createSignatureCheck } from './signature.ts';
import { TEST_CLUSTER, testEnvelope, testKeys } from './testing.ts';
import { createVerifier } from './verifier.ts';

const KEYS = testKeys(1);
const PAYLOAD = Buffer.from('[1,1,1,"node-a"]');
const ENVELOPE = signEnvelope('report', PAYLOAD, KEYS, TEST_CLUSTER);

/** The wire form stays: this vector may never change. */
const GOLDEN =
  '01067265706f72744cb5abf6ad79fbf5abbccafcc269d85cd2651ed4b885b5869f241aedf0a5ba2909d3a289eefca137745172a3ea996231cfd4bcb6966b9e3b371d0565cc5d89d546b88ab91f35499c65f4655a87e58e520b49791e10c39a717bb599a734efc7015b312c312c312c226e6f64652d61225d';

describe('envelope', () => {
  it('has the bytes that it always had', () => {
    expect(Buffer.from(ENVELOPE).toString('hex')).toBe(GOLDEN);
  });

  it('comes back as it was', () => {
    const decoded = decodeEnvelope(ENVELOPE);

    if (!decoded.ok) throw new Error(decoded.why);
    expect(decoded.envelope.type).toBe('report');
    expect(Buffer.from(decoded.envelope.author)).toEqual(Buffer.from(KEYS.author));
    expect(Buffer.from(decoded.envelope.payload)).toEqual(PAYLOAD);
    expect(encodeEnvelope(decoded.envelope)).toEqual(ENVELOPE);
    const message = signedMessage('report', TEST_CLUSTER, PAYLOAD);
    expect(Buffer.from(message).toString('latin1')).toBe(
      `meerkat/report/1${Buffer.from(TEST_CLUSTER).toString('latin1')}[1,1,1,"node-a"]`,
    );
    expect(verify(null, message, publicKeyOf(KEYS.author), decoded.envelope.signature)).toBe(true);
  });

  const changed = (at: number, value: number): Uint8Array =>
    ENVELOPE.map((byte, index) => (index === at ? value : byte));
  it.each([
    ['nothing', new Uint8Array(0)],
    ['another version', changed(0, 2)],
    ['no type', changed(1, 0)],
    ['a type beyond 32 bytes', changed(1, 33)],
    ['a type of capitals', changed(2, 0x52)],
    ['a type with a slash', changed(3, 0x2f)],
    ['a type that begins with a digit', changed(2, 0x31)],
    ['a type outside ASCII', changed(4, 0xe9)],
    ['no payload', ENVELOPE.slice(0, envelopeOverhead('report'))],
    ['half a key', ENVELOPE.slice(0, 20)],
  ])('is not %s', (_, bytes) => {
    expect(decodeEnvelope(bytes)).toEqual({ ok: false, why: 'undecodable' });
  });

  it('has at most 16 KiB, whatever it holds', () => {
    const room = MAX_ENVELOPE_BYTES - envelopeOverhead('report');
    const largest = signEnvelope('report', new Uint8Array(room).fill(32), KEYS, TEST_CLUSTER);

    expect(largest.length).toBe(MAX_ENVELOPE_BYTES);
    expect(createVerifier({ clusterId: TEST_CLUSTER }).verify(largest).ok).toBe(true);
    expect(decodeEnvelope(new Uint8Array(MAX_ENVELOPE_BYTES + 1))).toEqual({ ok: false, why: 'oversize' });
    expect(() => signEnvelope('report', new Uint8Array(room + 1), KEYS, TEST_CLUSTER)).toThrow(RangeError);
  });

  it.each([
    ['', PAYLOAD],
    ['Report', PAYLOAD],
    ['a'.repeat(33), PAYLOAD],
    ['report', new Uint8Array(0)],
  ])('is not made that no reader accepts: %j', (type, payload) => {
    expect(() => signEnvelope(type, payload, KEYS, TEST_CLUSTER)).toThrow(RangeError);
    expect(() => signEnvelope('report', PAYLOAD, KEYS, new Uint8Array(15))).toThrow(RangeError);
  });
});

describe('verifier', () => {
  it('checks a signature once', () => {
    const verifier = createVerifier({ clusterId: TEST_CLUSTER });

    for (let time = 0; time < 3; time += 1) expect(verifier.verify(ENVELOPE).ok).toBe(true);
    const own = testEnvelope(KEYS, 'event', [1]);
    verifier.trust(own);

    expect(verifier.verify(own).ok).toBe(true);
    expect(verifier.stats()).toEqual({ checked: 1, known: 3 });
  });

  it('keeps a type that nobody knows', () => {
    const verifier = createVerifier({ clusterId: TEST_CLUSTER });

    expect(verifier.verify(testEnvelope(KEYS, 'from-the-future', [1])).ok).toBe(true);
  });

  it('refuses each single changed bit, also behind the cache', () => {
    const verifier = createVerifier({ clusterId: TEST_CLUSTER });
    verifier.verify(ENVELOPE);

    for (let bit = 0; bit < ENVELOPE.length * 8; bit += 1) {
      const bytes = Uint8Array.from(ENVELOPE);
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(verifier.verify(bytes).ok, `bit ${bit}`).toBe(false);
    }
    expect(verifier.verify(ENVELOPE).ok).toBe(true);
  });

  it.each([
    ['another cluster', testEnvelope(KEYS, 'report', [1], new Uint8Array(16))],
    ['another author', mixed(testKeys(2).author)],
    ['no author at all', mixed(new Uint8Array(32).fill(255))],
  ])('refuses the signature of %s', (_, bytes) => {
    expect(createVerifier({ clusterId: TEST_CLUSTER }).verify(bytes)).toEqual({ ok: false, why: 'bad-signature' });
  });

  it('never throws, whatever comes: 20,000 random and broken inputs', () => {
    const random = createRandom(20_261_120);
    const verifier = createVerifier({
      clusterId: TEST_CLUSTER,
      checkSignature: createSignatureCheck(4),
      maxEnvelopes: 4,
    });
    const seen = new Map<string, number>();
    for (let round = 0; round < 20_000; round += 1) {
      const bytes = round % 2 === 0 ? noise(random) : mutate(ENVELOPE, random);
      const verified = verifier.verify(bytes);
      const kind = verified.ok ? 'accepted' : verified.why;
      if (verified.ok) expect(Buffer.compare(bytes, ENVELOPE)).toBe(0);
      seen.set(kind, (seen.get(kind) ?? 0) + 1);
    }

    expect([...seen.keys()].sort()).toEqual(expect.arrayContaining(['bad-signature', 'oversize', 'undecodable']));
  });
});

it('BoundedMap forgets what was not asked for longest', () => {
  const map = new BoundedMap<string, number>(2);
  map.set('a', 1);
  map.set('b', 2);
  map.get('a');
  map.set('c', 3);

  expect([map.get('a'), map.get('b'), map.get('c'), map.size]).toEqual([1, undefined, 3, 2]);
});

/** A good envelope under another author's key. */
function mixed(author: Uint8Array): Uint8Array {
  const bytes = Uint8Array.from(ENVELOPE);
  bytes.set(author, 2 + 'report'.length);
  return bytes;
}

function noise(random: Random): Uint8Array {
  const length = random.chance(0.02) ? MAX_ENVELOPE_BYTES + random.integer(50) : random.integer(300);
  const bytes = Uint8Array.from({ length }, () => random.integer(256));
  if (random.chance(0.7)) bytes.set([1, random.integer(40)].slice(0, length));
  return bytes;
}

function mutate(original: Uint8Array, random: Random): Uint8Array {
  let bytes = Uint8Array.from(original);
  for (let change = random.integer(4); change >= 0; change -= 1) {
    const at = random.integer(bytes.length);
    const kind = random.integer(4);
    if (kind === 0) bytes[at] = random.integer(256);
    else if (kind === 1) bytes = bytes.slice(0, at);
    else if (kind === 2) bytes = Uint8Array.from([...bytes.slice(0, at), ...bytes.slice(random.integer(at + 1))]);
    else bytes[at % 4] = random.integer(256);
    if (bytes.length === 0) break;
  }
  return bytes;
}
