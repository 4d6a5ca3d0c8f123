/** One envelope that is kept, with what is needed to find, order and relay it. */
import { type AuthorKey, prefixOf } from '../identity/peer-id.ts';
import type { RecordId } from './record-id.ts';

/** What readers see of it. */
export interface BookRecord {
  readonly author: AuthorKey;
  readonly type: string;
  readonly boot: number;
  /** Of an event its place in the log. */
  readonly sequence: number;
  readonly contentSequence: number;
  /** Only of events: the author's log that it belongs to. */
  readonly epoch: string | undefined;
  /** The whole envelope, as it was signed. */
  readonly bytes: Uint8Array;
  /** Who brought it; it need not be told what it told. */
  readonly from: string;
  /** Monotonic ms; as far as is known when it was made. */
  readonly madeAt: number;
  /** Its place in this agent's own order of arrival. */
  readonly offset: number;
}

/** The record as the book itself holds it. */
export interface KeptRecord extends BookRecord {
  offset: number;
}

export const idOf = ({ author, type, boot, sequence, epoch }: BookRecord): RecordId => ({
  author: prefixOf(author),
  type,
  run: epoch ?? boot,
  sequence,
});

/** Negative when (boot, sequence) comes before `other`. */
export const compareOrder = (
  one: { readonly boot: number; readonly sequence: number },
  other: { readonly boot: number; readonly sequence: number },
): number => one.boot - other.boot || one.sequence - other.sequence;
