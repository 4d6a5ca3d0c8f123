import { describe, expect, it } from 'vitest';
import { encodeBinding } from '../codec/binding.ts';
import { signEnvelope } from '../envelope/envelope.ts';
import { TEST_CLUSTER, testKeys } from '../envelope/testing.ts';
import { createVerifier } from '../envelope/verifier.ts';
import type { KeyPair } from '../identity/key-pair.ts';
import { peerIdOf, prefixOf } from '../identity/peer-id.ts';
import { createRecordBook } from './record-book.ts';
import { createStrangers } from './strangers.ts';

const FEW = { maxStrangers: 3, strangersPerMet: 2 };
const other = (bringer: string | undefined) => ({ bringer, isOwn: false, isFull: false });

describe('authors whom nobody has met', () => {
  it('are few, and more for a while when some of them turn out to be real', () => {
    const strangers = createStrangers(FEW);
    for (const prefix of ['a', 'b', 'c']) {
      expect(strangers.placeFor(prefix, other('seed'))).toBe('free');
      strangers.add(prefix, 'seed');
    }
    expect(strangers.placeFor('d', other('seed'))).toBeUndefined();
    strangers.meet('a', 0);
    strangers.meet('a', 0);
    expect(strangers.count()).toBe(2);
    for (const prefix of ['d', 'e', 'f']) {
      expect(strangers.placeFor(prefix, other('seed'))).toBe('free');
      strangers.add(prefix, 'seed');
    }
    expect(strangers.placeFor('g', other('seed'))).toBeUndefined();
    // A minute later what was met then gives no room any more.
    strangers.meet('b', 200_000);
    expect(strangers.placeFor('g', other('seed'))).toBe('free');
    strangers.meet('c', 400_000);
    strangers.add('g', 'seed');
    strangers.add('h', 'seed');
    expect(strangers.placeFor('i', other('seed'))).toBeUndefined();
  });

  it('make room at the cost of who brought most of them, and never for that one', () => {
    const strangers = createStrangers(FEW);
    strangers.add('a', 'honest');
    strangers.add('b', 'evil');
    strangers.add('c', 'evil');
    expect(strangers.placeFor('d', other('evil'))).toBeUndefined();
    // As many as the other has would only change who pays next.
    expect(strangers.placeFor('d', other('honest'))).toBeUndefined();
    expect(strangers.placeFor('d', other('third'))).toEqual({ insteadOf: 'b' });
    strangers.remove('b');
    strangers.add('d', 'third');
    // All have one now. Who stands there itself, or was met, is let in.
    expect(strangers.placeFor('e', other('fourth'))).toBeUndefined();
    expect(strangers.placeFor('e', { bringer: 'e', isOwn: true, isFull: false })).toEqual({ insteadOf: 'a' });
    strangers.meet('f', 0);
    expect(strangers.placeFor('f', { ...other('evil'), isFull: true })).toEqual({ insteadOf: 'a' });
    expect(strangers.broughtBy('evil')).toEqual(['c']);
  });

  it('never push each other out for ever, whoever brings them in whatever order', () => {
    const strangers = createStrangers({ maxStrangers: 12, strangersPerMet: 0 });
    const held = new Map<string, string>();
    let evictions = 0;
    for (let round = 0; round < 2000; round += 1) {
      const [prefix, bringer] = [`p${(round * 7) % 50}`, `b${(round * 5) % 4}`];
      if (held.has(prefix)) continue;
      const place = strangers.placeFor(prefix, other(bringer));
      if (place === undefined) continue;
      if (place !== 'free') {
        held.delete(place.insteadOf);
        strangers.remove(place.insteadOf);
        evictions += 1;
      }
      held.set(prefix, bringer);
      strangers.add(prefix, bringer);
    }
    expect(strangers.count()).toBe(12);
    expect(evictions).toBeLessThan(12);
  });
});

const claimOf = (keys: KeyPair, node: string): Uint8Array =>
  signEnvelope('binding', encodeBinding({ boot: 1, sequence: 1, node }, { generation: 1 }), keys, TEST_CLUSTER);
const idFor = (keys: KeyPair) => ({ author: prefixOf(keys.author), type: 'binding', run: 1, sequence: 1 });

describe('a book that is full of invented authors', () => {
  const create = () => {
    const dropped: string[] = [];
    const book = createRecordBook({
      verifier: createVerifier({ clusterId: TEST_CLUSTER }),
      epoch: 'book-epoch1',
      limits: { maxAuthors: 20, maxStrangers: 10, strangersPerMet: 0 },
      onDropped: (author) => void dropped.push(prefixOf(author)),
    });
    const ghosts = Array.from({ length: 15 }, (_, index) => testKeys(100 + index));
    const kinds = ghosts.map((keys, index) => book.offer(claimOf(keys, `ghost-${index}`), 'evil', 0).kind);
    return { book, dropped, ghosts, kinds };
  };

  it('takes ten, and newcomers by themselves, by others who bring few, and when they were met', () => {
    const { book, dropped, ghosts, kinds } = create();
    expect(kinds.filter((kind) => kind === 'accepted').length).toBe(10);
    const [direct, relayed, met, late] = [1, 2, 3, 4].map((number) => testKeys(number)) as [
      KeyPair,
      KeyPair,
      KeyPair,
      KeyPair,
    ];
    expect(book.wants(idFor(direct), peerIdOf(direct.author))).toBe(true);
    expect(book.offer(claimOf(direct, 'n1'), peerIdOf(direct.author), 0).kind).toBe('accepted');
    expect(book.offer(claimOf(relayed, 'n2'), 'honest', 0).kind).toBe('accepted');
    expect(book.wants(idFor(met), 'evil')).toBe(false);
    book.meet([prefixOf(met.author)], 0);
    expect(book.hasRoomAgain(prefixOf(met.author))).toBe(true);
    expect(book.hasRoomAgain(prefixOf(met.author))).toBe(false);
    expect(book.offer(claimOf(met, 'n3'), 'evil', 0).kind).toBe('accepted');
    expect(book.offer(claimOf(late, 'n4'), 'evil', 0)).toEqual({ kind: 'ignored', why: 'too-many-authors' });
    expect(dropped).toEqual(ghosts.slice(0, dropped.length).map(({ author }) => prefixOf(author)));
    expect(book.stats().authors).toBe(11);
  });

  it('does not make room for what is badly signed', () => {
    const { book, dropped } = create();
    const forged = claimOf(testKeys(1), 'n1').map((byte, at) => (at === 60 ? byte ^ 1 : byte));
    expect(book.offer(forged, 'honest', 0)).toMatchObject({ kind: 'rejected' });
    expect(dropped).toEqual([]);
  });

  it('drops what a peer brought and nobody has met, and keeps the rest', () => {
    const { book, dropped, ghosts } = create();
    const [first] = ghosts as [KeyPair];
    book.meet([prefixOf(first.author)], 0);
    book.offer(claimOf(testKeys(2), 'n2'), 'honest', 0);
    const head = book.head();
    book.disown('evil');
    expect(dropped.length).toBe(9);
    expect(book.allLatest('binding').map(({ author }) => prefixOf(author))).toEqual([
      prefixOf(first.author),
      prefixOf(testKeys(2).author),
    ]);
    expect(book.since(0, 100).length).toBe(2);
    expect(book.head()).toBeGreaterThan(head);
    expect(book.hasRoomAgain()).toBe(true);
  });
});
