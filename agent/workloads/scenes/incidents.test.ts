import { expect, it } from 'vitest';
import { MAX_NOTE_BYTES } from '../../model/board.ts';
import type { Incident } from '../../model/scene.ts';
import { readIncidents, writeIncidents } from './incidents.ts';

const NOW = Date.UTC(2026, 0, 1, 12);
const anIncident = (more: Partial<Incident> = {}): Incident => ({
  id: '20260101T115900-0a1b2c',
  at: NOW - 60_000,
  namespace: 'prod',
  pod: 'api',
  container: 'app',
  cause: 'ended',
  run: 3,
  exitCode: 137,
  reason: 'OOMKilled',
  ranMs: 12_000,
  isReduced: false,
  ...more,
});
const note = (items: readonly unknown[], ageMs = 0) => ({ node: 'w1', isOwn: false, isCurrent: true, ageMs, items });

it('is read as it was written, by another clock', () => {
  const [read] = readIncidents(note(writeIncidents([anIncident()], NOW), 5000), NOW + 100_000);
  expect(read).toEqual({ ...anIncident(), at: NOW + 100_000 - 65_000, node: 'w1', isConnected: true });
  const bare = {
    id: '20260101T115900-0a1b2c',
    at: NOW,
    namespace: 'a',
    pod: 'b',
    container: '',
    cause: 'asked',
  } as const;
  expect(readIncidents(note(writeIncidents([{ ...bare, isReduced: true }], NOW)), NOW)).toEqual([
    { ...bare, isReduced: true, node: 'w1', isConnected: true },
  ]);
});

it('is at most 16 of half a kibibyte, and never too long for the board', () => {
  const long = anIncident({
    pod: 'p'.repeat(253),
    container: 'c'.repeat(63),
    namespace: 'n'.repeat(63),
    reason: 'r'.repeat(300),
  });
  const items = writeIncidents(
    Array.from({ length: 40 }, () => long),
    NOW,
  );
  expect(items).toHaveLength(16);
  expect(Buffer.byteLength(JSON.stringify(items))).toBeLessThanOrEqual(MAX_NOTE_BYTES);
  for (const item of items) expect(Buffer.byteLength(JSON.stringify(item))).toBeLessThanOrEqual(512);
});

it('is of all that failed before it is of one that fails every minute', () => {
  const runs = Array.from({ length: 40 }, (_, index) => anIncident({ pod: `job-${29_384_559 - index}-x2k4p` }));
  const told = writeIncidents([...runs, anIncident({ pod: 'db-0' })], NOW).map((item) => (item as unknown[])[3]);
  expect(told).toEqual([...runs.slice(0, 15).map(({ pod }) => pod), 'db-0']);
});

it('takes nothing of what is no incident', () => {
  const good = writeIncidents([anIncident()], NOW)[0] as readonly unknown[];
  const broken = [
    7,
    null,
    'x',
    {},
    [],
    good.with(0, '../../etc/passwd'),
    good.with(1, -5),
    good.with(1, Infinity),
    good.with(3, 7),
    good.with(5, 'magic'),
    good.with(8, 'one'),
  ];
  expect(readIncidents(note(broken), NOW)).toEqual([]);
  expect(readIncidents(note(Array.from({ length: 500 }, () => good)), NOW)).toHaveLength(16);
  const [coloured] = readIncidents(note([good.with(3, 'a\u001b[31m\nb')]), NOW);
  expect(coloured?.pod).toBe('a [31m b');
  expect(readIncidents(note([[...good, 'of a newer version']]), NOW)).toHaveLength(1);
});
