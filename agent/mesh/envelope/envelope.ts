/**
 * The envelope around everything that is replicated: stored and relayed byte for byte, so that what one agent signed
 * reaches all others unchanged, also through those that do not know its type.
 *
 *     byte 0        version, 1
 *     byte 1        n, length of the type, 1 to 32
 *     n bytes       type, ASCII: a small letter, then small letters, digits and hyphens
 *     32 bytes      author, a raw Ed25519 public key
 *     64 bytes      Ed25519 signature over "meerkat/" + type + "/1", the 16 bytes of the cluster's id, and the payload
 *     the rest      payload, at least one byte
 */
import type { ClusterId } from '../identity/cluster-id.ts';
import { AUTHOR_KEY_BYTES, type AuthorKey } from '../identity/peer-id.ts';

/** The parts of an envelope; views into its bytes. */
export interface Envelope {
  readonly type: string;
  readonly author: AuthorKey;
  readonly signature: Uint8Array;
  readonly payload: Uint8Array;
}

/** What is wrong with bytes that are no envelope. */
export type EnvelopeFault = 'undecodable' | 'oversize';

export type DecodedEnvelope =
  | { readonly ok: true; readonly envelope: Envelope }
  | { readonly ok: false; readonly why: EnvelopeFault };

/** Whoever signs: a key pair, or a test. */
export interface Signer {
  readonly author: AuthorKey;
  sign(message: Uint8Array): Uint8Array;
}

const VERSION = 1;
export const MAX_ENVELOPE_BYTES = 16 * 1024;
const MAX_TYPE_BYTES = 32;
export const SIGNATURE_BYTES = 64;
const CLUSTER_ID_BYTES = 16;

const TYPE = /^[a-z][a-z0-9-]{0,31}$/;

/** Bytes of an envelope of this type besides its payload. */
export const envelopeOverhead = (type: string): number => 2 + type.length + AUTHOR_KEY_BYTES + SIGNATURE_BYTES;

/** Never throws. The parts are views into `bytes`. */
export function decodeEnvelope(bytes: Uint8Array): DecodedEnvelope {
  if (bytes.length > MAX_ENVELOPE_BYTES) return { ok: false, why: 'oversize' };
  const typeLength = bytes[1] ?? 0;
  const authorAt = 2 + typeLength;
  const signatureAt = authorAt + AUTHOR_KEY_BYTES;
  const payloadAt = signatureAt + SIGNATURE_BYTES;
  if (bytes[0] !== VERSION || typeLength < 1 || typeLength > MAX_TYPE_BYTES || bytes.length <= payloadAt) {
    return { ok: false, why: 'undecodable' };
  }
  const type = typeOf(bytes);
  if (!TYPE.test(type)) return { ok: false, why: 'undecodable' };
  return {
    ok: true,
    envelope: {
      type,
      author: bytes.subarray(authorAt, signatureAt),
      signature: bytes.subarray(signatureAt, payloadAt),
      payload: bytes.subarray(payloadAt),
    },
  };
}

/** The type that an envelope says it has, whatever else is wrong with it. Never throws. */
export const typeOf = (bytes: Uint8Array): string => latin1(bytes.subarray(2, 2 + (bytes[1] ?? 0)));

/** @throws {RangeError} for a type, a length or a size that no reader accepts */
export function encodeEnvelope({ type, author, signature, payload }: Envelope): Uint8Array {
  const size = envelopeOverhead(type) + payload.length;
  if (!TYPE.test(type)) throw new RangeError(`"${type}" is no type of an envelope.`);
  if (author.length !== AUTHOR_KEY_BYTES || signature.length !== SIGNATURE_BYTES || payload.length === 0) {
    throw new RangeError('An envelope has an author of 32 bytes, a signature of 64 and a payload.');
  }
  if (size > MAX_ENVELOPE_BYTES) throw new RangeError(`An envelope of ${size} bytes is too large.`);
  const bytes = new Uint8Array(size);
  bytes[0] = VERSION;
  bytes[1] = type.length;
  bytes.set(Buffer.from(type, 'ascii'), 2);
  bytes.set(author, 2 + type.length);
  bytes.set(signature, 2 + type.length + AUTHOR_KEY_BYTES);
  bytes.set(payload, size - payload.length);
  return bytes;
}

/** @throws {RangeError} as {@link encodeEnvelope} */
export function signEnvelope(type: string, payload: Uint8Array, signer: Signer, clusterId: ClusterId): Uint8Array {
  const signature = signer.sign(signedMessage(type, clusterId, payload));
  return encodeEnvelope({ type, author: signer.author, signature, payload });
}

/** What the signature covers. @throws {RangeError} when the cluster id has not 16 bytes */
export function signedMessage(type: string, clusterId: ClusterId, payload: Uint8Array): Uint8Array {
  if (clusterId.length !== CLUSTER_ID_BYTES) throw new RangeError('A cluster id has 16 bytes.');
  return Buffer.concat([Buffer.from(`meerkat/${type}/1`, 'ascii'), clusterId, payload]);
}

const latin1 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
