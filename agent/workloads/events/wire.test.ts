import { describe, expect, it } from 'vitest';
import { NOON } from '../../../test/lib/fixtures.ts';
import { MAX_NOTE_BYTES } from '../../model/board.ts';
import { readWarnings, readWord, writeNote } from './note.ts';
import { anEvent } from '../../../test/lib/cluster-events.ts';
import {
  agoItem,
  countedItem,
  eventItem,
  fitting,
  queryItem,
  readAgo,
  readCounted,
  readQuery,
  readSeen,
  readSightings,
  sightingItem,
} from './wire.ts';

const json = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const { node: _node, ...NOWHERE } = anEvent(NOON, { container: 'app', count: 5, firstAt: NOON - 9 });

describe('what agents tell each other', () => {
  it('is read as it was written', () => {
    const counted = [
      { event: anEvent(NOON, { count: 3 }), added: 2, counted: 3, sinceAt: NOON - 7 },
      { event: NOWHERE, added: 1, counted: 1 },
    ];
    expect(readCounted(json(counted.map(countedItem)), 9)).toEqual(counted);
    const sightings = counted.map(({ counted: _counted, ...sighting }) => sighting);
    expect(readSightings(json(sightings.map(sightingItem)))).toEqual(sightings);
    // As earlier versions write it.
    expect(readSightings(json(counted.map(({ added, event }) => [added, eventItem(event)])))).toHaveLength(2);
    const query = { from: 1, to: 2, limit: 3, reason: 'BackOff', objectUid: 'u', node: 'w1' };
    expect(readQuery(json(queryItem(query)))).toEqual(query);
  });

  it('is left out where no agent writes it, and so is what is too much', () => {
    const good = [1, eventItem(anEvent(NOON))];
    const bad = [
      null,
      'text',
      [],
      [1],
      [1, null],
      [0, eventItem(anEvent(NOON))],
      [2, eventItem(anEvent(NOON))],
      [1, eventItem(anEvent(NOON, { uid: 'a b' }))],
      [1, eventItem(anEvent(NOON, { count: 0 }))],
      [1, eventItem(anEvent(1e300))],
      [1, eventItem(anEvent(NOON)).with(3, 7)],
    ];
    expect(readSightings([...bad, good])).toHaveLength(1);
    expect(readSightings({ length: 3 })).toEqual([]);
    expect(readSightings(Array.from({ length: 5000 }, () => good))).toHaveLength(1000);
    expect(readSeen([[3e9, eventItem(anEvent(NOON))]])).toEqual([]);
    expect(readCounted([[1, eventItem(anEvent(NOON, { count: 4 })), 5]], 9)).toEqual([]);
  });

  it('is no longer ago than can be shown, and what was is so long ago at most', () => {
    const YEAR_MS = 365 * 86_400_000;
    expect([readAgo(null), readAgo(0), readAgo(YEAR_MS)]).toEqual([undefined, 0, YEAR_MS]);
    for (const hostile of [YEAR_MS + 1, Number.MAX_SAFE_INTEGER, -1, '1', Number.NaN])
      expect(() => readAgo(hostile)).toThrow('a number');
    expect([undefined, -5, 1.4, 2 * YEAR_MS].map(agoItem)).toEqual([null, 0, 1, YEAR_MS]);
  });

  it('is one harmless line each', () => {
    const [read] = readSightings([[1, eventItem(anEvent(NOON, { message: `a\u001b[31m\nb${'x'.repeat(5000)}` }))]]);
    expect(read?.event.message).toMatch(/^a \[31m bx+…$/);
    expect(read?.event.message.length).toBeLessThanOrEqual(1024);
  });

  it('is cut by whole items', () => {
    expect(fitting(['aaa', 'bbb', 'ccc'], 2 + 12)).toEqual(['aaa', 'bbb']);
    expect(fitting(['aaa'], 100)).toEqual(['aaa']);
  });
});

describe('a note', () => {
  const word = { part: 'reads', isCurrent: true, heardMs: 500.4, completeMs: 60_000 } as const;
  const noteOf = (items: readonly unknown[]) => ({
    node: 'w1',
    isOwn: false,
    isCurrent: true,
    ageMs: 7,
    items: json(items) as unknown[],
  });

  it('has the part and the latest warning of each Event, in the room that there is', () => {
    const many = Array.from({ length: 500 }, (_, index) => ({
      added: 1,
      event: anEvent(NOON + index, { uid: `uid-${index % 400}`, message: 'x'.repeat(900), count: 2 }),
    }));
    const normal = { added: 1, event: anEvent(NOON + 999, { type: 'Normal', uid: 'n' }) };
    const items = writeNote(word, [...many, normal]);
    expect(Buffer.byteLength(JSON.stringify(items))).toBeLessThan(MAX_NOTE_BYTES);
    expect(readWord(noteOf(items))).toMatchObject({
      node: 'w1',
      part: 'reads',
      ageMs: 7,
      heardMs: 500,
      completeMs: 60_000,
    });
    const warnings = readWarnings(noteOf(items));
    expect(warnings.length).toBeGreaterThan(15);
    expect(new Set(warnings.map(({ event }) => event.uid)).size).toBe(warnings.length);
    expect(warnings[0]?.event.at).toBe(NOON + 499);
  });

  it('that nobody can read is none', () => {
    for (const items of [
      [],
      [null],
      ['x'],
      [[9]],
      [[0, 1, 7]],
      [[0, 1, null, -1]],
      [[0, 1, null, 2 ** 53 - 1, 0]],
      [[0, 1, null, 0, 1e15]],
    ])
      expect(readWord(noteOf(items))).toBeUndefined();
    expect(readWarnings(noteOf([[0], 'x']))).toEqual([]);
  });
});
