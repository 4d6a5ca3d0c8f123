/** What is pinned to the board: `[boot, sequence, sequence, node, items]`, in a type of record for each topic. */
import { MAX_NOTE_BYTES, MAX_NOTE_ITEMS } from '../../model/board.ts';
import { readArray } from '../../model/read.ts';
import { type Header, headerItems } from './header.ts';
import { decodePayload, encodePayload } from './payload.ts';

/** Undefined: it is too long. */
export function encodeNote(header: Omit<Header, 'contentSequence'>, items: readonly unknown[]): Uint8Array | undefined {
  if (items.length > MAX_NOTE_ITEMS || Buffer.byteLength(JSON.stringify(items)) > MAX_NOTE_BYTES) return undefined;
  return encodePayload([...headerItems({ ...header, contentSequence: header.sequence }), items]);
}

/** The items as they are; undefined for what is no note. Never throws. */
export const decodeNote = (payload: Uint8Array): readonly unknown[] | undefined =>
  decodePayload(payload, (items) => readArray(items[4], MAX_NOTE_ITEMS));
