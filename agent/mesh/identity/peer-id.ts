/**
 * The two names of an author: on the wire its raw Ed25519 public key, for people and libp2p a PeerId.
 *
 * A PeerId of an Ed25519 key is base58 over an identity multihash (0x00, length) of the key's protobuf (type 1, data).
 *
 * @see https://github.com/libp2p/specs/blob/master/peer-ids/peer-ids.md
 */
import { BoundedMap } from '../envelope/bounded-map.ts';
import { decodeBase58, encodeBase58 } from './base58.ts';

/** 32 bytes. */
export type AuthorKey = Uint8Array;

export const AUTHOR_KEY_BYTES = 32;

/** Identity multihash of 36 bytes; protobuf field 1 (key type) = 1 (Ed25519); field 2 (data), 32 bytes follow. */
const HEADER = Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20);

/** So many bytes of a key name its author where a full key is too long: ids of records and edges. */
const PREFIX_BYTES = 8;

/** As many as a large cluster has agents. */
const MAX_KNOWN = 8192;
/** By the key's bytes: base58 is a long division, and every event that is heard asks for its author's. */
const known = new BoundedMap<string, string>(MAX_KNOWN);
/** The other way round, which is a long division, too. */
const authors = new BoundedMap<string, AuthorKey>(MAX_KNOWN);

/** @throws {RangeError} when the key has not 32 bytes */
export function peerIdOf(author: AuthorKey): string {
  if (author.length !== AUTHOR_KEY_BYTES) throw new RangeError(`An author key has 32 bytes, not ${author.length}.`);
  const key = Buffer.from(author.buffer, author.byteOffset, author.byteLength).toString('latin1');
  const before = known.get(key);
  if (before !== undefined) return before;
  const peerId = encodeBase58(Buffer.concat([HEADER, author]));
  known.set(key, peerId);
  return peerId;
}

/** Undefined for anything but the PeerId of an Ed25519 key. The bytes are shared: nobody writes to them. */
export function authorOf(peerId: string): AuthorKey | undefined {
  const before = authors.get(peerId);
  if (before !== undefined) return before;
  const author = decodePeerId(peerId);
  if (author !== undefined) authors.set(peerId, author);
  return author;
}

function decodePeerId(peerId: string): AuthorKey | undefined {
  const bytes = decodeBase58(peerId, HEADER.length + AUTHOR_KEY_BYTES);
  if (bytes === undefined || bytes.length !== HEADER.length + AUTHOR_KEY_BYTES) return undefined;
  return HEADER.every((byte, at) => bytes[at] === byte) ? bytes.slice(HEADER.length) : undefined;
}

/** The first 8 bytes of a key in base64url: 11 characters. */
export const prefixOf = (author: AuthorKey): string =>
  Buffer.from(author.buffer, author.byteOffset, PREFIX_BYTES).toString('base64url');

/** A key in base64url: 43 characters. */
export const authorText = (author: AuthorKey): string => base64url(author);

/** Undefined for anything that {@link authorText} does not write. */
export function authorFromText(text: string): AuthorKey | undefined {
  if (!/^[\w-]{43}$/.test(text)) return undefined;
  const author = new Uint8Array(Buffer.from(text, 'base64url'));
  return author.length === AUTHOR_KEY_BYTES && authorText(author) === text ? author : undefined;
}

export const isPrefix = (text: unknown): text is string => typeof text === 'string' && /^[\w-]{11}$/.test(text);

const base64url = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url');
