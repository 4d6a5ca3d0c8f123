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

it('has the round of a rule where one says it, which an earlier version leaves alone and never writes', () => {
  const note = makeNote([line([told(1, { ruleRound: 3 }), told(2)])], 100_000) as readonly { told: unknown[][] }[];
  expect(note[0]?.told.map((entry) => entry.length)).toEqual([7, 6]);
  expect(readNote(note, 'n1', 100_000)[0]?.entries).toEqual([told(1, { ruleRound: 3 }), told(2)]);
  const earlier = note.map((one) => ({ ...one, told: one.told.map((entry) => entry.slice(0, 6)) }));
  expect(readNote(earlier, 'n1', 100_000)[0]?.entries).toEqual([told(1), told(2)]);
  const later = note.map((one) => ({ ...one, told: one.told.map((entry) => [...entry.slice(0, 6), null, 'x']) }));
  expect(readNote(later, 'n1', 100_000)[0]?.entries).toEqual([told(1), told(2)]);
  const [odd] = readNote(
    [{ to: 'aaaabbbbccccdddd', told: [[...(note[0]?.told[0] ?? []).slice(0, 6), 2 ** 40]] }],
    'n1',
    0,
  );
  expect(odd?.entries[0]?.[1].ruleRound).toBe(99_999);
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
  const ofRules = all.map(([fingerprint, one]) => [fingerprint, { ...one, ruleRound: 99_999 }] as const);
  const full = JSON.stringify(makeNote([line(ofRules)], 100_000));
  expect(Buffer.byteLength(full)).toBeLessThanOrEqual(MAX_NOTE_BYTES);
  expect(full.split('99999]').length).toBeGreaterThan(180);
});

it.each([null, 7, 'x', [], {}, { to: 'short' }, { to: 'aaaabbbbccccdddd', told: [[1], ['zz', 'f', 'w', 1, 1], 3] }])(
  'takes nothing from %j',
  (item) => {
    expect(readNote([item], 'n1', 0).flatMap(({ entries }) => entries)).toEqual([]);
  },
);
