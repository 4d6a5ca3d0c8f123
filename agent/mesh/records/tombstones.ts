/** Who was removed from the cluster: bounded in number and in time. */
import type { DecodedTombstone } from '../codec/tombstone.ts';
import { BoundedMap } from '../envelope/bounded-map.ts';
import type { AuthorKey } from '../identity/peer-id.ts';
import type { BookLimits } from './limits.ts';
import { type BookRecord, type KeptRecord, idOf } from './record.ts';
import { type RecordId, idText } from './record-id.ts';

interface Stone {
  readonly record: KeptRecord;
  readonly author: string;
  readonly generation: number;
}

export interface Grave {
  /** The highest generation. */
  readonly upTo: number;
  /** When it was buried, monotonic ms. */
  readonly atMs: number;
}

export interface Tombstones {
  readonly count: () => number;
  /**
   * - `news`: it buries more than what is known
   * - `twin`: it buries the same as one by another writer, and it is the one to keep: agents that heard of two in
   *   different orders must end with the same
   */
  rank(stone: DecodedTombstone, bytes: Uint8Array): 'news' | 'twin' | 'known';
  /** Returns the records that had to go for it. */
  add(stone: DecodedTombstone, record: KeptRecord): readonly KeptRecord[];
  /** The generation up to which this author of this name is buried; undefined: it is not. Any name when none is given. */
  buriedUpTo(author: AuthorKey, name?: string): number | undefined;
  /** The same, also of a tombstone that has expired; -1: there never was one. */
  lastBuried(author: AuthorKey, name: string): number;
  /** What is buried under this name, whoever had it. */
  grave(name: string): Grave | undefined;
  find(id: RecordId): BookRecord | undefined;
  /** True when it was here and expired, or had to go for others. */
  isSpent(id: RecordId): boolean;
  /** Forgets those that are old enough, and keeps in mind not to take them again. Returns them. */
  expire(now: number): readonly KeptRecord[];
}

export function createTombstones(limits: BookLimits): Tombstones {
  /** By name and author; oldest first. */
  const stones = new Map<string, Stone>();
  const byId = new Map<string, Stone>();
  /** Generations of those that have expired: a neighbour that heard of them later would bring them back for ever. */
  const expired = new BoundedMap<string, number>(limits.maxTombstones);
  const spent = new BoundedMap<string, true>(limits.maxTombstones);

  /** By author, whatever its name: asked for every id that a neighbour has. */
  const generations = new Map<string, number>();

  const remove = (key: string, stone: Stone): KeptRecord => {
    stones.delete(key);
    byId.delete(idTextOf(stone));
    expired.set(key, stone.generation);
    spent.set(idTextOf(stone), true);
    generations.delete(stone.author);
    for (const { author, generation } of stones.values()) {
      if (author === stone.author) generations.set(author, Math.max(generation, generations.get(author) ?? 0));
    }
    return stone.record;
  };
  const lastBuried = (key: string): number => Math.max(stones.get(key)?.generation ?? -1, expired.get(key) ?? -1);

  return {
    count: () => stones.size,
    rank({ name, author, generation }, bytes) {
      const key = keyOf(name, author);
      if (generation > lastBuried(key)) return 'news';
      const held = stones.get(key);
      const isTwin = held?.generation === generation && Buffer.compare(bytes, held.record.bytes) < 0;
      return isTwin ? 'twin' : 'known';
    },
    add({ name, author, generation }, record) {
      const key = keyOf(name, author);
      const held = stones.get(key);
      stones.delete(key);
      const text = latin1(author);
      const stone = { record, author: text, generation };
      stones.set(key, stone);
      byId.set(idTextOf(stone), stone);
      generations.set(text, Math.max(generation, generations.get(text) ?? 0));
      if (held !== undefined) {
        byId.delete(idTextOf(held));
        return [held.record];
      }
      const oldest = stones.size > limits.maxTombstones ? stones.entries().next().value : undefined;
      return oldest === undefined ? [] : [remove(...oldest)];
    },
    buriedUpTo(author, name) {
      if (stones.size === 0) return undefined;
      return name === undefined ? generations.get(latin1(author)) : stones.get(keyOf(name, author))?.generation;
    },
    lastBuried: (author, name) => lastBuried(keyOf(name, author)),
    grave(name) {
      let grave: Grave | undefined;
      for (const [key, { generation, record }] of stones)
        if (key.startsWith(`${name}/`) && generation > (grave?.upTo ?? -1))
          grave = { upTo: generation, atMs: record.madeAt };
      return grave;
    },
    find: (id) => byId.get(idText(id))?.record,
    isSpent: (id) => spent.get(idText(id)) === true,
    expire: (now) =>
      [...stones]
        .filter(([, { record }]) => now - record.madeAt >= limits.tombstoneMs)
        .map(([key, stone]) => remove(key, stone)),
  };
}

const idTextOf = ({ record }: Stone): string => idText(idOf(record));

const latin1 = (author: AuthorKey): string => Buffer.from(author).toString('latin1');

const keyOf = (name: string, author: AuthorKey): string => `${name}/${latin1(author)}`;
