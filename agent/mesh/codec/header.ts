/** What every payload begins with: `[boot, sequence, contentSequence, nodeName, …]`. */
import { Malformed, readInteger, readMatch } from './read.ts';

export interface Header {
  /** Start of the author's agent: a counter from 1, never a clock. */
  readonly boot: number;
  /**
   * From 1. Of reports: + 1 for each in this boot. Of events: the place in the author's log, which goes on over boots.
   * Of other types: + 1 for each envelope of that type in this boot.
   */
  readonly sequence: number;
  /** Of reports: the sequence of the last one whose content (not only ages and figures) changed. Else the sequence. */
  readonly contentSequence: number;
  /** The author's node. */
  readonly node: string;
}

export const MAX_BOOT = 0xffff_ffff;
const NODE_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$/;

export const headerItems = ({ boot, sequence, contentSequence, node }: Header): readonly unknown[] => [
  boot,
  sequence,
  contentSequence,
  node,
];

/** @throws {Malformed} */
export function readHeader([boot, sequence, contentSequence, node]: readonly unknown[]): Header {
  const header = {
    boot: readInteger(boot, 1, MAX_BOOT),
    sequence: readInteger(sequence, 1),
    contentSequence: readInteger(contentSequence, 1),
    node: readNodeName(node),
  };
  if (header.contentSequence > header.sequence) throw new Malformed('a content sequence up to the sequence');
  return header;
}

/** @throws {Malformed} */
export const readNodeName = (value: unknown): string => readMatch(value, NODE_NAME);

/** The longest header there can be, with an epoch and the characters behind it, in bytes. */
const MAX_HEADER_BYTES = 330;

const HEADER = /^\[([1-9]\d{0,9}),([1-9]\d{0,15}),([1-9]\d{0,15}),"([\w.-]{1,253})"(?:\]|,(?:"([\w-]{11})"[,\]])?)/;

/** A header, and what stands behind it where that looks like the epoch of an event log. */
export interface PeekedHeader extends Header {
  readonly epoch: string | undefined;
}

/**
 * The header of a payload without decoding the rest: far cheaper, and all that is needed to keep an envelope. A header
 * is written without white space. Undefined: this is no payload. Never throws.
 */
export function peekHeader(payload: Uint8Array): PeekedHeader | undefined {
  const start = Buffer.from(payload.buffer, payload.byteOffset, Math.min(payload.length, MAX_HEADER_BYTES));
  const match = HEADER.exec(start.toString('latin1'));
  if (match === null) return undefined;
  try {
    const header = readHeader([Number(match[1]), Number(match[2]), Number(match[3]), match[4]]);
    return { ...header, epoch: match[5] };
  } catch {
    return undefined;
  }
}
