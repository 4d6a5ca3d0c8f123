import { describe, expect, it } from 'vitest';
import { testKeys } from '../envelope/testing.ts';
import { prefixOf } from '../identity/peer-id.ts';
import { ALICE, BOB, aBook, binding, event, ids, kindOf, never, report, tombstone } from './testing.ts';

describe('tombstones', () => {
  it('bury an author under its name up to a generation; the next claim lives again', () => {
    const book = aBook();
    for (const bytes of [binding(ALICE, 1, 4), report(ALICE, 1, 1)]) book.offer(bytes, 'peer', 0);

    expect(kindOf(book, tombstone(BOB, 1, ALICE, 4))).toBe('accepted');

    expect(book.buriedUpTo(ALICE.author, 'node-a')).toBe(4);
    expect(book.buriedUpTo(ALICE.author, 'node-b')).toBeUndefined();
    expect(kindOf(book, report(ALICE, 1, 2))).toBe('ignored: tombstoned');
    expect(kindOf(book, binding(ALICE, 2, 4))).toBe('ignored: tombstoned');
    expect(book.wants({ author: prefixOf(ALICE.author), type: 'report', run: 1, sequence: 9 })).toBe(false);
    expect(kindOf(book, binding(ALICE, 3, 5))).toBe('accepted');
    expect(kindOf(book, report(ALICE, 1, 2))).toBe('accepted');
  });

  it('are one for each grave, and the same one everywhere, whoever digs', () => {
    const stones = [
      tombstone(BOB, 1, ALICE, 4),
      tombstone(testKeys(3), 1, ALICE, 4),
      tombstone(testKeys(9), 1, ALICE, 4),
    ];
    const orders = [stones, stones.toReversed(), [...stones.slice(1), ...stones.slice(0, 1)]];

    const books = orders.map((order) => {
      const book = aBook();
      for (const bytes of order) book.offer(bytes, 'peer', 0);
      return book;
    });

    expect(new Set(books.map((book) => ids(book).join())).size).toBe(1);
    for (const book of books) {
      expect(book.stats().tombstones).toBe(1);
      expect(stones.map((bytes) => kindOf(book, bytes))).toEqual(['known', 'known', 'known']);
      expect(kindOf(book, tombstone(BOB, 2, ALICE, 3))).toBe('known');
      expect(kindOf(book, tombstone(BOB, 3, ALICE, 5))).toBe('accepted');
      expect(ids(book)).toEqual([`${prefixOf(BOB.author)}/tombstone/1/3`]);
    }
  });

  it('of one writer are told as news once, also where another one takes their place', () => {
    const book = aBook();
    const [kept, other] = [tombstone(BOB, 1, ALICE, 4), tombstone(testKeys(3), 1, ALICE, 4)].sort((one, two) =>
      Buffer.compare(one, two),
    );
    const offer = (bytes: Uint8Array | undefined) => book.offer(bytes ?? never(), 'peer', 0);

    expect([offer(other), offer(kept)]).toMatchObject([{ contentChanged: true }, { contentChanged: false }]);
  });

  it('leave the events of who was removed: they happened', () => {
    const book = aBook();
    for (const bytes of [binding(ALICE, 1, 4), report(ALICE, 1, 7), event(ALICE, 1)]) book.offer(bytes, 'peer', 0);
    book.offer(tombstone(BOB, 1, ALICE, 4), 'peer', 0);

    book.forget(ALICE.author);

    expect(book.latest(ALICE.author, 'report')).toBeUndefined();
    expect(book.events(ALICE.author)).toHaveLength(1);
    expect(kindOf(book, event(ALICE, 2))).toBe('accepted');
    expect(book.bucketHashes()).toEqual(aBook().bucketHashes());
  });

  it('an older report than was held does not come back after the author has', () => {
    const book = aBook();
    for (const bytes of [binding(ALICE, 1, 4), report(ALICE, 2, 7), tombstone(BOB, 1, ALICE, 4)])
      book.offer(bytes, 'peer', 0);
    book.forget(ALICE.author);
    const id = { author: prefixOf(ALICE.author), type: 'report', run: 2 };

    book.offer(binding(ALICE, 2, 5), 'peer', 0);

    expect([6, 7].map((sequence) => book.wants({ ...id, sequence }))).toEqual([false, true]);
    expect(kindOf(book, report(ALICE, 2, 6))).toBe('old');
    expect(kindOf(book, report(ALICE, 2, 7))).toBe('accepted');
  });

  it('make room for others: who was removed goes first when there are too many authors', () => {
    const book = aBook({ maxAuthors: 2 });
    for (const bytes of [report(ALICE, 1, 1), event(ALICE, 1), tombstone(BOB, 1, ALICE, 4)])
      book.offer(bytes, 'peer', 0);
    expect(kindOf(book, report(testKeys(3), 1, 1))).toBe('ignored: too-many-authors');

    book.forget(ALICE.author);

    expect(kindOf(book, report(testKeys(3), 1, 1))).toBe('accepted');
    expect(book.events(ALICE.author)).toEqual([]);
    expect(book.buriedUpTo(ALICE.author, 'node-a')).toBe(4);
    expect(book.stats()).toMatchObject({ authors: 2, tombstones: 1 });
  });

  it('come from the own disk at any rate, and from others at the rate of their writer', () => {
    const book = aBook();
    const stones = Array.from({ length: 200 }, (_, index) => tombstone(BOB, index + 1, testKeys(index + 10), 1));

    for (const bytes of stones) book.offer(bytes, 'disk', 0);
    expect(book.stats().tombstones).toBe(200);
    const strange = stones.map((_, index) => kindOf(book, tombstone(BOB, index + 201, testKeys(index + 10), 2)));
    expect(Map.groupBy(strange, (kind) => kind).get('accepted')).toHaveLength(20);
  });

  it('are bounded in number: the oldest goes', () => {
    const book = aBook({ maxTombstones: 2, stateRate: { burst: 99, perSecond: 1 } });
    const first = testKeys(4);
    const id = { author: prefixOf(first.author), type: 'report', run: 1, sequence: 1 };
    for (const bytes of [binding(first, 1, 1), tombstone(BOB, 1, first, 1)]) book.offer(bytes, 'peer', 0);
    expect(book.wants(id)).toBe(false);

    book.offer(tombstone(BOB, 2, testKeys(5), 1), 'peer', 0);
    book.offer(tombstone(BOB, 3, testKeys(6), 1), 'peer', 0);

    expect(book.buriedUpTo(first.author, 'node-a')).toBeUndefined();
    expect(book.wants(id)).toBe(true);
    expect(book.buriedUpTo(testKeys(6).author, 'node-a')).toBe(1);
    expect(book.stats().tombstones).toBe(2);
    // Nobody is asked for it again.
    expect(book.wants({ author: prefixOf(BOB.author), type: 'tombstone', run: 1, sequence: 1 })).toBe(false);
  });

  it('are forgotten after 30 days, and a neighbour does not bring them back', () => {
    const book = aBook();
    const day = 86_400_000;
    const stone = tombstone(BOB, 1, ALICE, 4);
    book.offer(stone, 'disk', 0, 10 * day);

    book.expire(20 * day - 1);
    expect(book.buriedUpTo(ALICE.author, 'node-a')).toBe(4);
    book.expire(20 * day);

    expect(book.buriedUpTo(ALICE.author, 'node-a')).toBeUndefined();
    expect(kindOf(book, stone, 20 * day)).toBe('known');
    expect(book.lastBuried(ALICE.author, 'node-a')).toBe(4);
    expect(book.grave('node-a')).toBeUndefined();
    expect(kindOf(book, tombstone(BOB, 2, ALICE, 5), 20 * day)).toBe('accepted');
    expect(book.grave('node-a')).toEqual({ upTo: 5, atMs: 20 * day });
  });
});
