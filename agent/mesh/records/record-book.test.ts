import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../test/lib/random.ts';
import { testEnvelope, testKeys } from '../envelope/testing.ts';
import { prefixOf } from '../identity/peer-id.ts';
import { ALICE, BOB, EPOCH, aBook, binding, event, kindOf, report, tombstone } from './testing.ts';

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
    ['a report without a number', testEnvelope(ALICE, 'report', [1, 0, 0, 'node-a']), 'undecodable'],
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

  it('an event attests the report that it came after', () => {
    const book = aBook();
    book.offer(report(ALICE, 1, 5), 'peer', 0);
    book.offer(testEnvelope(ALICE, 'event', [1, 7, 7, 'node-a', EPOCH, 1, 1, 'agent-notice', 'x']), 'peer', 1000);

    expect(book.freshness(ALICE.author, true, 12_000)).toBe('lagging');
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
