/** Books and signed envelopes for tests of the record book. */
import { encodeBinding } from '../codec/binding.ts';
import { encodeTombstone } from '../codec/tombstone.ts';
import { signEnvelope } from '../envelope/envelope.ts';
import { TEST_CLUSTER, testEnvelope, testKeys } from '../envelope/testing.ts';
import { createVerifier } from '../envelope/verifier.ts';
import type { KeyPair } from '../identity/key-pair.ts';
import type { BookLimits } from './limits.ts';
import { idText } from './record-id.ts';
import { type RecordBook, createRecordBook } from './record-book.ts';
import { idOf } from './record.ts';

export const ALICE = testKeys(1);
export const BOB = testKeys(2);
export const EPOCH = 'AQIDBAUGBwg';

export const aBook = (limits: Partial<BookLimits> = {}): RecordBook =>
  createRecordBook({ verifier: createVerifier({ clusterId: TEST_CLUSTER }), epoch: 'book-epoch1', limits });

export const report = (
  keys: KeyPair,
  boot: number,
  sequence: number,
  contentSequence = sequence,
  text = 'x',
): Uint8Array => testEnvelope(keys, 'report', [boot, sequence, contentSequence, 'node-a', text]);
export const event = (keys: KeyPair, sequence: number, { epoch = EPOCH, boot = 1, text = 'x' } = {}): Uint8Array =>
  testEnvelope(keys, 'event', [boot, 0, 0, 'node-a', epoch, sequence, 1, 'agent-notice', text]);
export const binding = (keys: KeyPair, sequence: number, generation: number): Uint8Array =>
  signEnvelope('binding', encodeBinding({ boot: 1, sequence, node: 'node-a' }, { generation }), keys, TEST_CLUSTER);
export const tombstone = (writer: KeyPair, sequence: number, keys: KeyPair, generation: number): Uint8Array =>
  signEnvelope(
    'tombstone',
    encodeTombstone(
      { boot: 1, sequence, node: 'writer' },
      { name: 'node-a', author: keys.author, generation, why: 'deleted' },
    ),
    writer,
    TEST_CLUSTER,
  );

export const kindOf = (book: RecordBook, bytes: Uint8Array, now = 0): string => {
  const result = book.offer(bytes, 'peer', now);
  return 'why' in result ? `${result.kind}: ${result.why}` : result.kind;
};
export const ids = (book: RecordBook, offset = 0): string[] =>
  book.since(offset, 1000).map((record) => idText(idOf(record)));

/** For what a test has just put there. */
export function never(): never {
  throw new Error('the test expects it to be there');
}
