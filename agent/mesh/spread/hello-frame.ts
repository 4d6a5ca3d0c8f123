/**
 * HELLO: who speaks, up to where it has read, and what it holds of the other.
 *
 *     byte     1
 *     byte     version of the protocol, from 1
 *     byte     flags: 0 = HASHES follows
 *     text     epoch of the sender's list: a byte of length, 1 to 32, and so many ASCII characters
 *     varint   offset of the newest record in it
 *     text     epoch of the other's list that the cursor belongs to; empty: there is no cursor
 *     varint   cursor
 *     varint   boot of the sender's own latest report; 0: it has none
 *     varint   sequence of that report
 *     varint   highest boot that the sender holds of the other's key; 0: none
 */
import { MAX_BOOT } from '../codec/header.ts';
import { Malformed } from '../../model/read.ts';
import { type ByteReader, ByteWriter, readFrame } from './bytes.ts';
import { FRAME } from './protocol.ts';

/** A place in another's list of records. */
export interface Cursor {
  readonly epoch: string;
  readonly offset: number;
}

export interface Hello {
  readonly version: number;
  readonly hashesFollow: boolean;
  readonly epoch: string;
  readonly head: number;
  readonly cursor: Cursor | undefined;
  readonly own: { readonly boot: number; readonly sequence: number };
  readonly heldBoot: number;
}

const MAX_EPOCH_LENGTH = 32;
const EPOCH = /^[\w-]{1,32}$/;
const HASHES_FOLLOW = 1;

export const encodeHello = (hello: Hello): Uint8Array =>
  new ByteWriter()
    .byte(FRAME.hello)
    .byte(hello.version)
    .byte(hello.hashesFollow ? HASHES_FOLLOW : 0)
    .text(hello.epoch)
    .varint(hello.head)
    .text(hello.cursor?.epoch ?? '')
    .varint(hello.cursor?.offset ?? 0)
    .varint(hello.own.boot)
    .varint(hello.own.sequence)
    .varint(hello.heldBoot)
    .done();

/** Undefined for what is none. Never throws. */
export const decodeHello = (frame: Uint8Array): Hello | undefined => readFrame(frame, FRAME.hello, readHello);

function readHello(reader: ByteReader): Hello {
  const version = reader.byte();
  if (version === 0) throw new Malformed('a version from 1');
  const flags = reader.byte();
  const epoch = readEpoch(reader);
  if (epoch === '') throw new Malformed('an epoch');
  const head = reader.varint();
  const cursorEpoch = readEpoch(reader);
  const offset = reader.varint();
  return {
    version,
    hashesFollow: (flags & HASHES_FOLLOW) !== 0,
    epoch,
    head,
    cursor: cursorEpoch === '' ? undefined : { epoch: cursorEpoch, offset },
    own: { boot: reader.varint(0, MAX_BOOT), sequence: reader.varint() },
    heldBoot: reader.varint(0, MAX_BOOT),
  };
}

function readEpoch(reader: ByteReader): string {
  const epoch = reader.text(MAX_EPOCH_LENGTH);
  if (epoch !== '' && !EPOCH.test(epoch)) throw new Malformed('an epoch');
  return epoch;
}
