/**
 * An agent claims its node's name, or defends it: `[boot, sequence, sequence, name, generation, refuted, nodeUid]`.
 *
 * `refuted` is the key of the agent whose claim of the same generation this one answers. See `names/` for who wins.
 */
import { type AuthorKey, authorFromText, authorText } from '../identity/peer-id.ts';
import { type Header, headerItems, readHeader } from './header.ts';
import { decodePayload, encodePayload, trimmed } from './payload.ts';
import { Malformed, readInteger, readMatch, readOptional } from '../../model/read.ts';

export interface BindingClaim {
  /** From 1: one more than the highest that the claimant knew of. */
  readonly generation: number;
  /** 32 bytes. Present when a live holder defends the name. */
  readonly refuted?: AuthorKey;
  /** UID of the Node object as the claimant knows it. */
  readonly nodeUid?: string;
}

export interface DecodedBinding extends BindingClaim {
  /** Its `node` is the name that is claimed. */
  readonly header: Header;
}

export const BINDING = 'binding';
export const MAX_GENERATION = 0xffff_ffff;
const NODE_UID = /^[0-9A-Za-z-]{1,64}$/;

export const encodeBinding = (header: Omit<Header, 'contentSequence'>, claim: BindingClaim): Uint8Array =>
  encodePayload(
    trimmed([
      ...headerItems({ ...header, contentSequence: header.sequence }),
      claim.generation,
      claim.refuted === undefined ? null : authorText(claim.refuted),
      claim.nodeUid ?? null,
    ]),
  );

/** Undefined for what is none. Never throws. */
export const decodeBinding = (payload: Uint8Array): DecodedBinding | undefined =>
  decodePayload(payload, (items) => {
    const refuted = readOptional(items[5], readAuthor);
    const nodeUid = readOptional(items[6], (text) => readMatch(text, NODE_UID));
    return {
      header: readHeader(items),
      generation: readInteger(items[4], 1, MAX_GENERATION),
      ...(refuted !== undefined && { refuted }),
      ...(nodeUid !== undefined && { nodeUid }),
    };
  });

/** @throws {Malformed} */
export function readAuthor(value: unknown): AuthorKey {
  const author = typeof value === 'string' ? authorFromText(value) : undefined;
  if (author === undefined) throw new Malformed('the key of an author');
  return author;
}
