import { expect, it } from 'vitest';
import { createFakeClock } from '../../../test/lib/fake-clock.ts';
import { encodeBinding } from '../codec/binding.ts';
import { signEnvelope } from '../envelope/envelope.ts';
import { TEST_CLUSTER, testKeys } from '../envelope/testing.ts';
import { createVerifier } from '../envelope/verifier.ts';
import type { KeyPair } from '../identity/key-pair.ts';
import { prefixOf } from '../identity/peer-id.ts';
import { createRecordBook } from '../records/record-book.ts';
import { createStrays } from './strays.ts';

const claimOf = (keys: KeyPair, node: string): Uint8Array =>
  signEnvelope('binding', encodeBinding({ boot: 1, sequence: 1, node }, { generation: 1 }), keys, TEST_CLUSTER);

function create() {
  const clock = createFakeClock();
  const told: string[] = [];
  const met = new Set<string>();
  const nodes = [1, 2, 3, 4].map((number) => ({ ...testKeys(number), name: `n${number}` }));
  const book = createRecordBook({
    verifier: createVerifier({ clusterId: TEST_CLUSTER }),
    epoch: 'book-epoch1',
    limits: { maxStrangers: 2, strangersPerMet: 1 },
    onDropped: (author) => strays.dropped(author),
  });
  const strays = createStrays({
    clock,
    connected: () => [{ peerId: testKeys(2).peerId }],
    parts: {
      book,
      spread: { compareSoon: () => void told.push('compare') },
      directory: {
        all: () =>
          nodes.map(({ name, peerId, author }) => ({ name, peerId, author, prefix: prefixOf(author), generation: 1 })),
      },
      acquaintance: { isMet: (name) => met.has(name), isEnough: (by) => [...by].length > 1 },
      names: { forgetAll: (peerIds) => void told.push(`names of ${peerIds.length}`) },
      peers: { forget: async (peerId) => void told.push(`peer ${nodes.find((one) => one.peerId === peerId)?.name}`) },
      whereabouts: { forget: () => {} },
      keeping: {
        forget: (author) => void told.push(`kept ${nodes.find((one) => one.author === author)?.name ?? 'copy'}`),
      },
    },
  });
  const offer = (number: number, from: string): string =>
    book.offer(claimOf(testKeys(number), `n${number}`), from, clock.monotonic()).kind;
  return { clock, told, met, book, strays, offer };
}

it('looks for who was refused as soon as there is room, because others turned out to be real', () => {
  const { told, met, strays, offer } = create();
  expect([offer(1, 'seed'), offer(2, 'seed'), offer(3, 'seed')]).toEqual(['accepted', 'accepted', 'ignored']);
  strays.review();
  expect(told).toEqual([]);
  met.add('n1');
  strays.review();
  strays.review();
  expect(told).toEqual(['compare']);
  expect([offer(3, 'seed'), offer(4, 'seed')]).toEqual(['accepted', 'accepted']);
});

it('looks for who was refused when enough members state edges to its key, and lets it in then', () => {
  const { told, strays, offer } = create();
  for (const number of [1, 2, 3]) offer(number, 'seed');
  const prefix = prefixOf(testKeys(3).author);
  strays.stated(prefix, ['a']);
  expect(told).toEqual([]);
  strays.stated(prefix, ['a', 'b']);
  expect(told).toEqual(['compare']);
  expect(offer(3, 'seed')).toBe('accepted');
});

it('forgets in one go whom the book drops, and leaves the connection of who is connected', async () => {
  const { clock, told, book, strays, offer } = create();
  for (const number of [1, 2]) offer(number, 'evil');
  book.disown('evil');
  expect(told).toEqual([]);
  await clock.advance(1);
  expect(told).toEqual(['peer n1', 'kept copy', 'kept copy', 'names of 2']);
  strays.stop();
  expect(clock.pendingTimers()).toBe(0);
});
