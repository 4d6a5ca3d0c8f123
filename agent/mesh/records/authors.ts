/** Everybody whose envelopes are kept, by key and by the prefix that ids name them with. */
import { type AuthorKey, prefixOf } from '../identity/peer-id.ts';
import { Attestations } from './attestations.ts';
import type { EventLog } from './event-log.ts';
import type { BookLimits } from './limits.ts';
import { type KeptRecord, compareOrder } from './record.ts';
import { TokenBucket } from './token-bucket.ts';

export interface Author {
  /** 32 bytes, a copy of its own. */
  readonly key: AuthorKey;
  readonly prefix: string;
  /** The latest record of every type but events and tombstones; a handful, so a list is the smallest index. */
  readonly latest: KeptRecord[];
  readonly logs: EventLog[];
  readonly stateTokens: TokenBucket;
  readonly eventTokens: TokenBucket;
  readonly attestations: Attestations;
  /** Of the binding that is held; 0 without one. */
  generation: number;
  /** How often it signed two things under one number. */
  equivocations: number;
  /** Set while it is removed from the cluster: its latest report then. An older one is not taken again later. */
  removed?: { readonly boot: number; readonly sequence: number };
}

/** What is held of a type. */
export const latestOf = (author: Author | undefined, type: string): KeptRecord | undefined =>
  author?.latest.find((record) => record.type === type);

/** Said before the latest report that was held of an author when it was removed from the cluster. */
export const isBeforeRemoval = (
  author: Author | undefined,
  position: { readonly boot: number; readonly sequence: number },
): boolean => author?.removed !== undefined && compareOrder(position, author.removed) < 0;

/** Why a new author is not taken in. */
export type AuthorRefusal = 'too-many-authors' | 'prefix-taken';

export interface AuthorIndex {
  readonly count: () => number;
  get(key: AuthorKey): Author | undefined;
  withPrefix(prefix: string): Author | undefined;
  /** Undefined: this author may be taken in. */
  refusal(key: AuthorKey): AuthorRefusal | undefined;
  /** Takes it in, unless it is there. Ask {@link refusal} before. */
  admit(key: AuthorKey, now: number): Author;
  remove(author: Author): void;
  all(): IterableIterator<Author>;
}

export function createAuthorIndex(limits: BookLimits): AuthorIndex {
  const byPrefix = new Map<string, Author>();
  const get = (key: AuthorKey): Author | undefined => {
    const author = byPrefix.get(prefixOf(key));
    return author !== undefined && Buffer.compare(author.key, key) === 0 ? author : undefined;
  };

  return {
    count: () => byPrefix.size,
    get,
    withPrefix: (prefix) => byPrefix.get(prefix),
    refusal(key) {
      if (get(key) !== undefined) return undefined;
      if (byPrefix.has(prefixOf(key))) return 'prefix-taken';
      return byPrefix.size >= limits.maxAuthors ? 'too-many-authors' : undefined;
    },
    admit(key, now) {
      const held = get(key);
      if (held !== undefined) return held;
      const author: Author = {
        key: Uint8Array.from(key),
        prefix: prefixOf(key),
        latest: [],
        logs: [],
        stateTokens: new TokenBucket(limits.stateRate, now),
        eventTokens: new TokenBucket(limits.eventRate, now),
        attestations: new Attestations(),
        generation: 0,
        equivocations: 0,
      };
      byPrefix.set(author.prefix, author);
      return author;
    },
    remove: (author) => byPrefix.delete(author.prefix),
    all: () => byPrefix.values(),
  };
}

/**
 * As {@link AuthorIndex.get}, for those who ask with the same key objects again and again: the text of a key costs more
 * than finding its author, and readers ask for everybody once a second.
 */
export function createAuthorFinder(index: AuthorIndex): (key: AuthorKey) => Author | undefined {
  const found = new WeakMap<AuthorKey, Author>();
  return (key) => {
    const known = found.get(key);
    if (known !== undefined && index.withPrefix(known.prefix) === known) return known;
    const author = index.get(key);
    if (author !== undefined) found.set(key, author);
    return author;
  };
}
