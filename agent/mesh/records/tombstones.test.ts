import { describe, expect, it } from 'vitest';
import { testKeys } from '../envelope/testing.ts';
import { prefixOf } from '../identity/peer-id.ts';
import { ALICE, BOB, aBook, binding, event, kindOf, report, tombstone } from './testing.ts';

describe('tombstones', () => {
  it('bury an author under its name up to a generation; the next claim lives again', () => {
    const book = aBook();
    for (const bytes of [binding(ALICE, 1, 4), report(ALICE, 1, 1)]) book.offer(bytes, 'peer', 0);

    expect(kindOf(book, tombstone(BOB, 1, ALICE, 4))).toBe('accepted');

    expect(book.buriedUpTo(ALICE.author, 'node-a')).toBe(4);
    expect(book.buriedUpTo(ALICE.author, 'node-b')).toBeUndefined();
    expect(kindOf(book, report(ALICE, 1, 2))).toBe('ignored: tombstoned');
    expect(kindOf(book, event(ALICE, 1))).toBe('ignored: tombstoned');
    expect(kindOf(book, binding(ALICE, 2, 4))).toBe('ignored: tombstoned');
    expect(book.wants({ author: prefixOf(ALICE.author), type: 'report', run: 1, sequence: 9 })).toBe(false);
    expect(kindOf(book, binding(ALICE, 3, 5))).toBe('accepted');
    expect(kindOf(book, report(ALICE, 1, 2))).toBe('accepted');
  });

  it('are one for each grave, whoever digs', () => {
    const book = aBook();

    expect(
      [
        tombstone(BOB, 1, ALICE, 4),
        tombstone(testKeys(3), 1, ALICE, 4),
        tombstone(BOB, 2, ALICE, 3),
        tombstone(BOB, 3, ALICE, 5),
      ].map((bytes) => kindOf(book, bytes)),
    ).toEqual(['accepted', 'known', 'known', 'accepted']);
    expect(book.stats().tombstones).toBe(1);
    expect(book.since(0, 10)).toHaveLength(1);
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
    expect(kindOf(book, tombstone(BOB, 2, ALICE, 5), 20 * day)).toBe('accepted');
  });
});
