import { describe, expect, it } from 'vitest';
import { TEST_CLUSTER, testKeys } from '../envelope/testing.ts';
import { signEnvelope } from '../envelope/envelope.ts';
import {
  MAINTENANCE,
  MAX_GENERATION,
  MAX_WORDS,
  type MaintenanceWord,
  encodeMaintenance,
} from '../codec/maintenance.ts';
import type { KeyPair } from '../identity/key-pair.ts';
import { prefixOf } from '../identity/peer-id.ts';
import type { RecordBook } from '../records/record-book.ts';
import { aBook, never } from '../records/testing.ts';
import { type Maintenances, createMaintenances } from './maintenances.ts';

const HOUR = 3_600_000;
const [OWN, ALICE, MALLORY] = [testKeys(1), testKeys(2), testKeys(3)];
const NAMES = new Map([
  [prefixOf(OWN.author), 'own'],
  [prefixOf(ALICE.author), 'alice'],
  [prefixOf(MALLORY.author), 'mallory'],
]);

interface Desk extends Maintenances {
  readonly book: RecordBook;
  now: number;
  /** As another agent says it. */
  say(keys: KeyPair, sequence: number, words: readonly Partial<MaintenanceWord>[]): void;
}

function aDesk({ unmet = [] as readonly string[], boot = 1 } = {}): Desk {
  const book = aBook();
  const sequences = new Map<KeyPair, number>();
  const publish = (keys: KeyPair, sequence: number, words: readonly MaintenanceWord[]) => {
    const payload = encodeMaintenance({ boot, sequence, node: NAMES.get(prefixOf(keys.author)) ?? never() }, words);
    if (payload === undefined) return 'no-room';
    const result = book.offer(signEnvelope(MAINTENANCE, payload, keys, TEST_CLUSTER), 'peer', desk.now);
    if (result.kind === 'accepted') desk.hear(result.record);
    return result;
  };
  const maintenances = createMaintenances({
    self: { name: 'own', prefix: prefixOf(OWN.author) },
    clock: { monotonic: () => desk.now },
    book,
    nameOf: (prefix) => NAMES.get(prefix),
    isMet: (name) => !unmet.includes(name),
    members: () => new Set(Array.from({ length: 100 }, (_, index) => `w${index}`)),
    tell(words) {
      const sequence = (sequences.get(OWN) ?? 0) + 1;
      sequences.set(OWN, sequence);
      return publish(OWN, sequence, words);
    },
  });
  const desk: Desk = {
    ...maintenances,
    book,
    now: 0,
    say: (keys, sequence, words) =>
      void publish(
        keys,
        sequence,
        words.map((word) => ({ node: 'w1', generation: 1, forMs: 0, leftMs: HOUR, ...word })),
      ),
  };
  return desk;
}
const held = (desk: Desk): string =>
  desk
    .list()
    .map(({ node, by, reason }) => `${node} by ${by}${reason === undefined ? '' : ` (${reason})`}`)
    .join();

describe('the word that counts', () => {
  it('is that of the highest generation, also once it is over', () => {
    const desk = aDesk();
    desk.say(ALICE, 1, [{ generation: 1, leftMs: 2 * HOUR }]);
    desk.say(MALLORY, 1, [{ generation: 2, leftMs: HOUR }]);
    expect(held(desk)).toBe('w1 by mallory');
    desk.now = HOUR;
    expect(held(desk)).toBe('');
  });

  it('of two of one generation is the end, and of two that hold always the same', () => {
    for (const order of [
      [ALICE, MALLORY],
      [MALLORY, ALICE],
    ]) {
      const desk = aDesk();
      for (const keys of order) desk.say(keys, 1, [{ reason: 'a' }]);
      const [both] = desk.list();
      const other = aDesk();
      for (const keys of order.toReversed()) other.say(keys, 1, [{ reason: 'a' }]);
      expect(other.list()).toEqual([both]);
      desk.say(MALLORY, 2, [{ leftMs: 0 }]);
      expect(held(desk)).toBe('');
    }
  });

  it('is none of somebody who was never met, or has no name', () => {
    const desk = aDesk({ unmet: ['mallory'] });
    desk.say(MALLORY, 1, [{}]);
    expect(held(desk)).toBe('');
    expect(desk.order({ node: 'w1', forMs: 0 })).toEqual({ kind: 'not-in-maintenance' });
  });

  it('ages by what it was held for on the way here', () => {
    const desk = aDesk();
    const payload = encodeMaintenance({ boot: 1, sequence: 1, node: 'alice' }, [
      { node: 'w1', generation: 1, forMs: 60_000, leftMs: HOUR },
    ]);
    const bytes = signEnvelope(MAINTENANCE, payload ?? never(), ALICE, TEST_CLUSTER);
    const result = desk.book.offer(bytes, 'disk', 1000, HOUR / 2);
    if (result.kind === 'accepted') desk.hear(result.record);
    desk.now = 1000;
    expect(desk.list()).toEqual([
      { node: 'w1', by: 'alice', sinceMs: 1000 - HOUR / 2 - 60_000, untilMs: 1000 + HOUR / 2 },
    ]);
  });
});

describe('an order', () => {
  it('keeps what was ordered before, as old as it is by now', () => {
    const desk = aDesk();
    desk.order({ node: 'w1', forMs: HOUR, reason: 'disk' });
    desk.now = 60_000;
    desk.order({ node: 'w2', forMs: HOUR });
    expect(desk.list()).toEqual([
      { node: 'w1', by: 'own', reason: 'disk', sinceMs: 0, untilMs: HOUR },
      { node: 'w2', by: 'own', sinceMs: 60_000, untilMs: 60_000 + HOUR },
    ]);
  });

  it('to end what another began is kept until that would be over, and not for ever', () => {
    const desk = aDesk();
    desk.say(ALICE, 1, [{ leftMs: HOUR }]);
    expect(desk.order({ node: 'w1', forMs: 0 }).kind).toBe('ended');
    const words = (): number =>
      Buffer.from(desk.book.latest(OWN.author, MAINTENANCE)?.bytes ?? [])
        .toString('latin1')
        .split('"w1"').length - 1;
    desk.now = HOUR / 2;
    desk.order({ node: 'w2', forMs: 1000 });
    expect([held(desk), words()]).toEqual(['w2 by own', 1]);
    desk.now = 3 * HOUR;
    desk.order({ node: 'w2', forMs: 1000 });
    expect([held(desk), words()]).toEqual(['w2 by own', 0]);
  });

  it('is refused where one agent has said enough', () => {
    const desk = aDesk();
    for (let index = 0; index < MAX_WORDS; index += 1) {
      desk.now += 1000;
      expect(desk.order({ node: `w${index}`, forMs: HOUR }).kind).toBe('begun');
    }
    desk.now += 1000;
    expect(desk.order({ node: 'w99', forMs: HOUR })).toEqual({ kind: 'too-many' });
    expect(desk.order({ node: 'w3', forMs: 2 * HOUR }).kind).toBe('begun');
    expect(desk.order({ node: 'w3', forMs: 0 }).kind).toBe('ended');
    desk.now += 1000;
    expect(desk.order({ node: 'w99', forMs: HOUR }).kind).toBe('begun');
  });

  it('is refused where somebody says too much in a moment', () => {
    const desk = aDesk();
    const kinds = Array.from({ length: 40 }, () => desk.order({ node: 'w1', forMs: HOUR }).kind);
    expect(new Set(kinds)).toEqual(new Set(['begun', 'busy']));
  });

  it('ends also what claims the last generation', () => {
    const desk = aDesk();
    desk.say(MALLORY, 1, [{ generation: MAX_GENERATION }]);
    expect(desk.order({ node: 'w1', forMs: 0 }).kind).toBe('ended');
    expect(held(desk)).toBe('');
  });

  it('is said to have no effect where an end claims the last generation', () => {
    const desk = aDesk();
    desk.say(MALLORY, 1, [{ generation: MAX_GENERATION, leftMs: 0 }]);
    expect(desk.order({ node: 'w1', forMs: HOUR })).toEqual({ kind: 'overruled', by: 'mallory' });
    expect(held(desk)).toBe('');
  });
});
