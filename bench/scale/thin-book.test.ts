/** Answers as the product's book does, to whatever sync asks. */
import { describe, expect, it } from 'vitest';
import { EPOCH, aBook, binding, event, report } from '../../agent/mesh/records/testing.ts';
import { testKeys } from '../../agent/mesh/envelope/testing.ts';
import type { RecordBook } from '../../agent/mesh/records/record-book.ts';
import { type RecordId, idText } from '../../agent/mesh/records/record-id.ts';
import { idOf } from '../../agent/mesh/records/record.ts';
import { prefixOf } from '../../agent/mesh/identity/peer-id.ts';
import { createRandom } from '../../test/lib/random.ts';
import { createContents } from './contents.ts';
import { createBeginning, createThinBook } from './thin-book.ts';

const KEYS = Array.from({ length: 5 }, (_, index) => testKeys(index + 1));
const FIRST = KEYS.flatMap((keys) => [binding(keys, 1, 1), report(keys, 1, 1)]);

function bothBooks(): { readonly thin: RecordBook; readonly real: RecordBook } {
  const contents = createContents();
  const thin = createThinBook('book-epoch1', contents, createBeginning(contents, FIRST));
  const real = aBook();
  for (const bytes of FIRST) real.offer(bytes, 'disk', 0);
  return { thin, real };
}

function newsOf(seed: number): readonly Uint8Array[] {
  const random = createRandom(seed);
  return Array.from({ length: 60 }, (): Uint8Array => {
    const keys = random.pick(KEYS);
    const sequence = 1 + random.integer(6);
    if (random.chance(0.3)) return event(keys, sequence);
    return report(keys, 1 + random.integer(2), sequence, Math.max(1, sequence - (sequence % 2)));
  });
}

const IDS: readonly RecordId[] = KEYS.flatMap((keys) =>
  Array.from({ length: 7 }, (_, sequence) => [
    { author: prefixOf(keys.author), type: 'report', run: 1 + (sequence % 2), sequence: sequence + 1 },
    { author: prefixOf(keys.author), type: 'event', run: EPOCH, sequence: sequence + 1 },
  ]).flat(),
);

/** All that sync asks of a book. */
const answers = (book: RecordBook): unknown => ({
  head: book.head(),
  since: [0, 3, 12, 20].map((offset) =>
    book.since(offset, 30).map((record) => [idText(idOf(record)), record.offset, record.from]),
  ),
  wants: IDS.map((id) => book.wants(id)),
  found: IDS.map((id) => book.find(id)?.offset),
  hashes: Buffer.from(book.bucketHashes()).toString('hex'),
  logs: book
    .logs()
    .map((log) => JSON.stringify(log))
    .sort(),
  missing: KEYS.map(({ author }) =>
    book.missingEvents({ author: prefixOf(author), epoch: EPOCH, floor: 1, head: 6 }, 4),
  ),
  events: KEYS.map(({ author }) => book.events(author).map(({ sequence }) => sequence)),
  latest: KEYS.map(({ author }) => ['report', 'binding', 'leaving'].map((type) => book.latest(author, type)?.sequence)),
});

describe('the thin book', () => {
  it.each([1, 2, 3, 4, 5])('holds and answers what the real one does, for the offers of seed %i', (seed) => {
    const { thin, real } = bothBooks();
    expect(answers(thin)).toEqual(answers(real));

    for (const [index, bytes] of newsOf(seed).entries()) {
      const from = `peer-${index % 3}`;
      const now = 1000 * index;
      const [one, other] = [thin.offer(bytes, from, now), real.offer(bytes, from, now)];
      expect([one.kind, one.kind === 'accepted' && one.contentChanged], `offer ${index}`).toEqual([
        other.kind,
        other.kind === 'accepted' && other.contentChanged,
      ]);
    }
    expect(answers(thin)).toEqual(answers(real));
  });
});
