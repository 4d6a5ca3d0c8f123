/**
 * The probe datagram, version 1. Numbers are big-endian; pings and acks have the same layout and the same length, so an
 * ack never amplifies.
 *
 * | offset | bytes | field |
 * |---|---|---|
 * | 0 | 1 | magic 0x4d (`M`) |
 * | 1 | 1 | version 1 |
 * | 2 | 1 | kind: 1 ping, 2 ack |
 * | 3 | 1 | flags: 0, readers ignore what they do not know |
 * | 4 | 4 | key id |
 * | 8 | 8 | sender: the first 8 bytes of its author key |
 * | 16 | 8 | target: the same of whom it is meant for |
 * | 24 | 4 | nonce, random for each ping; an ack repeats it |
 * | 28 | 4 | sequence of the ping on its edge, + 1 a ping; an ack repeats it |
 * | 32 | 2 | the low 16 bits of the highest sequence that the sender heard from the target's pings |
 * | 34 | 2 | heard: bit i is set when the sender heard the target's ping "that highest − i" |
 * | 36 | 4 | boot of the sender |
 * | 40 | 4 | sequence of the sender's newest report that says anything new |
 * | 44 | 8 | digest of what the sender knows |
 * | 52 | 8 | stamp, f64 Unix ms on the sender's clock: a ping's transmit time, an ack's receive time |
 * | 60 | 4 | hold, u32 µs: 0 in a ping; in an ack its transmit time − its receive time |
 * | 64 | 16 | HMAC-SHA256 over everything before, cut to 16 bytes |
 *
 * The four stamps of NTP (RFC 5905, section 8) are: origin, which the pinger remembers by nonce; receive = stamp;
 * transmit = stamp + hold; destination, which the pinger reads when the ack is there. Later editions of version 1 may put
 * fields between offset 64 and the MAC, which is always the last 16 bytes; up to 128 bytes are read.
 */
import { timingSafeEqual } from 'node:crypto';
import type { Keyring, ProbeKey } from './keys.ts';
import { KEY_ID_BYTES, MAC_BYTES } from './keys.ts';

export const DATAGRAM_BYTES = 80;
export const MAX_DATAGRAM_BYTES = 128;
export const AUTHOR_PREFIX_BYTES = 8;
export const DIGEST_BYTES = 8;

/** What every datagram says of its sender's own state. */
export interface StateStamp {
  /** 1 or more; see the identity file. */
  readonly boot: number;
  /** Sequence of the newest report within the boot. */
  readonly sequence: number;
  /** 8 bytes; equal digests mean equal knowledge. */
  readonly digest: Uint8Array;
}

/** Which of the other side's pings were heard: bit i of `bits` stands for the ping `highest − i`. */
export interface Heard {
  /** The low 16 bits of the sequence. */
  readonly highest: number;
  readonly bits: number;
}

export interface Datagram {
  readonly kind: 'ping' | 'ack';
  /** Author prefixes as 16 hex digits, ready for a Map. */
  readonly sender: string;
  readonly target: string;
  readonly nonce: number;
  readonly pingSequence: number;
  readonly heard: Heard;
  readonly state: StateStamp;
  readonly stampMs: number;
  readonly holdMicros: number;
}

export type Refusal = 'junk' | 'version' | 'unknown-key' | 'bad-mac' | 'malformed';
export type Decoded =
  | { readonly ok: true; readonly datagram: Datagram; readonly key: ProbeKey }
  | { readonly ok: false; readonly refusal: Refusal };

export const MAGIC = 0x4d;
export const VERSION = 1;
const KINDS = { ping: 1, ack: 2 } as const;
const BODY_BYTES = DATAGRAM_BYTES - MAC_BYTES;

/** The name of an author on the wire of the probes: 16 hex digits. */
export const authorPrefix = (authorKey: Uint8Array): string =>
  Buffer.from(authorKey.buffer, authorKey.byteOffset, AUTHOR_PREFIX_BYTES).toString('hex');

export function encodeDatagram(datagram: Datagram, key: ProbeKey): Buffer {
  const bytes = Buffer.allocUnsafe(DATAGRAM_BYTES);
  bytes[0] = MAGIC;
  bytes[1] = VERSION;
  bytes[2] = KINDS[datagram.kind];
  bytes[3] = 0;
  bytes.set(key.id, 4);
  bytes.write(datagram.sender, 8, AUTHOR_PREFIX_BYTES, 'hex');
  bytes.write(datagram.target, 16, AUTHOR_PREFIX_BYTES, 'hex');
  bytes.writeUInt32BE(datagram.nonce, 24);
  bytes.writeUInt32BE(datagram.pingSequence, 28);
  bytes.writeUInt16BE(datagram.heard.highest, 32);
  bytes.writeUInt16BE(datagram.heard.bits, 34);
  bytes.writeUInt32BE(datagram.state.boot, 36);
  bytes.writeUInt32BE(datagram.state.sequence, 40);
  bytes.set(datagram.state.digest.subarray(0, DIGEST_BYTES), 44);
  bytes.writeDoubleBE(datagram.stampMs, 52);
  bytes.writeUInt32BE(datagram.holdMicros, 60);
  bytes.set(key.mac(bytes.subarray(0, BODY_BYTES)), BODY_BYTES);
  return bytes;
}

/** Says whether the bytes can be a datagram of an accepted key, at the price of a few comparisons: before any HMAC. */
export function looksLikeDatagram(bytes: Uint8Array, keys: Keyring): ProbeKey | Refusal {
  if (bytes.byteLength < DATAGRAM_BYTES || bytes.byteLength > MAX_DATAGRAM_BYTES || bytes[0] !== MAGIC) return 'junk';
  if (bytes[1] !== VERSION) return 'version';
  return keys.find(bytes.subarray(4, 4 + KEY_ID_BYTES)) ?? 'unknown-key';
}

/** Never throws. Everything in an accepted datagram is within its range; who may say it is the caller's question. */
export function decodeDatagram(message: Uint8Array, keys: Keyring): Decoded {
  const key = looksLikeDatagram(message, keys);
  if (typeof key === 'string') return { ok: false, refusal: key };
  const bodyEnd = message.byteLength - MAC_BYTES;
  const isGenuine = timingSafeEqual(key.mac(message.subarray(0, bodyEnd)), message.subarray(bodyEnd));
  if (!isGenuine) return { ok: false, refusal: 'bad-mac' };
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  const kind = bytes[2] === KINDS.ping ? 'ping' : 'ack';
  const stampMs = bytes.readDoubleBE(52);
  const isMalformed = bytes[2] !== KINDS[kind] || !Number.isFinite(stampMs) || bytes.readUInt32BE(36) === 0;
  if (isMalformed) return { ok: false, refusal: 'malformed' };
  return { ok: true, key, datagram: readFields(bytes, kind, stampMs) };
}

function readFields(bytes: Buffer, kind: 'ping' | 'ack', stampMs: number): Datagram {
  return {
    kind,
    sender: bytes.toString('hex', 8, 16),
    target: bytes.toString('hex', 16, 24),
    nonce: bytes.readUInt32BE(24),
    pingSequence: bytes.readUInt32BE(28),
    heard: { highest: bytes.readUInt16BE(32), bits: bytes.readUInt16BE(34) },
    state: {
      boot: bytes.readUInt32BE(36),
      sequence: bytes.readUInt32BE(40),
      // A copy: the message lies in a receive buffer that is used again.
      digest: new Uint8Array(bytes.subarray(44, 44 + DIGEST_BYTES)),
    },
    stampMs,
    holdMicros: bytes.readUInt32BE(60),
  };
}
