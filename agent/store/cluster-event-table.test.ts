import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../../test/lib/fake-clock.ts';
import { anEvent } from '../../test/lib/cluster-events.ts';
import { NOON } from '../../test/lib/fixtures.ts';
import type { ClusterEvent, EventSighting } from '../model/cluster-event.ts';
import { createClusterEventTable } from './cluster-event-table.ts';
import { createHistory } from './history.ts';
import { migrate } from './migrations.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const ALL = { from: 0, to: Number.MAX_SAFE_INTEGER, limit: 100 };

const aSighting = (at: number, count: number, added: number, more: Partial<ClusterEvent> = {}): EventSighting => ({
  added,
  event: anEvent(at, { uid: 'one', firstAt: NOON, count, ...more }),
});

function aDatabase() {
  const connection = new Database(':memory:');
  connection.pragma('auto_vacuum = INCREMENTAL');
  migrate(connection);
  return connection;
}

const sumOfRows = (connection: ReturnType<typeof aDatabase>): number =>
  connection
    .prepare<[], number>(
      `SELECT (SELECT coalesce(sum(octet_length(uid) * 2 + octet_length(type) + octet_length(reason) + octet_length(message)
         + octet_length(kind) + octet_length(namespace) + octet_length(name) + octet_length(object_uid)
         + octet_length(component) + octet_length(coalesce(node, '')) + octet_length(coalesce(container, '')) + 130), 0)
         FROM cluster_events) + 56 * (SELECT count(*) FROM sightings)`,
    )
    .pluck()
    .get() ?? 0;

describe('what is put in', () => {
  it('is found as events, with how often within the time, and as sightings, latest first', () => {
    const table = createClusterEventTable(aDatabase());
    table.put([aSighting(NOON, 1, 1), aSighting(NOON + MINUTE, 4, 3, { message: 'again', container: 'app' })]);
    table.put([aSighting(NOON + 2, 1, 1, { uid: 'two', reason: 'Killing', type: 'Normal' })]);

    const { node: _node, ...withoutNode } = aSighting(NOON + 3, 1, 1, { uid: 'three' }).event;
    table.put([{ event: withoutNode, added: 1 }]);
    expect(table.events(ALL).map(({ uid, at, occurrences, count }) => [uid, at, occurrences, count])).toEqual([
      ['one', NOON + MINUTE, 4, 4],
      ['three', NOON + 3, 1, 1],
      ['two', NOON + 2, 1, 1],
    ]);
    expect(table.events({ ...ALL, to: NOON + MINUTE, reason: 'BackOff', name: 'api-7d9f' })).toMatchObject([
      { uid: 'three' },
      { uid: 'one', at: NOON, occurrences: 1, count: 4, message: 'again', container: 'app' },
    ]);
    expect(table.sightings({ ...ALL, node: 'w1' }).map(({ event, added }) => [event.uid, event.count, added])).toEqual([
      ['one', 4, 3],
      ['two', 1, 1],
      ['one', 1, 1],
    ]);
    expect(table.sightings({ ...ALL, limit: 1 })).toEqual([
      aSighting(NOON + MINUTE, 4, 3, { message: 'again', container: 'app' }),
    ]);
    expect(table.events({ ...ALL, type: 'Normal', kind: 'Pod', namespace: 'prod', objectUid: 'pod-1' })).toHaveLength(
      1,
    );
    expect(table.events({ ...ALL, namespace: 'other' })).toEqual([]);
  });

  it('tells since when several happened, and not before what is there already', () => {
    const table = createClusterEventTable(aDatabase());
    table.put([{ ...aSighting(NOON + MINUTE, 4, 4), sinceAt: NOON }]);
    table.put([{ ...aSighting(NOON + 2 * MINUTE, 9, 9), sinceAt: NOON }, aSighting(NOON + 3 * MINUTE, 10, 1)]);
    expect(table.sightings(ALL).map(({ added, sinceAt }) => [added, sinceAt])).toEqual([
      [1, undefined],
      [5, NOON + MINUTE],
      [4, NOON],
    ]);
  });

  it('is not counted twice, whatever is put in again', () => {
    const table = createClusterEventTable(aDatabase());
    table.put([aSighting(NOON, 3, 3), aSighting(NOON, 3, 3), aSighting(NOON + 1, 5, 5), aSighting(NOON, 2, 2)]);
    expect(table.events(ALL)).toMatchObject([{ occurrences: 5, count: 5, at: NOON + 1 }]);
    expect(table.sightings(ALL).map(({ added }) => added)).toEqual([2, 3]);
  });
});

it('counts on from less where it happened later: what was there was wrong', () => {
  const table = createClusterEventTable(aDatabase());
  table.put([
    aSighting(NOON, 2 ** 31, 1),
    aSighting(NOON, 7, 1),
    aSighting(NOON + 1, 8, 1),
    aSighting(NOON + 2, 10, 2),
  ]);
  expect(table.sightings(ALL).map(({ event, added }) => [event.count, added])).toEqual([
    [10, 2],
    [8, 1],
    [2 ** 31, 1],
  ]);
  expect(table.counted(0, 9).events).toMatchObject([{ count: 10, counted: 4 }]);
});

describe('what is kept', () => {
  it('is the latest: what is removed is older than the horizon, and an event goes with its last sighting', () => {
    const connection = aDatabase();
    const table = createClusterEventTable(connection);
    const sightings = Array.from({ length: 10 }, (_, index) => aSighting(NOON + index, 1, 1, { uid: `uid-${index}` }));
    table.put([...sightings, aSighting(NOON + 20, 2, 1, { uid: 'uid-0' })]);
    expect(table.bytes()).toBe(sumOfRows(connection));

    expect(table.removeBefore(NOON + 3, 100)).toBe(3);
    expect(table.events(ALL).map(({ uid, occurrences }) => [uid, occurrences])).toEqual([
      ['uid-0', 1],
      ...[9, 8, 7, 6, 5, 4, 3].map((index) => [`uid-${index}`, 1]),
    ]);
    expect(table.bytes()).toBe(sumOfRows(connection));
    expect(table.counted(NOON + 8, 100)).toEqual({
      events: [
        { uid: 'uid-8', count: 1, counted: 1, at: NOON + 8 },
        { uid: 'uid-9', count: 1, counted: 1, at: NOON + 9 },
        { uid: 'uid-0', count: 2, counted: 2, at: NOON + 20 },
      ],
      horizon: NOON + 2,
    });
    expect(table.counted(0, 2)).toMatchObject({ events: [{ uid: 'uid-9' }, { uid: 'uid-0' }], horizon: NOON + 9 });

    expect(table.removeBefore(Infinity, 100)).toBe(8);
    expect(table.bytes()).toBe(0);
    expect(sumOfRows(connection)).toBe(0);
  });

  const write = (
    history: ReturnType<typeof createHistory>,
    number: number,
    sightings: readonly EventSighting[],
  ): void => {
    history.write({ run: 'r', number, events: [], documents: {}, sightings });
    history.maintain();
  };
  const limits = {
    fileBytes: 1e9,
    eventBytes: 1e9,
    eventMs: 1e12,
    envelopeBytes: 1e9,
    statusBytes: 1e9,
    sceneBytes: 1e9,
    sceneMs: 1e12,
  };

  it('stays within its bytes and its days', () => {
    const connection = aDatabase();
    const clock = createFakeClock();
    const bounds = { ...limits, clusterEventBytes: 400_000, clusterEventMs: 7 * DAY };
    const history = createHistory(connection, bounds, { clock, note: () => {} });
    const many = (number: number, at: number) =>
      Array.from({ length: 1000 }, (_, index) => aSighting(at + index, 1, 1, { uid: `uid-${number}-${index}` }));
    for (let number = 1; number <= 20; number += 1) write(history, number, many(number, clock.now() + number * 1000));
    expect(sumOfRows(connection)).toBeLessThan(400_000);
    expect(sumOfRows(connection)).toBeGreaterThan(200_000);
    expect(history.clusterEvents(ALL)[0]).toMatchObject({ uid: 'uid-20-999' });
    history.close();
  });

  it('is a few days old at most', async () => {
    const clock = createFakeClock();
    const bounds = { ...limits, clusterEventBytes: 1e9, clusterEventMs: 7 * DAY };
    const history = createHistory(aDatabase(), bounds, { clock, note: () => {} });
    write(history, 1, [aSighting(clock.now(), 1, 1)]);
    await clock.advance(8 * DAY);
    write(history, 2, [aSighting(clock.now(), 1, 1, { uid: 'two' })]);
    expect(history.sightings(ALL).map(({ event }) => event.uid)).toEqual(['two']);
    history.close();
  });
});
