/** The short name of an envelope: what neighbours tell each other before they send one. */
import { isPrefix } from '../identity/peer-id.ts';

export interface RecordId {
  /** The first 8 bytes of the author's key in base64url. */
  readonly author: string;
  readonly type: string;
  /** The author's boot; of an event the epoch of its log. */
  readonly run: number | string;
  readonly sequence: number;
}

/** `author/type/run/sequence` */
export const idText = ({ author, type, run, sequence }: RecordId): string => `${author}/${type}/${run}/${sequence}`;

const ID = /^([\w-]{11})\/([a-z][a-z0-9-]{0,31})\/([1-9]\d{0,9}|[\w-]{11})\/([1-9]\d{0,15})$/;

/** Undefined for anything that {@link idText} does not write. */
export function parseId(text: string): RecordId | undefined {
  const [, author, type, run, sequence] = ID.exec(text) ?? [];
  if (!isPrefix(author) || type === undefined || run === undefined || !Number.isSafeInteger(Number(sequence))) {
    return undefined;
  }
  return { author, type, run: run.length === 11 ? run : Number(run), sequence: Number(sequence) };
}
