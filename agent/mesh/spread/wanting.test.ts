import { expect, it } from 'vitest';
import { BINDING, encodeBinding } from '../codec/binding.ts';
import { REPORT } from '../codec/report.ts';
import { TOMBSTONE, encodeTombstone } from '../codec/tombstone.ts';
import { signEnvelope } from '../envelope/envelope.ts';
import { TEST_CLUSTER, testKeys } from '../envelope/testing.ts';
import { createVerifier } from '../envelope/verifier.ts';
import { prefixOf } from '../identity/peer-id.ts';
import { createRecordBook } from '../records/record-book.ts';
import type { Offer } from './offer-frame.ts';
import { makeWant } from './wanting.ts';

const [writer, removed] = [testKeys(1), testKeys(2)];
const author = prefixOf(removed.author);
const node = 'node-b';
const claim = (generation: number): Uint8Array =>
  signEnvelope(BINDING, encodeBinding({ boot: generation, sequence: 1, node }, { generation }), removed, TEST_CLUSTER);
const offer = (...types: readonly string[]): Offer => ({
  cursor: 9,
  reset: false,
  more: false,
  ids: types.map((type) => ({ author, type, run: '2', sequence: 1 })),
  extents: [],
});

function bookWithGrave() {
  const book = createRecordBook({ verifier: createVerifier({ clusterId: TEST_CLUSTER }), epoch: 'book-1' });
  const stone = { name: node, author: removed.author, generation: 1, why: 'forget' } as const;
  book.offer(claim(1), 'peer', 0);
  book.offer(
    signEnvelope(TOMBSTONE, encodeTombstone({ boot: 1, sequence: 1, node: 'node-a' }, stone), writer, TEST_CLUSTER),
    'peer',
    0,
  );
  book.forget(removed.author);
  return book;
}

it('reads a list again when it brings the claim of one who was removed, who is heard from then on', () => {
  const book = bookWithGrave();
  const first = makeWant(offer(REPORT, BINDING), book, new Set());
  book.offer(claim(2), 'peer', 1);
  const second = makeWant(offer(REPORT, BINDING), book, new Set());

  expect([first, second]).toMatchObject([
    { wanted: [false, true], deferred: true, capped: true },
    { wanted: [true, false], deferred: false, capped: false },
  ]);
});

it('reads on past what one who was removed said before', () => {
  const want = makeWant(offer(REPORT), bookWithGrave(), new Set());

  expect(want).toMatchObject({ wanted: [false], deferred: false, capped: false });
});
