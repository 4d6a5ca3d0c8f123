import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../test/lib/random.ts';
import { testEnvelope, testKeys } from '../envelope/testing.ts';
import { prefixOf } from '../identity/peer-id.ts';
import { differingBuckets } from './bucket-hashes.ts';
import { idText, parseId } from './record-id.ts';
import type { RecordBook } from './record-book.ts';
import { idOf } from './record.ts';
import { ALICE, BOB, EPOCH, aBook, event, ids, kindOf, never, report, tombstone } from './testing.ts';

describe('events', () => {
  const extent = (book: RecordBook): unknown[] =>
    book.logs().map(({ epoch, floor, head, count }) => [epoch, floor, head, count]);

  it('are all kept, in the order of their log', () => {
    const book = aBook();

    expect([3, 1, 3, 2].map((sequence) => kindOf(book, event(ALICE, sequence)))).toEqual([
      'accepted',
      'accepted',
      'known',
      'accepted',
    ]);
    expect(book.events(ALICE.author).map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    expect(extent(book)).toEqual([[EPOCH, 1, 3, 3]]);
    expect(kindOf(book, event(ALICE, 2, { text: 'another truth' }))).toBe('ignored: equivocation');
  });

  it('name those that a neighbour has more of', () => {
    const book = aBook();
    for (const sequence of [4, 6]) book.offer(event(ALICE, sequence), 'peer', 0);
    const theirs = { author: prefixOf(ALICE.author), epoch: EPOCH, floor: 3, head: 8 };

    expect(book.missingEvents(theirs, 10).map(({ sequence }) => sequence)).toEqual([8, 7, 5, 3]);
    expect(book.missingEvents({ ...theirs, epoch: 'BQIDBAUGBwg' }, 2).map(idText)).toEqual([
      `${theirs.author}/event/BQIDBAUGBwg/8`,
      `${theirs.author}/event/BQIDBAUGBwg/7`,
    ]);
    expect(book.missingEvents({ ...theirs, author: 'AAAAAAAAAAA', floor: 8 }, 9)).toHaveLength(1);
    expect(book.missingEvents({ ...theirs, floor: 9 }, 9)).toEqual([]);
  });

  it('have so many bytes for each author: the oldest go, and are not missing', () => {
    const size = event(ALICE, 10).length;
    const book = aBook({ minEventBytesPerAuthor: size * 3, maxEventBytesPerAuthor: size * 3 });
    for (let sequence = 10; sequence <= 16; sequence += 1) book.offer(event(ALICE, sequence), 'peer', 0);

    expect(extent(book)).toEqual([[EPOCH, 14, 16, 3]]);
    expect(kindOf(book, event(ALICE, 13))).toBe('old');
    expect(book.since(0, 100)).toHaveLength(3);
    expect(book.stats().bytes).toBe(size * 3);
  });

  it('that are older than all when there is no room are not asked for again', () => {
    const size = event(ALICE, 10).length;
    const book = aBook({ minEventBytesPerAuthor: size * 2, maxEventBytesPerAuthor: size * 2 });
    for (const sequence of [11, 12]) book.offer(event(ALICE, sequence), 'peer', 0);

    expect(kindOf(book, event(ALICE, 10))).toBe('ignored: log-full');

    expect(kindOf(book, event(ALICE, 10))).toBe('old');
    expect(extent(book)).toEqual([[EPOCH, 11, 12, 2]]);
  });

  it('of a new database begin a new log; the two with the newest boots are kept', () => {
    const book = aBook();
    const epochs = ['AAAAAAAAAAA', 'BAAAAAAAAAA', 'CAAAAAAAAAA'];
    for (const [index, epoch] of epochs.entries()) book.offer(event(ALICE, 5, { epoch, boot: index + 2 }), 'peer', 0);

    expect(extent(book).map((log) => (log as string[])[0])).toEqual(['BAAAAAAAAAA', 'CAAAAAAAAAA']);
    expect(kindOf(book, event(ALICE, 6, { epoch: 'AAAAAAAAAAA', boot: 2 }))).toBe('old');
    expect(book.since(0, 100)).toHaveLength(2);
  });

  it('of a kind that nobody knows are kept', () => {
    const book = aBook();

    expect(kindOf(book, testEnvelope(ALICE, 'event', [1, 0, 0, 'node-a', EPOCH, 1, 1, 'new-kind', {}]))).toBe(
      'accepted',
    );
  });
});

describe('sync', () => {
  it('reads on from a cursor; what was replaced comes once', () => {
    const book = aBook();
    for (const bytes of [report(ALICE, 1, 1), report(BOB, 1, 1), report(ALICE, 1, 2)]) book.offer(bytes, 'peer', 0);
    const cursor = book.head();
    book.offer(event(BOB, 1), 'peer', 0);

    expect(ids(book).map((id) => id.slice(12))).toEqual(['report/1/1', 'report/1/2', `event/${EPOCH}/1`]);
    expect(ids(book, cursor).map((id) => id.slice(12))).toEqual([`event/${EPOCH}/1`]);
    expect(ids(book, book.head())).toEqual([]);
  });

  it('ids say what is news and find what is there, or what took its place', () => {
    const book = aBook();
    for (const bytes of [report(ALICE, 2, 5), event(ALICE, 4), tombstone(BOB, 1, testKeys(3), 1)]) {
      book.offer(bytes, 'peer', 0);
    }
    const author = ids(book)[0]?.slice(0, 11) ?? '';
    const bob = ids(book)[2]?.slice(0, 11) ?? '';
    const table: readonly [string, boolean, boolean][] = [
      [`${author}/report/2/5`, false, true],
      [`${author}/report/1/9`, false, true],
      [`${author}/report/2/6`, true, false],
      [`${author}/leaving/1/1`, true, false],
      [`${author}/event/${EPOCH}/4`, false, true],
      [`${author}/event/${EPOCH}/5`, true, false],
      [`${author}/event/BQIDBAUGBwg/4`, true, false],
      [`${bob}/tombstone/1/1`, false, true],
      [`${bob}/tombstone/1/2`, true, false],
      ['AAAAAAAAAAA/report/1/1', true, false],
    ];

    const answers = table.map(([text]) => {
      const id = parseId(text) ?? never();
      return [text, book.wants(id), book.find(id) !== undefined];
    });
    expect(answers).toEqual(table);
  });

  it('bucket hashes are the same for the same content, and say where to look', () => {
    const [one, other] = [aBook(), aBook()];
    for (const bytes of [report(ALICE, 1, 1), report(ALICE, 1, 3, 1), report(BOB, 4, 2, 1)]) one.offer(bytes, 'x', 0);
    for (const bytes of [report(BOB, 4, 1), report(ALICE, 1, 1)]) other.offer(bytes, 'y', 0);
    expect(differingBuckets(one.bucketHashes(), other.bucketHashes())).toEqual([]);

    one.offer(report(BOB, 4, 3), 'x', 0);

    expect(differingBuckets(one.bucketHashes(), other.bucketHashes())).toEqual([BOB.author[0]]);
    expect(one.reportsInBucket(BOB.author[0] ?? -1).map(({ sequence }) => sequence)).toEqual([3]);
    const head = one.head();
    one.forget(BOB.author);
    one.forget(ALICE.author);
    expect(one.head()).toBeGreaterThan(head);
    expect(one.bucketHashes()).toEqual(aBook().bucketHashes());
    expect(one.since(0, 10)).toEqual([]);
    expect(one.stats()).toMatchObject({ reports: 0, bytes: 0 });
  });

  it('brings any two books together: 60 random histories with losses, replays and doubled numbers', () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const random = createRandom(seed);
      const books = [aBook(), aBook()];
      const authors = [ALICE, BOB, testKeys(3)];
      for (let step = 0; step < 30; step += 1) {
        const keys = random.pick(authors);
        const boot = 1 + random.integer(3);
        const sequence = 1 + random.integer(6);
        const bytes = random.chance(0.5) ? report(keys, boot, sequence) : event(keys, sequence, { boot: 1 });
        for (const book of books) if (random.chance(0.6)) book.offer(bytes, 'author', step * 1000);
      }
      const [left = never(), right = never()] = books;
      exchange(left, right);
      exchange(right, left);

      expect(new Set(ids(left)), `seed ${seed}`).toEqual(new Set(ids(right)));
      expect(left.bucketHashes(), `seed ${seed}`).toEqual(right.bucketHashes());
    }
  });
});

/** One side asks the other for all that it wants, as sync does. */
function exchange(to: RecordBook, from: RecordBook): void {
  for (const record of from.since(0, 10_000)) {
    if (to.wants(idOf(record))) to.offer(record.bytes, 'neighbour', 1e9);
  }
}
