/** Who was removed from the cluster: bounded in number and in time. */
import type { DecodedTombstone } from '../codec/tombstone.ts';
import { BoundedMap } from '../envelope/bounded-map.ts';
import type { AuthorKey } from '../identity/peer-id.ts';
import type { BookLimits } from './limits.ts';
import { type BookRecord, type KeptRecord, idOf } from './record.ts';
import type { RecordId } from './record-id.ts';

interface Stone {
  readonly record: KeptRecord;
  readonly author: string;
  readonly generation: number;
}

export interface Tombstones {
  readonly count: () => number;
  /** True when this buries more than what is known. */
  isNews(stone: DecodedTombstone): boolean;
  /** Returns the records that had to go for it. */
  add(stone: DecodedTombstone, record: KeptRecord): readonly KeptRecord[];
  /** The generation up to which this author of this name is buried; undefined: it is not. Any name when none is given. */
  buriedUpTo(author: AuthorKey, name?: string): number | undefined;
  find(id: RecordId): BookRecord | undefined;
  /** Forgets those that are old enough, and keeps in mind not to take them again. Returns them. */
  expire(now: number): readonly KeptRecord[];
}

export function createTombstones(limits: BookLimits): Tombstones {
  /** By name and author; oldest first. */
  const stones = new Map<string, Stone>();
  /** Generations of those that have expired: a neighbour that heard of them later would bring them back for ever. */
  const expired = new BoundedMap<string, number>(limits.maxTombstones);

  /** By author, whatever its name: asked for every id that a neighbour has. */
  const generations = new Map<string, number>();

  const remove = (key: string, stone: Stone): KeptRecord => {
    stones.delete(key);
    expired.set(key, stone.generation);
    generations.delete(stone.author);
    for (const { author, generation } of stones.values()) {
      if (author === stone.author) generations.set(author, Math.max(generation, generations.get(author) ?? 0));
    }
    return stone.record;
  };

  return {
    count: () => stones.size,
    isNews({ name, author, generation }) {
      const key = keyOf(name, author);
      const held = Math.max(stones.get(key)?.generation ?? -1, expired.get(key) ?? -1);
      return generation > held;
    },
    add({ name, author, generation }, record) {
      const key = keyOf(name, author);
      const held = stones.get(key);
      stones.delete(key);
      const text = latin1(author);
      stones.set(key, { record, author: text, generation });
      generations.set(text, Math.max(generation, generations.get(text) ?? 0));
      if (held !== undefined) return [held.record];
      const oldest = stones.size > limits.maxTombstones ? stones.entries().next().value : undefined;
      return oldest === undefined ? [] : [remove(...oldest)];
    },
    buriedUpTo(author, name) {
      if (stones.size === 0) return undefined;
      return name === undefined ? generations.get(latin1(author)) : stones.get(keyOf(name, author))?.generation;
    },
    find: (id) =>
      stones
        .values()
        .map(({ record }) => record)
        .find((record) => sameId(idOf(record), id)),
    expire: (now) =>
      [...stones]
        .filter(([, { record }]) => now - record.madeAt >= limits.tombstoneMs)
        .map(([key, stone]) => remove(key, stone)),
  };
}

const latin1 = (author: AuthorKey): string => Buffer.from(author).toString('latin1');

const keyOf = (name: string, author: AuthorKey): string => `${name}/${latin1(author)}`;

const sameId = (one: RecordId, other: RecordId): boolean =>
  one.author === other.author && one.run === other.run && one.sequence === other.sequence;
