import { randomBytes } from 'node:crypto';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../../test/lib/fake-clock.ts';
import { NOON } from '../../test/lib/fixtures.ts';
import type { Scene } from '../model/scene.ts';
import { createHistory } from './history.ts';
import { toKept } from './kept-scene.ts';
import { migrate } from './migrations.ts';
import { createSceneTable } from './scene-table.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const idOf = (number: number): string => `20260101T120000-${number.toString(16).padStart(6, '0')}`;
const aScene = (number: number, text = 'a line', at = NOON + number): Scene => ({
  id: idOf(number),
  at,
  node: 'w1',
  namespace: 'prod',
  pod: 'api',
  container: 'app',
  cause: 'ended',
  run: number,
  exitCode: 3,
  isReduced: false,
  notKept: 0,
  logs: [
    {
      container: 'app',
      run: number,
      lines: [{ at, stream: 'stdout', text }],
      isCut: false,
      maskedLines: 0,
      unreadableLines: 0,
    },
  ],
  surroundings: { status: 'healthy', sentence: '', findings: [], members: 1, checks: [], readings: [], changes: [] },
  missing: [],
});
function aDatabase() {
  const connection = new Database(':memory:');
  connection.pragma('auto_vacuum = INCREMENTAL');
  migrate(connection);
  return connection;
}
const LIMITS = {
  fileBytes: 1e9,
  eventBytes: 1e9,
  eventMs: 1e12,
  envelopeBytes: 1e9,
  statusBytes: 1e9,
  clusterEventBytes: 1e9,
  clusterEventMs: 1e12,
};

it('lists the newest without what was written in them, and reads one whole', () => {
  const table = createSceneTable(aDatabase());
  table.put([aScene(1), aScene(2), aScene(3)].map(toKept));
  table.put([toKept(aScene(2, 'another text'))]);

  const [newest, ...others] = table.list(2);
  expect(newest).toEqual({
    id: idOf(3),
    at: NOON + 3,
    namespace: 'prod',
    pod: 'api',
    container: 'app',
    cause: 'ended',
    run: 3,
    exitCode: 3,
    isReduced: false,
  });
  expect(others.map(({ id }) => id)).toEqual([idOf(2)]);
  expect(table.find(idOf(2))).toEqual(aScene(2));
  expect(table.find('nothing')).toBeUndefined();
});

it('keeps no scene that is larger than a quarter of a mebibyte when it is packed', () => {
  const table = createSceneTable(aDatabase());
  table.put([toKept(aScene(1, randomBytes(300 * 1024).toString('base64')))]);
  expect(table.list(9)).toEqual([]);
  table.put([toKept(aScene(2, randomBytes(180 * 1024).toString('base64')))]);
  expect(table.list(9)).toHaveLength(1);
});

describe('in the database', () => {
  const write = (history: ReturnType<typeof createHistory>, number: number, scenes: readonly Scene[]): void => {
    history.write({ run: 'r', number, events: [], documents: {}, scenes: scenes.map(toKept) });
    history.maintain();
  };

  it('they stay within their bytes, the newest stay, and the sum is kept', () => {
    const connection = aDatabase();
    const limits = { ...LIMITS, sceneBytes: 200_000, sceneMs: DAY };
    const history = createHistory(connection, limits, { clock: createFakeClock(), note: () => {} });
    for (let number = 1; number <= 60; number += 1)
      write(history, number, [aScene(number, randomBytes(6000).toString('base64'))]);
    const kept = connection.prepare("SELECT value FROM meta WHERE name = 'scene_bytes'").pluck().get();
    const counted = connection.prepare('SELECT sum(length(body) + length(incident) + 128) FROM scenes').pluck().get();
    expect(kept).toBe(counted);
    expect(kept).toBeLessThanOrEqual(200_000);
    expect(kept).toBeGreaterThan(180_000);
    expect(history.incidents(1)).toMatchObject([{ id: idOf(60) }]);
    expect(history.scene(idOf(1))).toBeUndefined();
  });

  it('they go from the workload that has most of them, the oldest first', () => {
    const limits = { ...LIMITS, sceneBytes: 200_000, sceneMs: DAY };
    const history = createHistory(aDatabase(), limits, { clock: createFakeClock(), note: () => {} });
    const text = (): string => randomBytes(6000).toString('base64');
    write(history, 1, [{ ...aScene(1, text()), pod: 'db-0' }]);
    for (let number = 2; number <= 60; number += 1)
      write(history, number, [{ ...aScene(number, text()), pod: `job-${29_384_520 + number}-x2k4p` }]);
    const kept = history.incidents(99).map(({ pod }) => pod);
    expect(kept.at(-1)).toBe('db-0');
    expect(kept.at(0)).toBe('job-29384580-x2k4p');
    expect(kept.length).toBeGreaterThan(20);
    expect(kept.length).toBeLessThan(40);
    expect(createSceneTable(aDatabase()).removeSurplus()).toBe(0);
  });

  it('they go when they are too old', async () => {
    const clock = createFakeClock();
    const history = createHistory(
      aDatabase(),
      { ...LIMITS, sceneBytes: 1e9, sceneMs: 7 * DAY },
      { clock, note: () => {} },
    );
    write(history, 1, [aScene(1)]);
    write(history, 2, [aScene(2, 'later', NOON + 6 * DAY)]);
    await clock.advance(7 * DAY + MINUTE);
    history.maintain();
    expect(history.incidents(9).map(({ id }) => id)).toEqual([idOf(2)]);
  });

  it('they go before the timeline where the file is full', () => {
    const limits = { ...LIMITS, fileBytes: 3_000_000, sceneBytes: 1e9, sceneMs: DAY };
    const history = createHistory(aDatabase(), limits, { clock: createFakeClock(), note: () => {} });
    history.write({
      run: 'r',
      number: 1,
      documents: {},
      events: [{ kind: 'agent-notice', at: NOON, node: 'w1', message: 'kept' }],
    });
    for (let number = 2; number <= 60; number += 1)
      write(history, number, [aScene(number, randomBytes(75_000).toString('base64'))]);
    expect(history.fileBytes()).toBeLessThan(3_500_000);
    expect(history.incidents(99).length).toBeGreaterThan(5);
    expect(history.incidents(99).length).toBeLessThan(40);
    expect(history.newestEvents(9)).toHaveLength(1);
  });
});
