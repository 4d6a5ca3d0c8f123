/** An agent's own Ed25519 key. Importing a key costs more than a signature, so the key objects are made once. */
import { type KeyObject, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { type AuthorKey, peerIdOf } from './peer-id.ts';

export interface KeyPair {
  readonly author: AuthorKey;
  readonly peerId: string;
  /** The 32-byte secret that everything else follows from. */
  readonly seed: Uint8Array;
  /** Seed and public key, 64 bytes: what libp2p's `privateKeyFromRaw` takes. */
  readonly privateKeyRaw: Uint8Array;
  /** The 64-byte Ed25519 signature. */
  sign(message: Uint8Array): Uint8Array;
}

export const SEED_BYTES = 32;

/** DER around a raw Ed25519 key (RFC 8410): PKCS #8 for the seed, SubjectPublicKeyInfo for the public key. */
const PKCS8_HEADER = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI_HEADER = Buffer.from('302a300506032b6570032100', 'hex');

/** @throws {RangeError} when the seed has not 32 bytes */
export function keyPairFromSeed(seed: Uint8Array): KeyPair {
  if (seed.length !== SEED_BYTES) throw new RangeError(`A seed has 32 bytes, not ${seed.length}.`);
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_HEADER, seed]), format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  const author = new Uint8Array(spki.subarray(SPKI_HEADER.length));
  return {
    author,
    peerId: peerIdOf(author),
    seed: Uint8Array.from(seed),
    privateKeyRaw: Uint8Array.from([...seed, ...author]),
    sign: (message) => sign(null, message, privateKey),
  };
}

/** @throws {RangeError} when the key has not 32 bytes */
export function publicKeyOf(author: AuthorKey): KeyObject {
  if (author.length !== SEED_BYTES) throw new RangeError(`An author key has 32 bytes, not ${author.length}.`);
  return createPublicKey({ key: Buffer.concat([SPKI_HEADER, author]), format: 'der', type: 'spki' });
}
