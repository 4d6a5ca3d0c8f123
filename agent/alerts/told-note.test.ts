import { expect, it } from 'vitest';
import { MAX_NOTE_BYTES } from '../model/board.ts';
import { type NoteLine, type Told, makeNote, readNote } from './told-note.ts';

const told = (index: number, more: Partial<Told> = {}): readonly [string, Told] => [
  index.toString(16).padStart(16, '0'),
  { state: 'firing', severity: 'warning', atMs: 100_000 - index, by: 'n1', round: 1, size: 1, ...more },
];
const line = (entries: NoteLine['entries']): NoteLine => ({ destination: 'aaaabbbbccccdddd', entries });

it('is read as it was written, by ages', () => {
  const entries = [told(1, { size: 40 }), told(2, { state: 'resolved', severity: 'critical', round: 7 })];
  const note = JSON.parse(
    JSON.stringify(makeNote([{ ...line(entries), sendingMs: 99_000, notBeforeMs: 105_000 }], 100_000)),
  ) as unknown[];
  expect(readNote(note, 'n1', 500_000)).toEqual([
    {
      destination: 'aaaabbbbccccdddd',
      sendingMs: 499_000,
      notBeforeMs: 505_000,
      entries: entries.map(([fingerprint, one]) => [fingerprint, { ...one, atMs: one.atMs + 400_000 }]),
    },
  ]);
});

it('has room for what stands before what is over, and for the latest before the others', () => {
  const all = Array.from({ length: 1000 }, (_, index) => told(index, index % 2 === 0 ? { state: 'resolved' } : {}));
  const note = makeNote([line(all)], 100_000);
  expect(Buffer.byteLength(JSON.stringify(note))).toBeLessThanOrEqual(MAX_NOTE_BYTES);
  const [read] = readNote(JSON.parse(JSON.stringify(note)) as unknown[], 'n1', 100_000);
  const kept = read?.entries ?? [];
  expect(kept.length).toBeGreaterThan(200);
  expect(kept.every(([, { state }]) => state === 'firing')).toBe(true);
  expect(kept[0]?.[1].atMs).toBe(99_999);
});

it.each([null, 7, 'x', [], {}, { to: 'short' }, { to: 'aaaabbbbccccdddd', told: [[1], ['zz', 'f', 'w', 1, 1], 3] }])(
  'takes nothing from %j',
  (item) => {
    expect(readNote([item], 'n1', 0).flatMap(({ entries }) => entries)).toEqual([]);
  },
);
