/**
 * The datagrams of the overlay, version 1, on UDP port 7577. Numbers are big-endian.
 *
 * | offset | bytes | field |
 * |---|---|---|
 * | 0 | 2 | magic 0x4d4f (`MO`) |
 * | 2 | 1 | version 1 |
 * | 3 | 1 | kind: 1 call, 2 orders, 3 ping, 4 echo, 5 knock, 6 knocked |
 * | 4 | 4 | key id |
 * | 8 | 8 | nonce, random; orders, echoes and a knock repeat that of the call or ping that they answer, `knocked` that of the knock |
 * | 16 | | body: JSON of a call, orders or a knock; of a ping or an echo the sender's MTU in 2 bytes, then zeros; of `knocked` 1 or 0 |
 * | −16 | 16 | HMAC-SHA256 over everything before, cut to 16 bytes |
 *
 * A responder calls its own node's agent, which answers with the pod addresses to ping; the pings cross the overlay from
 * responder to responder. An echo is as long as its ping: it never amplifies, and a way back that loses long datagrams
 * shows as well. An agent may have its responder knock at one address: with the nonce of a call it names itself as the
 * one that was called.
 */
import { type Keyring, MAC_BYTES, type Signer, isMac } from './keys.ts';

export const KINDS = { call: 1, orders: 2, ping: 3, echo: 4, knock: 5, knocked: 6 } as const;
export type Kind = keyof typeof KINDS;

export interface Frame {
  readonly kind: Kind;
  /** 16 hexadecimal digits. */
  readonly nonce: string;
  readonly body: Uint8Array;
}

const MAGIC = 0x4d4f;
const VERSION = 1;
const HEAD_BYTES = 16;
const NONCE_BYTES = 8;
export const FRAME_BYTES = HEAD_BYTES + MAC_BYTES;
/** The largest jumbo frame. */
export const MAX_FRAME_BYTES = 9216;
/** Of calls and orders. */
export const MAX_MESSAGE_BYTES = 4096;
/** Of a knock, and of what is said to it. */
export const MAX_KNOCK_BYTES = 256;

export function encodeFrame({ kind, nonce, body }: Frame, signer: Signer): Buffer {
  const bytes = Buffer.alloc(FRAME_BYTES + body.byteLength);
  bytes.writeUInt16BE(MAGIC, 0);
  bytes[2] = VERSION;
  bytes[3] = KINDS[kind];
  bytes.write(signer.id, 4, 4, 'hex');
  bytes.write(nonce, 8, NONCE_BYTES, 'hex');
  bytes.set(body, HEAD_BYTES);
  bytes.set(signer.mac(bytes.subarray(0, bytes.length - MAC_BYTES)), bytes.length - MAC_BYTES);
  return bytes;
}

export interface Received extends Frame {
  readonly signer: Signer;
}

/**
 * What a holder of an accepted key sent; `unknown-key`: a frame by its looks, of another key; undefined: nothing that is
 * wanted here. Never throws.
 *
 * @param wanted the kinds that are, each with the bytes that it has at most: nothing else costs an HMAC
 */
export function decodeFrame(
  message: Uint8Array,
  keys: Keyring,
  wanted: Readonly<Partial<Record<Kind, number>>>,
): Received | 'unknown-key' | undefined {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  if (bytes.length < FRAME_BYTES || bytes.readUInt16BE(0) !== MAGIC || bytes[2] !== VERSION) return undefined;
  const kind = (Object.keys(KINDS) as Kind[]).find((name) => KINDS[name] === bytes[3]);
  if (kind === undefined || bytes.length > (wanted[kind] ?? 0)) return undefined;
  const signer = keys.find(bytes.toString('hex', 4, 8));
  if (signer === undefined) return 'unknown-key';
  const end = bytes.length - MAC_BYTES;
  if (!isMac(signer.mac(bytes.subarray(0, end)), bytes.subarray(end))) return undefined;
  // A copy: the message lies in a receive buffer that is used again.
  return {
    kind,
    signer,
    nonce: bytes.toString('hex', 8, HEAD_BYTES),
    body: Uint8Array.from(bytes.subarray(HEAD_BYTES, end)),
  };
}

const MTU_BYTES = 2;
/** A ping without anything that is not needed. */
export const SHORT_PING_BYTES = FRAME_BYTES + MTU_BYTES;

/** @param bytes how long the whole datagram is to be, {@link SHORT_PING_BYTES} or more */
export function pingBody(mtu: number, bytes: number): Uint8Array {
  const body = Buffer.alloc(Math.max(MTU_BYTES, bytes - FRAME_BYTES));
  body.writeUInt16BE(Math.min(mtu, 0xffff), 0);
  return body;
}

/** The sender's MTU; 0: it does not know. Undefined: it is no body of a ping. */
export const mtuIn = (body: Uint8Array): number | undefined =>
  body.length < MTU_BYTES ? undefined : Buffer.from(body.buffer, body.byteOffset, body.byteLength).readUInt16BE(0);
