/**
 * Datagrams that are as long as is asked for: whether they pass tells how much the path lets through. Of the same version
 * as the probes, and on the same port; an agent that does not know them takes the short ones for malformed and says
 * nothing. Numbers are big-endian.
 *
 * | offset | bytes | field |
 * |---|---|---|
 * | 0 | 1 | magic 0x4d (`M`) |
 * | 1 | 1 | version 1 |
 * | 2 | 1 | kind: 3 size ping, 4 size ack |
 * | 3 | 1 | flags: 0, readers ignore what they do not know |
 * | 4 | 4 | key id |
 * | 8 | 8 | sender: the first 8 bytes of its author key |
 * | 16 | 8 | target: the same of whom it is meant for |
 * | 24 | 4 | nonce, random for each ping; an ack repeats it |
 * | 28 | 2 | MTU of the interface by which the sender is reached; 0: it does not know |
 * | 30 | | zeros |
 * | −16 | 16 | HMAC-SHA256 over everything before, cut to 16 bytes |
 *
 * An ack is as long as its ping: it never amplifies, and a way back that loses long ones shows as well.
 */
import { timingSafeEqual } from 'node:crypto';
import { AUTHOR_PREFIX_BYTES, DATAGRAM_BYTES, MAGIC, type Refusal, VERSION } from './datagram.ts';
import { KEY_ID_BYTES, type Keyring, MAC_BYTES, type ProbeKey } from './keys.ts';

export interface SizeDatagram {
  readonly kind: 'size-ping' | 'size-ack';
  /** Author prefixes as 16 hex digits. */
  readonly sender: string;
  readonly target: string;
  readonly nonce: number;
  readonly mtu: number;
}

export type DecodedSize =
  | { readonly ok: true; readonly datagram: SizeDatagram; readonly key: ProbeKey }
  | { readonly ok: false; readonly refusal: Refusal };

/** Of IPv4 and UDP. */
export const HEADER_BYTES = 28;
/** Of the largest jumbo frame. An interface with more, as loopback has, is none that frames leave by. */
export const MAX_MTU = 9216;
/** As long as any probe: what everybody lets pass. */
export const SHORT_BYTES = DATAGRAM_BYTES;

const KINDS = { 'size-ping': 3, 'size-ack': 4 } as const;

/** @param bytes how long it is to be without the headers of UDP and IP */
export function encodeSize({ kind, sender, target, nonce, mtu }: SizeDatagram, bytes: number, key: ProbeKey): Buffer {
  const message = Buffer.alloc(Math.max(SHORT_BYTES, bytes));
  message[0] = MAGIC;
  message[1] = VERSION;
  message[2] = KINDS[kind];
  message.set(key.id, 4);
  message.write(sender, 8, AUTHOR_PREFIX_BYTES, 'hex');
  message.write(target, 16, AUTHOR_PREFIX_BYTES, 'hex');
  message.writeUInt32BE(nonce, 24);
  message.writeUInt16BE(Math.min(mtu, 0xffff), 28);
  const body = message.length - MAC_BYTES;
  message.set(key.mac(message.subarray(0, body)), body);
  return message;
}

/** By its looks alone: whose it is says its MAC. */
export const isSizeDatagram = (message: Uint8Array): boolean =>
  message.byteLength >= SHORT_BYTES &&
  message.byteLength <= MAX_MTU - HEADER_BYTES &&
  message[0] === MAGIC &&
  message[1] === VERSION &&
  (message[2] === KINDS['size-ping'] || message[2] === KINDS['size-ack']);

/** Of what {@link isSizeDatagram}: whether a MAC is worth its check. */
export const hasSizeKey = (message: Uint8Array, keys: Keyring): boolean =>
  keys.find(Buffer.from(message.buffer, message.byteOffset + 4, KEY_ID_BYTES)) !== undefined;

/** Of what {@link isSizeDatagram}. Never throws. */
export function decodeSize(message: Uint8Array, keys: Keyring): DecodedSize {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  const key = keys.find(bytes.subarray(4, 4 + KEY_ID_BYTES));
  if (key === undefined) return { ok: false, refusal: 'unknown-key' };
  const body = bytes.length - MAC_BYTES;
  if (!timingSafeEqual(key.mac(bytes.subarray(0, body)), bytes.subarray(body)))
    return { ok: false, refusal: 'bad-mac' };
  return {
    ok: true,
    key,
    datagram: {
      kind: bytes[2] === KINDS['size-ping'] ? 'size-ping' : 'size-ack',
      sender: bytes.toString('hex', 8, 16),
      target: bytes.toString('hex', 16, 24),
      nonce: bytes.readUInt32BE(24),
      mtu: bytes.readUInt16BE(28),
    },
  };
}
