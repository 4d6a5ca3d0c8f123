import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../test/lib/random.ts';
import { encodeBinding } from '../codec/binding.ts';
import { encodeTombstone } from '../codec/tombstone.ts';
import { signEnvelope } from '../envelope/envelope.ts';
import { TEST_CLUSTER, testEnvelope, testKeys } from '../envelope/testing.ts';
import { createVerifier } from '../envelope/verifier.ts';
import type { KeyPair } from '../identity/key-pair.ts';
import { prefixOf } from '../identity/peer-id.ts';
import { differingBuckets } from './bucket-hashes.ts';
import type { BookLimits } from './limits.ts';
import { idText, parseId } from './record-id.ts';
import { type RecordBook, createRecordBook } from './record-book.ts';
import { idOf } from './record.ts';

const ALICE = testKeys(1);
const BOB = testKeys(2);
const EPOCH = 'AQIDBAUGBwg';

const aBook = (limits: Partial<BookLimits> = {}): RecordBook =>
  createRecordBook({ verifier: createVerifier({ clusterId: TEST_CLUSTER }), epoch: 'book-epoch1', limits });

const report = (keys: KeyPair, boot: number, sequence: number, contentSequence = sequence, text = 'x'): Uint8Array =>
  testEnvelope(keys, 'report', [boot, sequence, contentSequence, 'node-a', text]);
const event = (keys: KeyPair, sequence: number, { epoch = EPOCH, boot = 1, text = 'x' } = {}): Uint8Array =>
  testEnvelope(keys, 'event', [boot, sequence, sequence, 'node-a', epoch, 1, 'agent-notice', text]);
const binding = (keys: KeyPair, sequence: number, generation: number): Uint8Array =>
  signEnvelope('binding', encodeBinding({ boot: 1, sequence, node: 'node-a' }, { generation }), keys, TEST_CLUSTER);
const tombstone = (writer: KeyPair, sequence: number, keys: KeyPair, generation: number): Uint8Array =>
  signEnvelope(
    'tombstone',
    encodeTombstone(
      { boot: 1, sequence, node: 'writer' },
      { name: 'node-a', author: keys.author, generation, why: 'deleted' },
    ),
    writer,
    TEST_CLUSTER,
  );

const kindOf = (book: RecordBook, bytes: Uint8Array, now = 0): string => {
  const result = book.offer(bytes, 'peer', now);
  return 'why' in result ? `${result.kind}: ${result.why}` : result.kind;
};
const ids = (book: RecordBook, offset = 0): string[] => book.since(offset, 1000).map((record) => idText(idOf(record)));

describe('reports', () => {
  it('are ordered by boot, then sequence, whatever order they come in', () => {
    const book = aBook();

    expect(
      [
        report(ALICE, 2, 5),
        report(ALICE, 2, 5),
        report(ALICE, 2, 4),
        report(ALICE, 1, 99),
        report(ALICE, 2, 6),
        report(ALICE, 3, 1),
      ].map((bytes) => kindOf(book, bytes)),
    ).toEqual(['accepted', 'known', 'old', 'old', 'accepted', 'accepted']);
    expect(book.latest(ALICE.author, 'report')).toMatchObject({ boot: 3, sequence: 1 });
    expect(book.stats()).toMatchObject({ reports: 1, accepted: 3, known: 1, old: 2 });
  });

  it('are kept byte for byte, apart from the buffer that they came in', () => {
    const book = aBook();
    const bytes = report(ALICE, 1, 1);
    const buffer = Uint8Array.from([9, 9, ...bytes, 9]);
    book.offer(buffer.subarray(2, 2 + bytes.length), 'peer', 100, 40);
    buffer.fill(0);

    expect(book.latest(ALICE.author, 'report')).toMatchObject({ bytes, from: 'peer', madeAt: 60 });
  });

  it('tell news from mere ageing', () => {
    const book = aBook();
    const changes = [report(ALICE, 1, 1), report(ALICE, 1, 2, 1), report(ALICE, 1, 3, 3), report(ALICE, 2, 3, 3)].map(
      (bytes) => book.offer(bytes, 'peer', 0),
    );

    expect(changes.map((result) => result.kind === 'accepted' && result.contentChanged)).toEqual([
      true,
      false,
      true,
      true,
    ]);
  });

  it('that say two things under one number: the first holds, and it is counted', () => {
    const book = aBook();
    book.offer(report(ALICE, 1, 7), 'peer', 0);

    expect(kindOf(book, report(ALICE, 1, 7, 7, 'another truth'))).toBe('ignored: equivocation');

    expect(book.latest(ALICE.author, 'report')?.bytes).toEqual(report(ALICE, 1, 7));
    expect(book.stats().equivocations).toEqual([{ peerId: ALICE.peerId, count: 1 }]);
    expect(kindOf(book, report(ALICE, 1, 8))).toBe('accepted');
  });

  it('that are forged are rejected, also where they would be nothing new', () => {
    const book = aBook();
    book.offer(report(ALICE, 1, 7), 'peer', 0);
    const forged = (bytes: Uint8Array): Uint8Array => bytes.map((byte, at) => (at === 50 ? byte ^ 1 : byte));

    expect(kindOf(book, forged(report(ALICE, 1, 8)))).toBe('rejected: bad-signature');
    expect(kindOf(book, forged(report(ALICE, 1, 7)))).toBe('rejected: bad-signature');
    expect(kindOf(book, testEnvelope(ALICE, 'report', [1, 9, 9, 'node-a'], new Uint8Array(16)))).toBe(
      'rejected: bad-signature',
    );
    expect(book.stats().equivocations).toEqual([]);
  });

  it.each([
    ['no envelope', new Uint8Array(10), 'undecodable'],
    ['no header', testEnvelope(ALICE, 'report', ['x']), 'undecodable'],
    ['a header of zeros', testEnvelope(ALICE, 'report', [0, 0, 0, 'node-a']), 'undecodable'],
    ['an event without an epoch', testEnvelope(ALICE, 'event', [1, 1, 1, 'node-a', 'x']), 'undecodable'],
    ['a binding without a generation', testEnvelope(ALICE, 'binding', [1, 1, 1, 'node-a']), 'undecodable'],
    ['a tombstone of nobody', testEnvelope(ALICE, 'tombstone', [1, 1, 1, 'node-a']), 'undecodable'],
    ['too much', new Uint8Array(20_000), 'oversize'],
  ])('are rejected when they are %s', (_, bytes, why) => {
    expect(kindOf(aBook(), bytes)).toBe(`rejected: ${why}`);
  });
});

describe('types that nobody knows', () => {
  it('are kept and told on like state, and counted', () => {
    const book = aBook();
    const bytes = testEnvelope(ALICE, 'from-the-future', [1, 1, 1, 'node-a', { what: 'ever' }]);

    expect(kindOf(book, bytes)).toBe('accepted');

    expect(book.since(0, 10)[0]?.bytes).toEqual(bytes);
    expect(book.stats()).toMatchObject({ unknown: 1, reports: 0 });
  });

  it('are bounded for each author', () => {
    const book = aBook({ maxTypesPerAuthor: 3 });
    const kinds = ['a', 'b', 'c', 'd'].map((type) => kindOf(book, testEnvelope(ALICE, type, [1, 1, 1, 'node-a'])));

    expect(kinds).toEqual(['accepted', 'accepted', 'accepted', 'ignored: too-many-types']);
  });
});

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

    expect(kindOf(book, testEnvelope(ALICE, 'event', [1, 1, 1, 'node-a', EPOCH, 1, 'new-kind', {}]))).toBe('accepted');
  });
});

describe('bounds', () => {
  it('rate: an author that says too much is ignored for a while, others are not', () => {
    const book = aBook({ stateRate: { burst: 3, perSecond: 1 }, eventRate: { burst: 2, perSecond: 1 } });

    expect([1, 2, 3, 4].map((sequence) => kindOf(book, report(ALICE, 1, sequence)))).toEqual([
      'accepted',
      'accepted',
      'accepted',
      'ignored: rate',
    ]);
    expect([1, 2, 3].map((sequence) => kindOf(book, event(ALICE, sequence)))).toEqual([
      'accepted',
      'accepted',
      'ignored: rate',
    ]);
    expect(kindOf(book, report(BOB, 1, 1))).toBe('accepted');
    expect(kindOf(book, report(ALICE, 1, 5), 1000)).toBe('accepted');
    expect(kindOf(book, event(ALICE, 3), 1000)).toBe('accepted');
  });

  it('rate: forgeries and replays use up nobody’s', () => {
    const book = aBook({ stateRate: { burst: 2, perSecond: 0 } });
    book.offer(report(ALICE, 1, 1), 'peer', 0);
    const forged = report(ALICE, 1, 2).map((byte, at) => (at === 60 ? byte ^ 1 : byte));
    for (let time = 0; time < 50; time += 1) {
      book.offer(forged, 'peer', 0);
      book.offer(report(ALICE, 1, 1), 'peer', 0);
    }

    expect(kindOf(book, report(ALICE, 1, 2))).toBe('accepted');
  });

  it('authors: so many, and forged ones take no place', () => {
    const book = aBook({ maxAuthors: 1 });
    const forged = report(BOB, 1, 1).map((byte, at) => (at === 60 ? byte ^ 1 : byte));

    expect(kindOf(book, forged)).toBe('rejected: bad-signature');
    expect(kindOf(book, report(ALICE, 1, 1))).toBe('accepted');
    expect(kindOf(book, report(BOB, 1, 1))).toBe('ignored: too-many-authors');
    expect(kindOf(book, event(BOB, 1))).toBe('ignored: too-many-authors');
    expect(kindOf(book, report(ALICE, 1, 2))).toBe('accepted');
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
    one.forget(BOB.author);
    one.forget(ALICE.author);
    expect(one.bucketHashes()).toEqual(aBook().bucketHashes());
    expect(one.since(0, 10)).toEqual([]);
    expect(one.stats()).toMatchObject({ authors: 0, bytes: 0 });
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
    for (const [index, keys] of [testKeys(4), testKeys(5), testKeys(6)].entries()) {
      book.offer(tombstone(BOB, index + 1, keys, 1), 'peer', 0);
    }

    expect(book.buriedUpTo(testKeys(4).author, 'node-a')).toBeUndefined();
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

describe('freshness', () => {
  it('follows what probes and digests attest', () => {
    const book = aBook();
    expect(book.freshness(ALICE.author, true, 0)).toBe('none');
    book.offer(report(ALICE, 1, 5), 'peer', 0);
    const author = prefixOf(ALICE.author);

    book.attest(author, { boot: 1, sequence: 6 }, 1000);

    expect(book.freshness(ALICE.author, true, 11_000)).toBe('current');
    expect(book.freshness(ALICE.author, true, 11_001)).toBe('lagging');
    expect(book.freshness(ALICE.author, false, 11_001)).toBe('stale');
    book.offer(report(ALICE, 1, 6), 'peer', 12_000);
    expect(book.freshness(ALICE.author, true, 12_000)).toBe('current');
    book.attest('AAAAAAAAAAA', { boot: 1, sequence: 6 }, 1000);
  });
});

it('never throws, whatever is offered: 20,000 random and broken envelopes', () => {
  const random = createRandom(9);
  const book = aBook({ maxAuthors: 3, maxTombstones: 3 });
  const samples = [report(ALICE, 2, 5), event(ALICE, 3), binding(BOB, 1, 2), tombstone(BOB, 2, testKeys(8), 1)];
  const kinds = new Set<string>();
  for (let round = 0; round < 20_000; round += 1) {
    const bytes = Uint8Array.from(random.pick(samples));
    for (let change = random.integer(3); change > 0; change -= 1)
      bytes[random.integer(bytes.length)] = random.integer(256);
    kinds.add(kindOf(book, random.chance(0.1) ? bytes.slice(0, random.integer(bytes.length)) : bytes, round));
  }

  expect([...kinds].sort()).toEqual(
    expect.arrayContaining(['accepted', 'known', 'rejected: bad-signature', 'rejected: undecodable']),
  );
  expect(book.stats().authors).toBe(2);
});

/** One side asks the other for all that it wants, as sync does. */
function exchange(to: RecordBook, from: RecordBook): void {
  for (const record of from.since(0, 10_000)) {
    if (to.wants(idOf(record))) to.offer(record.bytes, 'neighbour', 1e9);
  }
}

function never(): never {
  throw new Error('the test expects it to be there');
}
