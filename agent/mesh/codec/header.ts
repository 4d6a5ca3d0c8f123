/** What every payload begins with: `[boot, sequence, contentSequence, nodeName, …]`. */
import { Malformed, readInteger, readMatch } from '../../model/read.ts';

export interface Header {
  /** Start of the author's agent: a counter from 1, never a clock. */
  readonly boot: number;
  /**
   * Of reports: + 1 for each in this boot, from 1. Of bindings, tombstones and leaving: the same, each type for itself.
   * Of events: of the author's latest report, 0 before the first; an event has its own place in its author's log.
   */
  readonly sequence: number;
  /** The sequence of the last report whose content (not only ages and figures) changed; of other types the sequence. */
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

/**
 * @param minSequence 1, or 0 for types that may come before the first report
 * @throws {Malformed}
 */
export function readHeader(items: readonly unknown[], minSequence: 0 | 1 = 1): Header {
  const [boot, sequence, contentSequence, node] = items;
  const header = {
    boot: readInteger(boot, 1, MAX_BOOT),
    sequence: readInteger(sequence, minSequence),
    contentSequence: readInteger(contentSequence, minSequence),
    node: readNodeName(node),
  };
  if (header.contentSequence > header.sequence) throw new Malformed('a content sequence up to the sequence');
  return header;
}

/** @throws {Malformed} */
export const readNodeName = (value: unknown): string => readMatch(value, NODE_NAME);

/** The longest header there can be, with a place in a log and the character behind it, in bytes. */
const MAX_HEADER_BYTES = 345;

const COUNTER = '(0|[1-9]\\d{0,15})';
const HEADER = new RegExp(
  `^\\[${COUNTER},${COUNTER},${COUNTER},"([\\w.-]{1,253})"(?:\\]|,(?:"([\\w-]{11})",${COUNTER}[,\\]])?)`,
);

/** A header, and what stands behind it where that looks like an event's place in its author's log. */
export interface PeekedHeader extends Header {
  readonly place: { readonly epoch: string; readonly sequence: number } | undefined;
}

/**
 * The header of a payload without decoding the rest: far cheaper, and all that is needed to keep an envelope. A header
 * is written without white space. Undefined: this is no payload. Never throws.
 */
export function peekHeader(payload: Uint8Array): PeekedHeader | undefined {
  const start = Buffer.from(payload.buffer, payload.byteOffset, Math.min(payload.length, MAX_HEADER_BYTES));
  const match = HEADER.exec(start.toString('latin1'));
  if (match === null) return undefined;
  const [, boot, sequence, contentSequence, node, epoch, place] = match;
  try {
    return {
      ...readHeader([Number(boot), Number(sequence), Number(contentSequence), node], 0),
      place: epoch === undefined ? undefined : { epoch, sequence: readInteger(Number(place), 1) },
    };
  } catch {
    return undefined;
  }
}
