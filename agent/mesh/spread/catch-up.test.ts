/** A new agent in a large cluster: everything comes in bounded pieces, in bounded turns. */
import { expect, it } from 'vitest';
import { createFakeClock } from '../../../test/lib/fake-clock.ts';
import { createRandom } from '../../../test/lib/random.ts';
import { decodeEnvelope, encodeEnvelope } from '../envelope/envelope.ts';
import type { Verifier } from '../envelope/verifier.ts';
import { prefixOf } from '../identity/peer-id.ts';
import type { BookLimits } from '../records/limits.ts';
import { type RecordBook, createRecordBook } from '../records/record-book.ts';
import { createMemoryNetwork } from '../transport/memory/network.ts';
import { RECORDS_PER_TURN } from './pause.ts';
import { link, startTestAgent } from './testing.ts';

/** Signatures are not what is tested here, and 10,000 take seconds. */
const credulous = (): Verifier => ({
  verify(bytes) {
    const decoded = decodeEnvelope(bytes);
    return decoded.ok ? decoded : { ok: false, why: decoded.why };
  },
  trust: () => {},
  stats: () => ({ checked: 0, known: 0 }),
});

const keyOf = (number: number): Uint8Array => {
  const key = Buffer.alloc(32, 1);
  key.writeUInt32LE((number * 2_654_435_761) % 2 ** 32);
  return key;
};

function envelope(type: string, number: number, payload: readonly unknown[]): Uint8Array {
  return encodeEnvelope({
    type,
    author: keyOf(number),
    signature: new Uint8Array(64).fill(number),
    payload: Buffer.from(JSON.stringify(payload)),
  });
}

/** What 5,000 agents say: a report, a binding, and ten events of every tenth. */
function fill(book: RecordBook, authors: number): void {
  for (let number = 0; number < authors; number += 1) {
    const node = `node-${number}`;
    book.offer(envelope('report', number, [1, 3, 2, node, 'x'.repeat(250)]), 'disk', 0);
    book.offer(envelope('binding', number, [1, 1, 1, node, 1]), 'disk', 0);
    const events = number % 10 === 0 ? 10 : 0;
    for (let sequence = 1; sequence <= events; sequence += 1) {
      book.offer(
        envelope('event', number, [1, 1, 1, node, 'AQIDBAUGBwg', sequence, 1, 'agent-notice', 'x']),
        'disk',
        0,
      );
    }
  }
}

it('a new agent gets 5,000 reports, 5,000 bindings and 5,000 events in a few exchanges and short turns', async () => {
  const clock = createFakeClock();
  const network = createMemoryNetwork(clock, { latencyMs: 1 });
  const random = createRandom(5);
  const turn = { now: 0, longest: 0 };
  const yielding = {
    ...clock,
    sleep(delayMs: number, signal?: AbortSignal) {
      turn.now = 0;
      return clock.sleep(delayMs, signal);
    },
  };
  const make = async (number: number, authors: number) => {
    const verifier = credulous();
    const book = createRecordBook({ verifier, epoch: `book-${number}`, limits: { maxAuthors: 6000 } });
    fill(book, authors);
    return startTestAgent({ number, network, clock: yielding, random: () => random.next(), verifier, book });
  };
  const [full, fresh] = [await make(1, 5000), await make(2, 0)];
  fresh.spread.onRecord(() => {
    turn.now += 1;
    turn.longest = Math.max(turn.longest, turn.now);
  });
  void link(fresh, full);

  await clock.advance(3000);

  expect(fresh.book.stats()).toMatchObject({ reports: 5000, events: 5000 });
  expect(fresh.book.allLatest('binding')).toHaveLength(5000);
  const { sync } = fresh.spread.counts();
  expect(sync).toMatchObject({ failed: {}, accepted: 15_000, recordsReceived: 15_000 });
  expect(sync.done.own).toBeLessThanOrEqual(8);
  expect(sync.bytesReceived / 15_000).toBeLessThan(400);
  // What is left of one exchange, and the first turn of the next.
  expect(turn.longest).toBeLessThanOrEqual(2 * RECORDS_PER_TURN);
});

it('a new agent that trusts nobody gets them in seconds, because those that come first answer its probes', async () => {
  const clock = createFakeClock();
  const network = createMemoryNetwork(clock, { latencyMs: 1 });
  const random = createRandom(6);
  const make = async (number: number, limits: Partial<BookLimits>) => {
    const verifier = credulous();
    const book = createRecordBook({ verifier, epoch: `book-${number}`, limits: { maxAuthors: 6000, ...limits } });
    return startTestAgent({ number, network, clock, random: () => random.next(), verifier, book });
  };
  const [full, fresh] = [await make(1, {}), await make(2, { maxStrangers: 512, strangersPerMet: 32 })];
  fill(full.book, 5000);
  // As acquaintances are made: 32 probes a second, the longest known first, and nobody vouches for anybody.
  const strangers = new Set<string>();
  fresh.spread.onRecord(({ record }) => void strangers.add(prefixOf(record.author)));
  const counts: number[] = [];
  clock.every(1000, () => {
    counts.push(fresh.book.stats().authors);
    const answering = [...strangers].slice(0, 32);
    for (const prefix of answering) strangers.delete(prefix);
    fresh.book.meet(answering, clock.monotonic());
    if (fresh.book.hasRoomAgain()) fresh.spread.compareSoon();
  });
  void link(fresh, full);
  await clock.advance(20_000);

  process.stdout.write(`authors after each second: ${counts.join(', ')}\n`);
  expect(fresh.book.stats()).toMatchObject({ authors: 5000, reports: 5000 });
  expect(counts.findIndex((count) => count === 5000)).toBeLessThan(10);
  await Promise.all([full.stop(), fresh.stop()]);
}, 30_000);
