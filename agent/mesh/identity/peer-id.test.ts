import { generateKeyPairFromSeed, privateKeyFromRaw } from '@libp2p/crypto/keys';
import { peerIdFromPrivateKey, peerIdFromString } from '@libp2p/peer-id';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../test/lib/random.ts';
import { decodeBase58, encodeBase58 } from './base58.ts';
import { keyPairFromSeed, publicKeyOf } from './key-pair.ts';
import { authorFromText, authorOf, authorText, isPrefix, peerIdOf, prefixOf } from './peer-id.ts';

const random = createRandom(7);
const bytes = (count: number): Uint8Array => Uint8Array.from({ length: count }, () => random.integer(256));
const SEEDS = [new Uint8Array(32), new Uint8Array(32).fill(255), ...Array.from({ length: 20 }, () => bytes(32))];

describe('base58', () => {
  it.each([
    ['', ''],
    ['00', '1'],
    ['0000', '11'],
    ['61', '2g'],
    ['626262', 'a3gV'],
    [
      '000111d38e5fc9071ffcd20b4a763cc9ae4f252bb4e48fd66a835e252ada93ff480d6dd43dc62a641155a5',
      '1'.concat('23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'),
    ],
  ])('writes %s as %s', (hex, text) => {
    expect(encodeBase58(Buffer.from(hex, 'hex'))).toBe(text);
    expect(Buffer.from(decodeBase58(text) ?? []).toString('hex')).toBe(hex);
  });

  it('refuses other alphabets and too much', () => {
    expect(decodeBase58('0')).toBeUndefined();
    expect(decodeBase58('aé')).toBeUndefined();
    expect(decodeBase58('z'.repeat(100_000))).toBeUndefined();
    expect(decodeBase58('1'.repeat(65))).toBeUndefined();
    expect(() => encodeBase58(new Uint8Array(65))).toThrow(RangeError);
  });
});

describe('PeerId', () => {
  it.each(SEEDS)('is the one that libp2p derives (%#)', async (seed) => {
    const theirs = await generateKeyPairFromSeed('Ed25519', seed);

    const ours = keyPairFromSeed(seed);

    expect(ours.peerId).toBe(peerIdFromPrivateKey(theirs).toString());
    expect(ours.author).toEqual(theirs.publicKey.raw);
    expect(peerIdFromPrivateKey(privateKeyFromRaw(ours.privateKeyRaw)).toString()).toBe(ours.peerId);
    expect(authorOf(ours.peerId)).toEqual(ours.author);
    expect(peerIdFromString(peerIdOf(ours.author)).publicKey?.raw).toEqual(ours.author);
  });

  it('takes nothing else for one', () => {
    const { peerId } = keyPairFromSeed(new Uint8Array(32));

    expect(authorOf('')).toBeUndefined();
    expect(authorOf(peerId.slice(0, -1))).toBeUndefined();
    expect(authorOf(`${peerId}1`)).toBeUndefined();
    expect(authorOf('QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N')).toBeUndefined();
    expect(() => peerIdOf(new Uint8Array(31))).toThrow(RangeError);
  });

  it('verifies with libp2p what node signs', async () => {
    const pair = keyPairFromSeed(SEEDS[5] ?? new Uint8Array(32));
    const theirs = await generateKeyPairFromSeed('Ed25519', pair.seed);
    const message = bytes(500);

    expect(await theirs.publicKey.verify(message, pair.sign(message))).toBe(true);
    expect(publicKeyOf(pair.author).asymmetricKeyType).toBe('ed25519');
  });
});

describe('author as text', () => {
  it('comes back, and only from its own text', () => {
    const author = bytes(32);
    const text = authorText(author);

    expect(authorFromText(text)).toEqual(author);
    expect(authorFromText(`${text}A`)).toBeUndefined();
    // The last character holds two bits too many: only one spelling is right.
    const last = text.at(-1) === 'A' ? 'B' : String.fromCharCode((text.codePointAt(42) ?? 0) + 1);
    expect(authorFromText(text.slice(0, 42) + last)).toBeUndefined();
  });

  it('has a prefix of 8 bytes', () => {
    expect(prefixOf(Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9]))).toBe('AQIDBAUGBwg');
    expect(isPrefix('AQIDBAUGBwg')).toBe(true);
    expect(isPrefix('AQIDBAUGBw=')).toBe(false);
    expect(isPrefix(7)).toBe(false);
  });
});
