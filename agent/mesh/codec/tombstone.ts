/**
 * A node was removed from the cluster: `[boot, sequence, sequence, writer's node, name, key, generation, why]`.
 *
 * It buries (name, key) up to a generation: the same agent lives again when it claims the next one.
 */
import { type AuthorKey, authorText } from '../identity/peer-id.ts';
import { readAuthor } from './binding.ts';
import { type Header, headerItems, readHeader, readNodeName } from './header.ts';
import { decodePayload, encodePayload } from './payload.ts';
import { readInteger, readMatch } from '../../model/read.ts';

const REASONS = ['deleted', 'absent', 'forget'] as const;

export interface Tombstone {
  readonly name: string;
  /** 32 bytes. */
  readonly author: AuthorKey;
  /** The binding's generation that it ends; 0 where none was known. */
  readonly generation: number;
  /** Its Node was deleted, was absent from two full lists, or a person said so. */
  readonly why: (typeof REASONS)[number];
}

export interface DecodedTombstone extends Tombstone {
  readonly header: Header;
}

export const TOMBSTONE = 'tombstone';
/** Far below the highest generation of a claim: whoever is buried can always claim the next one. */
export const MAX_BURIED = 0x7fff_ffff;

export const encodeTombstone = (header: Omit<Header, 'contentSequence'>, stone: Tombstone): Uint8Array =>
  encodePayload([
    ...headerItems({ ...header, contentSequence: header.sequence }),
    stone.name,
    authorText(stone.author),
    stone.generation,
    stone.why,
  ]);

/** Undefined for what is none. A reason of a newer version counts as `absent`. Never throws. */
export const decodeTombstone = (payload: Uint8Array): DecodedTombstone | undefined =>
  decodePayload(payload, (items) => {
    const why = readMatch(items[7], /^[a-z-]{1,32}$/);
    return {
      header: readHeader(items),
      name: readNodeName(items[4]),
      author: readAuthor(items[5]),
      generation: readInteger(items[6], 0, MAX_BURIED),
      why: REASONS.find((reason) => reason === why) ?? 'absent',
    };
  });
