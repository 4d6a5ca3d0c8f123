import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../../test/lib/fake-clock.ts';
import type { Clock } from '../base/clock.ts';
import type { SeriesKey, SeriesPoints } from '../model/history.ts';
import type { TimelineEvent } from '../model/timeline.ts';
import type { Connection } from './connection.ts';
import { type History, createHistory } from './history.ts';
import type { Batch, SampleColumns } from './messages.ts';
import { migrate } from './migrations.ts';
import type { Limits } from './retention.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const ROOMY: Limits = {
  fileBytes: 1e9,
  eventBytes: 1e9,
  eventMs: 30 * DAY,
  envelopeBytes: 1e9,
  statusBytes: 1e9,
  sceneBytes: 1e9,
  sceneMs: 1e12,
  clusterEventBytes: 1e9,
  clusterEventMs: 1e12,
};
const KEY: SeriesKey = { node: 'n', check: 'c', reading: 'r_ratio' };

function inMemory(): Connection {
  const connection = new Database(':memory:');
  connection.pragma('auto_vacuum = INCREMENTAL');
  migrate(connection);
  return connection;
}

interface Fixture {
  readonly history: History;
  readonly connection: Connection;
  readonly notes: string[];
  readonly write: (
    samples: readonly (readonly [number, number, SeriesKey?])[],
    events?: readonly TimelineEvent[],
  ) => Batch;
  readonly read: (from: number, to: number, maxPoints?: number) => SeriesPoints | undefined;
  /** What another process would find in the same database. */
  readonly reopened: () => History;
}

function aHistory(clock: Clock, limits = ROOMY, connection = inMemory()): Fixture {
  const notes: string[] = [];
  const build = (): History => createHistory(connection, limits, { clock, note: (message) => notes.push(message) });
  const history = build();
  let number = 0;
  return {
    history,
    connection,
    notes,
    write(samples, events = []) {
      number += 1;
      const batch = { run: 'run', number, samples: toColumns(samples), events, documents: {} };
      history.write(batch);
      return batch;
    },
    read: (from, to, maxPoints = 2000) =>
      history.series({ node: 'n', check: 'c', reading: 'r_ratio', from, to, maxPoints })[0],
    reopened: build,
  };
}

function toColumns(samples: readonly (readonly [number, number, SeriesKey?])[]): SampleColumns {
  const keys = samples.map(([, , key = KEY]) => key);
  return {
    keys,
    series: Uint32Array.from(keys, (_, index) => index),
    times: Float64Array.from(samples, ([at]) => at),
    values: Float64Array.from(samples, ([, value]) => value),
  };
}

const every = (stepMs: number, from: number, to: number, value = (at: number): number => (at / stepMs) % 7) =>
  Array.from({ length: Math.ceil((to - from) / stepMs) }, (_, index) => from + index * stepMs).map(
    (at) => [at, value(at)] as const,
  );

const notice = (at: number, message: string): TimelineEvent => ({ kind: 'agent-notice', at, node: 'n', message });

describe('series', () => {
  it('has every sample at once, in a chunk or not', () => {
    const clock = createFakeClock();
    const { write, read } = aHistory(clock);
    const samples = every(15 * SECOND, clock.now() - HOUR, clock.now());
    for (const sample of samples) write([sample]);
    const points = read(clock.now() - HOUR, clock.now());
    expect(points).toMatchObject({ resolution: 'raw', stepMs: 15 * SECOND, key: KEY });
    expect(points?.times).toEqual(samples.map(([at]) => at));
    expect(points?.averages).toEqual(samples.map(([, value]) => value));
    expect(points?.minima).toEqual(points?.maxima);
  });

  it('rounds fractions to seven digits and keeps whole numbers', () => {
    const clock = createFakeClock();
    const { write, read } = aHistory(clock);
    const now = clock.now();
    write([
      [now - 2000, 0.123456789],
      [now - 1000, 123_456_789_012],
    ]);
    expect(read(now - MINUTE, now)?.averages).toEqual([0.1234568, 123_456_789_012]);
  });

  it.each([
    ['three hours', 3 * HOUR, 0, 'raw', 15 * SECOND],
    ['a day', DAY, 0, '1m', MINUTE],
    ['two days, thinned out', 2 * DAY, 0, '1m', 2 * MINUTE],
    ['five days', 5 * DAY, 0, '15m', 15 * MINUTE],
    ['an hour three days ago', HOUR, 3 * DAY, '15m', 15 * MINUTE],
    ['an hour 30 hours ago', HOUR, 30 * HOUR, '1m', MINUTE],
  ] as const)('answers %s with the resolution that is kept for it', (_, range, ago, resolution, stepMs) => {
    const clock = createFakeClock();
    const { write, read } = aHistory(clock);
    const now = clock.now();
    write(every(15 * SECOND, now - 6 * DAY, now, (at) => (at / (15 * SECOND)) % 4));
    const points = read(now - ago - range, now - ago);
    expect(points).toMatchObject({ resolution, stepMs });
    expect(points?.averages).not.toContain(null);
    const [first = 0, last = 0] = [points?.times[0], points?.times.at(-1)];
    expect(first - (now - ago - range)).toBeLessThanOrEqual(stepMs);
    expect(now - ago - last).toBeLessThanOrEqual(stepMs);
    if (resolution !== 'raw') {
      expect(points?.averages.slice(1, -1).every((value) => value === 1.5)).toBe(true);
      expect(points?.minima.slice(1, -1).every((value) => value === 0)).toBe(true);
      expect(points?.maxima.slice(1, -1).every((value) => value === 3)).toBe(true);
    }
  });

  it('thins out to at most so many points, keeping minima and maxima', () => {
    const clock = createFakeClock();
    const { write, read } = aHistory(clock);
    const now = clock.now();
    const spike = now - 90 * MINUTE;
    write(every(15 * SECOND, now - 3 * HOUR, now, (at) => (at === spike ? 100 : 1)));
    const points = read(now - 3 * HOUR, now, 50);
    expect(points?.times.length).toBeLessThanOrEqual(50);
    expect(points?.times.length).toBeGreaterThan(40);
    expect(Math.max(...(points?.maxima.map(Number) ?? []))).toBe(100);
    expect(points?.minima.every((value) => value === 1)).toBe(true);
    expect(points?.averages).not.toContain(null);
  });

  it('answers for every reading and subject of a check, and only for what has points then', () => {
    const clock = createFakeClock();
    const { write, history } = aHistory(clock);
    const now = clock.now();
    const key = (reading: string, subject?: string): SeriesKey => ({
      node: 'n',
      check: 'c',
      reading,
      ...(subject !== undefined && { subject }),
    });
    write([
      [now - 1000, 1, key('b', '/')],
      [now - 1000, 2, key('b', '/var')],
      [now - 1000, 3, key('a')],
      [now - DAY, 4, key('old')],
      [now - 1000, 5, { node: 'n', check: 'other', reading: 'a' }],
    ]);
    const query = { node: 'n', check: 'c', from: now - HOUR, to: now, maxPoints: 100 };
    expect(history.series(query).map((points) => points.key)).toEqual([key('a'), key('b', '/'), key('b', '/var')]);
    expect(history.series({ ...query, reading: 'b' })).toHaveLength(2);
    expect(history.series({ ...query, subject: '/' })).toHaveLength(1);
    expect(history.series({ ...query, node: 'x' })).toEqual([]);
  });
});

describe('gaps', () => {
  const now = createFakeClock().now();
  const withOutage = (): Fixture => {
    const fixture = aHistory(createFakeClock());
    fixture.write(every(15 * SECOND, now - 3 * HOUR, now - 2 * HOUR));
    fixture.write(every(15 * SECOND, now - HOUR, now));
    return fixture;
  };
  const nullsOf = (points: SeriesPoints | undefined): number[] =>
    points?.times.filter((_, index) => points.averages[index] === null) ?? [];

  it('are one point of nulls, a step after the last that was measured', () => {
    const points = withOutage().read(now - 3 * HOUR, now);
    expect(nullsOf(points)).toEqual([now - 2 * HOUR]);
    expect(points?.minima.filter((value) => value === null)).toHaveLength(1);
    expect(points?.maxima.filter((value) => value === null)).toHaveLength(1);
  });

  it('stay where points are thinned out', () => {
    const points = withOutage().read(now - 3 * HOUR, now, 30);
    expect(points?.times.length).toBeLessThanOrEqual(30);
    expect(nullsOf(points)).toHaveLength(1);
    const [gap = 0] = nullsOf(points);
    expect(gap).toBeGreaterThanOrEqual(now - 2 * HOUR - (points?.stepMs ?? 0));
    expect(gap).toBeLessThan(now - HOUR - (points?.stepMs ?? 0));
  });

  it('show in roll-ups', () => {
    expect(nullsOf(withOutage().read(now - DAY, now))).toEqual([now - 2 * HOUR]);
  });

  it('are no gaps where one or two samples are missing', () => {
    const { write, read } = aHistory(createFakeClock());
    const samples = every(15 * SECOND, now - HOUR, now);
    write(samples.filter((_, index) => index % 10 !== 5));
    expect(nullsOf(read(now - HOUR, now))).toEqual([]);
  });

  it('do not show for a check that runs every ten minutes', () => {
    const { write, read } = aHistory(createFakeClock());
    write(every(10 * MINUTE, now - DAY, now));
    const points = read(now - DAY, now);
    expect(points).toMatchObject({ resolution: '1m', stepMs: 10 * MINUTE });
    expect(nullsOf(points)).toEqual([]);
    expect(points?.times).toHaveLength(144);
  });
});

describe('writing', () => {
  it('writes a batch once, however often it is sent', () => {
    const clock = createFakeClock();
    const { write, history, read } = aHistory(clock);
    const batch = write([[clock.now() - 1000, 1]], [notice(clock.now(), 'one')]);
    const again = history.write(batch);
    expect(again).toEqual({ run: 'run', number: 1, firstSequence: 1 });
    expect(read(0, clock.now())?.times).toHaveLength(1);
    expect(history.newestEvents(10)).toHaveLength(1);
    expect(history.lastBatch()).toEqual(again);
  });

  it('leaves nothing of a batch that failed, in memory neither', () => {
    const clock = createFakeClock();
    const { write, read, connection, history } = aHistory(clock);
    const now = clock.now();
    write(every(15 * SECOND, now - 29 * MINUTE, now - MINUTE));
    const before = read(now - HOUR, now);
    connection.exec(`CREATE TRIGGER full BEFORE INSERT ON tail BEGIN SELECT raise(ABORT, 'no space'); END`);
    expect(() => write(every(15 * SECOND, now - MINUTE, now), [notice(now, 'lost')])).toThrow('no space');
    expect(read(now - HOUR, now)).toEqual(before);
    expect(history.newestEvents(10)).toEqual([]);
    connection.exec('DROP TRIGGER full');
    write(every(15 * SECOND, now - MINUTE, now), [notice(now, 'kept')]);
    expect(read(now - HOUR, now)?.times).toHaveLength(116);
    expect(history.newestEvents(10)).toMatchObject([{ sequence: 1, message: 'kept' }]);
  });

  it('gives the same after it was opened again, at any moment', async () => {
    const clock = createFakeClock();
    const { write, history, reopened } = aHistory(clock);
    const query = { node: 'n', check: 'c', from: clock.now(), to: clock.now() + 5 * HOUR, maxPoints: 2000 };
    for (let round = 0; round < 900; round += 1) {
      await clock.advance(15 * SECOND);
      write([
        [clock.now(), round],
        [clock.now(), -round, { ...KEY, reading: 'other' }],
      ]);
      history.maintain();
      if (round % 90 === 0) expect(reopened().series(query)).toEqual(history.series(query));
    }
    expect(reopened().series(query)).toEqual(history.series(query));
    expect(history.series(query)[0]?.times).toHaveLength(900);
  });

  it('drops a tail that is damaged and keeps the chunks', () => {
    const clock = createFakeClock();
    const { write, connection, reopened, notes } = aHistory(clock);
    const now = clock.now();
    write(every(15 * SECOND, now - 35 * MINUTE, now));
    connection.exec("UPDATE tail SET data = x'0900'");
    const series = reopened().series({ node: 'n', check: 'c', from: now - HOUR, to: now, maxPoints: 500 });
    expect(series[0]?.times).toHaveLength(120);
    expect(notes).toEqual([expect.stringContaining('newest samples')]);
  });

  it('takes a clock that is set back and one that jumps ahead', () => {
    const clock = createFakeClock();
    const { write, read } = aHistory(clock);
    const now = clock.now();
    write([...every(MINUTE, now - HOUR, now), ...every(MINUTE, now + 400 * DAY, now + 400 * DAY + HOUR)]);
    write(every(MINUTE, now - 30 * MINUTE, now + HOUR));
    const { times = [], averages = [] } = read(now - HOUR, now + HOUR) ?? {};
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(averages.filter((value) => value !== null)).toHaveLength(150);
  });
});

describe('events', () => {
  it('come newest first, by time, node and check', () => {
    const clock = createFakeClock();
    const { write, history } = aHistory(clock);
    const at = clock.now();
    const changed = (offset: number, check: string, node = 'n'): TimelineEvent => ({
      kind: 'changed',
      at: at + offset,
      node,
      check,
      from: 'ok',
      to: 'unknown',
      message: check,
    });
    write([], [changed(0, 'a'), changed(1, 'b'), changed(2, 'a', 'm'), notice(at + 3, 'late')]);
    const query = { from: at, to: at + 10, limit: 10 };
    const sequences = (more: object): number[] =>
      history.timeline({ ...query, ...more }).map(({ sequence }) => sequence);
    expect(sequences({})).toEqual([4, 3, 2, 1]);
    expect(sequences({ check: 'a' })).toEqual([3, 1]);
    expect(sequences({ node: 'n' })).toEqual([4, 2, 1]);
    expect(sequences({ to: at + 3, limit: 2 })).toEqual([3, 2]);
    expect(sequences({ from: at + 2 })).toEqual([4, 3]);
  });

  it('never get a number twice, also when all were deleted', async () => {
    const clock = createFakeClock();
    const { write, history, reopened } = aHistory(clock);
    write([], [notice(clock.now(), 'one'), notice(clock.now(), 'two')]);
    await clock.advance(31 * DAY);
    history.maintain();
    expect(history.newestEvents(10)).toEqual([]);
    const stored = reopened().write({
      run: 'other',
      number: 1,
      events: [notice(clock.now(), 'three')],
      documents: {},
    });
    expect(stored.firstSequence).toBe(3);
  });

  it('stay within their bytes, the oldest go', () => {
    const clock = createFakeClock();
    const { write, history } = aHistory(clock, { ...ROOMY, eventBytes: 200_000 });
    for (let round = 0; round < 100; round += 1) {
      write(
        [],
        Array.from({ length: 20 }, () => notice(clock.now() + round, `round ${round} ${'x'.repeat(100)}`)),
      );
      history.maintain();
    }
    const events = history.newestEvents(10_000);
    const bytes = events.reduce((sum, event) => sum + JSON.stringify(event).length, 0);
    expect(bytes).toBeLessThan(200_000);
    expect(events.length).toBeGreaterThan(200);
    expect(events.at(-1)?.sequence).toBe(2000);
  });
});

describe('retention', () => {
  const rows = (connection: Connection, table: string): number =>
    connection.prepare<[], { count: number }>(`SELECT count(*) AS count FROM ${table}`).get()?.count ?? 0;

  it('deletes by age: samples after a day, minutes after two, quarters after thirty', async () => {
    const clock = createFakeClock();
    const { write, connection, history } = aHistory(clock);
    const start = clock.now();
    write(every(15 * SECOND, start - 6 * HOUR, start));
    const tables = (): number[] =>
      ['chunks_raw', 'chunks_1m', 'chunks_15m', 'series'].map((name) => rows(connection, name));
    expect(tables()).toEqual([12, 3, 1, 1]);
    const after = async (days: number): Promise<number[]> => {
      await clock.advance(start + days * DAY - clock.now());
      history.maintain();
      return tables();
    };
    expect(await after(0.9)).toEqual([5, 3, 1, 1]);
    expect(await after(1.01)).toEqual([0, 3, 1, 1]);
    expect(await after(2.01)).toEqual([0, 0, 1, 1]);
    expect(await after(29)).toEqual([0, 0, 1, 1]);
    expect(await after(30.1)).toEqual([0, 0, 0, 0]);
  });

  it('loses little to a clock that is wrong for a minute', async () => {
    const clock = createFakeClock();
    const jumping = { ...clock, now: () => clock.now() + 400 * DAY };
    const connection = inMemory();
    const { write } = aHistory(clock, ROOMY, connection);
    for (let series = 0; series < 100; series += 1) {
      const key = { ...KEY, reading: `r${series}` };
      write(every(15 * SECOND, clock.now() - 3 * HOUR, clock.now()).map(([at, value]) => [at, value, key] as const));
    }
    const before = rows(connection, 'chunks_raw');
    aHistory(jumping, ROOMY, connection).history.maintain();
    expect(rows(connection, 'chunks_raw')).toBe(before - 200);
    expect(before).toBeGreaterThan(500);
  });

  it('stays within its bytes: the finest go first, three hours of them stay', () => {
    const clock = createFakeClock();
    const limit = 3 * 1024 * 1024;
    const { write, connection, history, read } = aHistory(clock, { ...ROOMY, fileBytes: limit });
    const now = clock.now();
    for (let hour = 24; hour > 0; hour -= 1) {
      for (let series = 0; series < 60; series += 1) {
        const key = { ...KEY, reading: series === 0 ? KEY.reading : `r${series}_seconds` };
        const noise = every(15 * SECOND, now - hour * HOUR, now - (hour - 1) * HOUR, (at) =>
          Math.sin(at * (series + 1)),
        );
        write(noise.map(([at, value]) => [at, value, key] as const));
      }
      history.maintain();
      expect(history.fileBytes()).toBeLessThan(limit + 512 * 1024);
    }
    for (let round = 0; round < 20; round += 1) history.maintain();
    expect(history.fileBytes()).toBeLessThanOrEqual(limit);
    expect(read(now - 3 * HOUR, now)).toMatchObject({ resolution: 'raw' });
    expect(read(now - 3 * HOUR, now)?.times.length).toBeGreaterThanOrEqual(719);
    // Six hours of single samples are gone, so the minutes answer.
    expect(read(now - 6 * HOUR, now)).toMatchObject({ resolution: '1m' });
    expect(read(now - DAY, now)?.times.length).toBeGreaterThanOrEqual(1439);
    expect(rows(connection, 'chunks_15m')).toBe(60);
  });

  it('gives the space of what it deleted back', async () => {
    const clock = createFakeClock();
    const { write, history } = aHistory(clock);
    for (let series = 0; series < 300; series += 1) {
      const key = { ...KEY, reading: `r${series}` };
      const noise = every(15 * SECOND, clock.now() - 6 * HOUR, clock.now(), (at) => Math.sin(at * (series + 1)));
      write(noise.map(([at, value]) => [at, value, key] as const));
    }
    const full = history.fileBytes();
    await clock.advance(3 * DAY);
    for (let round = 0; round < 60; round += 1) {
      await clock.advance(MINUTE);
      history.maintain();
    }
    expect(full).toBeGreaterThan(4 * 1024 * 1024);
    expect(history.fileBytes()).toBeLessThan(full / 2);
  });

  it('stores the last samples of a series that has ended and forgets it in memory', async () => {
    const clock = createFakeClock();
    const { write, connection, history, read } = aHistory(clock);
    const ended = { ...KEY, reading: 'ended_ratio' };
    write([[clock.now(), 1, ended]]);
    for (let round = 0; round < 700; round += 1) {
      await clock.advance(MINUTE);
      write([[clock.now(), round]]);
      history.maintain();
    }
    expect(rows(connection, 'tail')).toBeLessThan(610);
    const query = { node: 'n', check: 'c', reading: 'ended_ratio', from: 0, to: clock.now(), maxPoints: 10 };
    expect(history.series(query)[0]?.averages).toEqual([1]);
    expect(connection.prepare('SELECT count(*) AS n FROM chunks_raw WHERE series_id = 1').get()).toEqual({ n: 1 });
    expect(read(clock.now() - 11 * HOUR, clock.now())?.times.length).toBeGreaterThan(600);
  });
});

it('what was restarted is there again after a restart, and nothing where nothing was saved', () => {
  const { history, reopened } = aHistory(createFakeClock());
  expect(history.liveness()).toBeUndefined();
  const liveness = {
    restarts: { 'uid-1': [5, 6] },
    proving: { 'worker/uid-1/main': 7 },
    condemned: [{ run: 'worker/uid-2/main/0', place: 'worker/uid-2/main', podUid: 'uid-2' }],
  };
  history.write({ run: 'run', number: 1, events: [], documents: { liveness } });
  expect(reopened().liveness()).toEqual(liveness);
});
