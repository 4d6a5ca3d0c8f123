/**
 * Of which nodes an agent was told that somebody works there: `[boot, sequence, sequence, node, words]`. A word is
 * `[node, generation, for, left, reason]`, durations in ms; one of which nothing is left ends what others said before.
 *
 * All words of one author are in one record, which replaces the one before: so there is one for each agent at most, and
 * an older agent keeps it and passes it on without knowing what it means.
 */
import { cleanText } from '../../model/text.ts';
import { MAX_ENVELOPE_BYTES, envelopeOverhead } from '../envelope/envelope.ts';
import { type Header, headerItems, readHeader, readNodeName } from './header.ts';
import { decodePayload, encodePayload, trimmed, wireMs } from './payload.ts';
import { readArray, readInteger, readOptional, readText } from '../../model/read.ts';

export interface MaintenanceWord {
  /** The node in maintenance. */
  readonly node: string;
  /** From 1: one more than the highest that the author knew of this node. */
  readonly generation: number;
  /** Since it was said, when the record was made. */
  readonly forMs: number;
  /** How long it still holds, from when the record was made; 0: it is over. */
  readonly leftMs: number;
  readonly reason?: string;
}

export interface DecodedMaintenance {
  readonly header: Header;
  readonly words: readonly MaintenanceWord[];
}

export const MAINTENANCE = 'maintenance';
/** Of one agent. */
export const MAX_WORDS = 32;
export const MAX_GENERATION = 0x7fff_ffff;
export const MAX_REASON = 80;
/** Longer than any setting allows. */
const MAX_LEFT_MS = 31 * 86_400_000;
/** Of a word that is long over, and is kept because another's is not. */
const MAX_FOR_MS = 100 * 86_400_000;
const MAX_WORD_ITEMS = 16;
const MAX_PAYLOAD_BYTES = MAX_ENVELOPE_BYTES - envelopeOverhead(MAINTENANCE);

/** Undefined: there is no room for so many words. */
export function encodeMaintenance(
  header: Omit<Header, 'contentSequence'>,
  words: readonly MaintenanceWord[],
): Uint8Array | undefined {
  const payload = encodePayload([
    ...headerItems({ ...header, contentSequence: header.sequence }),
    words.map(({ node, generation, forMs, leftMs, reason }) =>
      trimmed([
        node,
        generation,
        Math.min(MAX_FOR_MS, wireMs(forMs)),
        wireMs(leftMs),
        reason === undefined ? null : cleanText(reason, MAX_REASON),
      ]),
    ),
  ]);
  return words.length > MAX_WORDS || payload.length > MAX_PAYLOAD_BYTES ? undefined : payload;
}

/** Undefined for what is none. Never throws. */
export const decodeMaintenance = (payload: Uint8Array): DecodedMaintenance | undefined =>
  decodePayload(payload, (items) => ({
    header: readHeader(items),
    words: readArray(items[4], MAX_WORDS).map(readWord),
  }));

/** @throws {Malformed} */
function readWord(value: unknown): MaintenanceWord {
  const [node, generation, forMs, leftMs, reason] = readArray(value, MAX_WORD_ITEMS);
  const text = readOptional(reason, (one) => readText(one, MAX_REASON));
  return {
    node: readNodeName(node),
    generation: readInteger(generation, 1, MAX_GENERATION),
    forMs: readInteger(forMs, 0, MAX_FOR_MS),
    leftMs: readInteger(leftMs, 0, MAX_LEFT_MS),
    ...(text !== undefined && text !== '' && { reason: text }),
  };
}
