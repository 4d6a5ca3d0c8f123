/** What the database holds of other nodes: envelopes, their events, their readings. */
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { type FakeClock, createFakeClock } from '../../test/lib/fake-clock.ts';
import type { SeriesPoints } from '../model/history.ts';
import type { PeerTimelineEvent, TimelineEvent } from '../model/timeline.ts';
import type { Connection } from './connection.ts';
import { type History, createHistory } from './history.ts';
import type { Batch, SampleColumns, StoredBatch } from './messages.ts';
import { migrate } from './migrations.ts';
import { INITIAL } from './migrations/0001-initial.ts';
import type { Limits } from './retention.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const ROOMY: Limits = {
  fileBytes: 1e9,
  eventBytes: 1e9,
  eventMs: 30 * DAY,
  envelopeBytes: 16 * 1024 * 1024,
  statusBytes: 1e9,
  sceneBytes: 1e9,
  sceneMs: 1e12,
  clusterEventBytes: 1e9,
  clusterEventMs: 1e12,
};

interface Fixture {
  readonly clock: FakeClock;
  readonly history: History;
  readonly connection: Connection;
  readonly notes: string[];
  readonly write: (batch: Partial<Batch>) => StoredBatch;
  /** What another process would find in the same database. */
  readonly reopened: () => History;
}

function aHistory(limits: Partial<Limits> = {}, prepare: (connection: Connection) => void = () => {}): Fixture {
  const clock = createFakeClock();
  const connection = new Database(':memory:');
  connection.pragma('auto_vacuum = INCREMENTAL');
  prepare(connection);
  migrate(connection);
  const notes: string[] = [];
  const build = (): History =>
    createHistory(connection, { ...ROOMY, ...limits }, { clock, note: (message) => void notes.push(message) });
  const history = build();
  let number = 0;
  return {
    clock,
    history,
    connection,
    notes,
    write(batch) {
      number += 1;
      return history.write({ run: 'run', number, events: [], documents: {}, ...batch });
    },
    reopened: build,
  };
}

const notice = (at: number, message: string, node = 'n'): TimelineEvent => ({
  kind: 'agent-notice',
  at,
  node,
  message,
});
const heard = (at: number, origin: string, node = 'peer'): PeerTimelineEvent => ({
  ...notice(at, `of ${origin}`, node),
  origin,
});
const envelope = (key: string, madeAt: number, size = 100) => ({ key, madeAt, bytes: new Uint8Array(size).fill(7) });

describe('envelopes', () => {
  it('of who was removed go, apart from events and tombstones, before what the batch brings comes', () => {
    const { clock, history, write, reopened } = aHistory();
    const now = clock.now();
    const keys = ['a/report', 'a/binding', 'a/event/e/1', 'a/tombstone/b/n', 'a-/report', 'b/report'];
    write({ envelopes: keys.map((key) => envelope(key, now)) });

    write({ forgotten: ['a', 'nobody'], envelopes: [envelope('a/binding', now, 9)] });

    const sizes = reopened()
      .mesh()
      ?.envelopes.map(({ bytes }) => bytes.length);
    expect(sizes?.sort((x, y) => x - y)).toEqual([9, 100, 100, 100, 100]);
    expect(history.mesh()?.envelopes).toHaveLength(5);
  });

  it('are there for the next run, the newest of each key, with their age', async () => {
    const { clock, history, write, reopened } = aHistory();
    const at = clock.now();
    expect(history.mesh()).toEqual({ addresses: [], envelopes: [], members: [] });
    write({ envelopes: [envelope('a/report', at - 5000), envelope('b/report', at + HOUR)] });
    write({ envelopes: [{ key: 'a/report', madeAt: at - 1000, bytes: Uint8Array.of(1, 2, 3) }] });
    const addresses = [{ peerId: 'p', addresses: ['10.0.0.7:7576'] }];
    const members = [{ name: 'a', peerId: 'p', state: 'alive', since: at } as const];
    write({ documents: { addresses, members } });
    await clock.advance(500);
    const mesh = reopened().mesh();
    expect(mesh).toMatchObject({ addresses, members });
    expect(mesh.envelopes).toHaveLength(2);
    expect(mesh.envelopes).toContainEqual({ bytes: Uint8Array.of(1, 2, 3), ageMs: 1500 });
    expect(mesh.envelopes).toContainEqual({ bytes: new Uint8Array(100).fill(7), ageMs: 0 });
  });

  it('are written with their batch or not at all', () => {
    const { clock, connection, history, write } = aHistory();
    connection.exec(`CREATE TRIGGER full BEFORE INSERT ON tail BEGIN SELECT raise(ABORT, 'no space'); END`);
    expect(() => write({ envelopes: [envelope('a/report', clock.now())] })).toThrow('no space');
    expect(history.mesh().envelopes).toEqual([]);
  });

  it('go after 30 days', async () => {
    const { clock, history, write } = aHistory();
    write({ envelopes: [envelope('a/report', clock.now() - 29 * DAY), envelope('a/event/e/1', clock.now() - DAY)] });
    history.maintain();
    expect(history.mesh().envelopes).toHaveLength(2);
    await clock.advance(2 * DAY);
    history.maintain();
    expect(history.mesh().envelopes).toHaveLength(1);
  });

  it('stay within their bytes: the oldest events go first, then the oldest of the rest', () => {
    const { clock, connection, history, write } = aHistory({ envelopeBytes: 300_000 });
    const at = clock.now();
    const events = (from: number) =>
      Array.from({ length: 100 }, (_, index) => envelope(`a/event/e/${from + index}`, at + from + index, 1000));
    write({ envelopes: Array.from({ length: 100 }, (_, index) => envelope(`${index}/report`, at - index, 1000)) });
    for (let from = 0; from < 500; from += 100) {
      write({ envelopes: events(from) });
      history.maintain();
    }
    const keys = (where: string): string[] =>
      connection
        .prepare<[], { key: string }>(`SELECT key FROM envelopes WHERE ${where} ORDER BY made_at`)
        .all()
        .map(({ key }) => key);
    const counted = (): unknown => connection.prepare("SELECT value FROM meta WHERE name = 'envelope_bytes'").get();
    expect(keys('is_event = 0')).toHaveLength(100);
    const left = keys('is_event = 1');
    expect(left.length).toBeGreaterThan(100);
    expect(left.length).toBeLessThan(200);
    expect(left.at(-1)).toBe('a/event/e/499');
    expect(left[0]).toBe(`a/event/e/${500 - left.length}`);
    write({ envelopes: Array.from({ length: 400 }, (_, index) => envelope(`new ${index}/report`, at + HOUR, 1000)) });
    history.maintain();
    expect(keys('is_event = 1')).toEqual([]);
    expect(keys("key LIKE 'new %'").length).toBeGreaterThan(200);
    expect(counted()).toEqual({
      value: connection
        .prepare<[], number>('SELECT sum(length(key) + length(bytes) + 64) FROM envelopes')
        .pluck()
        .get(),
    });
  });

  it('come into a database of the first schema without touching what it holds', () => {
    const { history, write } = aHistory({}, (connection) => {
      connection.exec(INITIAL);
      connection.pragma('user_version = 1');
      connection.exec(`INSERT INTO events (at, node, body) VALUES (5, 'n', '${JSON.stringify(notice(5, 'old'))}')`);
    });
    write({ envelopes: [envelope('a/report', 1)], peerEvents: [heard(6, 'p/e/1')] });
    expect(history.timeline({ from: 0, to: 10, limit: 10 })).toMatchObject([{ sequence: 2 }, { message: 'old' }]);
    expect(history.newestEvents(10, 'own')).toHaveLength(1);
  });
});

describe("peers' events", () => {
  it('are merged with the own by time, each once', () => {
    const { clock, history, write, reopened } = aHistory();
    const at = clock.now();
    const first = write({ events: [notice(at, 'own')], peerEvents: [heard(at - 5, 'p/e/1'), heard(at + 5, 'p/e/2')] });
    expect(first).toEqual({ run: 'run', number: 1, firstSequence: 1, peerSequences: [2, 3] });
    const second = write({
      events: [notice(at + 6, 'own too')],
      peerEvents: [heard(at + 5, 'p/e/2'), heard(at, 'q/e/1')],
    });
    expect(second).toEqual({ run: 'run', number: 2, firstSequence: 4, peerSequences: [3, 5] });
    const query = { from: 0, to: at + 10, limit: 10 };
    const sequences = (more: object = {}): number[] =>
      reopened()
        .timeline({ ...query, ...more })
        .map(({ sequence }) => sequence);
    expect(sequences()).toEqual([4, 3, 5, 1, 2]);
    expect(sequences({ node: 'peer' })).toEqual([3, 5, 2]);
    expect(history.newestEvents(10, 'own').map(({ sequence }) => sequence)).toEqual([1, 4]);
    expect(history.newestEvents(2, 'peers')).toMatchObject([{ origin: 'q/e/1' }, { origin: 'p/e/2' }]);
  });

  it('keep the numbers of a batch of peers only apart from what was there', () => {
    const { write } = aHistory();
    write({ peerEvents: [heard(1, 'p/e/1')] });
    expect(write({ peerEvents: [heard(1, 'p/e/1'), heard(2, 'p/e/2')] })).toMatchObject({
      firstSequence: 2,
      peerSequences: [1, 2],
    });
  });

  it('of a batch that was written before are found and not written again', () => {
    const { history, write, reopened } = aHistory();
    const peerEvents = [heard(1, 'p/e/1'), heard(2, 'p/e/2')];
    const stored = write({ events: [notice(3, 'own')], peerEvents });
    const again = { run: 'run', number: 1, events: [notice(3, 'own')], peerEvents, documents: {} };
    expect(reopened().write(again)).toEqual(stored);
    expect(history.timeline({ from: 0, to: 10, limit: 10 })).toHaveLength(3);
  });

  it('filter by check, and conclusions of this agent come back as they were', () => {
    const { clock, history, write } = aHistory();
    const at = clock.now();
    const raised: PeerTimelineEvent = {
      kind: 'raised',
      at,
      node: 'peer',
      check: 'c',
      reason: 'DiskAlmostFull',
      severity: 'critical',
      message: 'full',
      origin: 'p/e/1',
    };
    const concluded = {
      kind: 'concluded',
      at,
      node: 'n',
      reason: 'NodeLost',
      severity: 'critical',
      message: 'm',
    } as const;
    const resolved = { ...concluded, kind: 'resolved', subject: 'n2', severity: 'info' } as const;
    write({ events: [concluded, resolved], peerEvents: [raised] });
    const { origin: _origin, ...without } = raised;
    expect(history.timeline({ from: at, to: at + 1, limit: 9 })).toEqual([
      { ...without, sequence: 3, origin: 'p/e/1' },
      { ...resolved, sequence: 2 },
      { ...concluded, sequence: 1 },
    ]);
    expect(history.timeline({ from: at, to: at + 1, limit: 9, check: 'c' })).toMatchObject([{ sequence: 3 }]);
  });

  it('never take the room of the own, however many they are', () => {
    const { clock, connection, history, write } = aHistory({ eventBytes: 200_000 });
    const at = clock.now();
    for (let round = 0; round < 100; round += 1) {
      const noise = Array.from({ length: 50 }, (_, index) => heard(at + round, `p/e/${round * 50 + index}`));
      write({ events: [notice(at - 1000 + round, `own ${round} ${'x'.repeat(100)}`)], peerEvents: noise });
      history.maintain();
    }
    expect(history.newestEvents(1000, 'own')).toHaveLength(100);
    expect(history.newestEvents(10_000, 'peers').length).toBeGreaterThan(200);
    const sum = (name: string): unknown =>
      connection.prepare('SELECT value FROM meta WHERE name = ?').pluck().get(name);
    const counted = (where: string): unknown =>
      connection
        .prepare(`SELECT sum(length(body) + 2 * length(coalesce(origin, '')) + 64) FROM events WHERE ${where}`)
        .pluck()
        .get();
    expect(sum('event_bytes')).toBe(counted('TRUE'));
    expect(sum('peer_event_bytes')).toBe(counted('origin IS NOT NULL'));
    expect(Number(sum('event_bytes'))).toBeLessThanOrEqual(200_000);
  });
});

describe("peers' readings", () => {
  const peerSamples = (samples: readonly (readonly [number, number, string?, string?])[]): SampleColumns => ({
    keys: samples.map(([, , node = 'peer', reading = 'r_ratio']) => ({ node, check: 'c', reading })),
    series: Uint32Array.from(samples, (_, index) => index),
    times: Float64Array.from(samples, ([at]) => at),
    values: Float64Array.from(samples, ([, value]) => value),
  });
  const read = (history: History, from: number, to: number): SeriesPoints | undefined =>
    history.series({ node: 'peer', check: 'c', from, to, maxPoints: 2000 })[0];
  const count = (connection: Connection, table: string): unknown =>
    connection.prepare(`SELECT count(*) FROM ${table}`).pluck().get();

  it('show at once, as minutes', () => {
    const { clock, history, write } = aHistory();
    const minute = Math.floor(clock.now() / MINUTE) * MINUTE;
    write({ peerSamples: peerSamples([[minute + 15_000, 1]]) });
    write({ peerSamples: peerSamples([[minute + 30_000, 3]]) });
    expect(read(history, minute - HOUR, minute + HOUR)).toEqual({
      key: { node: 'peer', check: 'c', reading: 'r_ratio' },
      resolution: '1m',
      stepMs: MINUTE,
      times: [minute],
      averages: [2],
      minima: [1],
      maxima: [3],
    });
  });

  it('are kept as minutes and quarters of an hour only, and are the same after a restart at any moment', async () => {
    const { clock, connection, history, write, reopened } = aHistory();
    const start = clock.now();
    for (let round = 0; round < 900; round += 1) {
      write({ peerSamples: peerSamples([[clock.now(), round % 4]]) });
      history.maintain();
      await clock.advance(15 * SECOND);
      if (round % 97 === 0) expect(read(reopened(), start, clock.now())).toEqual(read(history, start, clock.now()));
    }
    expect(count(connection, 'chunks_raw')).toBe(0);
    const hours = read(history, start, clock.now());
    expect(hours).toMatchObject({ resolution: '1m', stepMs: MINUTE });
    expect(hours?.times).toHaveLength(225);
    expect([new Set(hours?.averages), new Set(hours?.minima), new Set(hours?.maxima)]).toEqual([
      new Set([1.5]),
      new Set([0]),
      new Set([3]),
    ]);
    const days = read(history, start - 5 * DAY, clock.now());
    expect(days).toMatchObject({ resolution: '15m', stepMs: 15 * MINUTE });
    expect(days?.times).toHaveLength(15);
  });

  it('of a node that went are stored and forgotten in memory, and its number is free again', async () => {
    const { clock, history, notes, write } = aHistory();
    const at = clock.now();
    write({ peerSamples: peerSamples(Array.from({ length: 100 }, (_, index) => [at, 1, `node ${index}`])) });
    for (let round = 0; round < 700; round += 1) {
      await clock.advance(MINUTE);
      write({ events: [notice(clock.now(), 'x')] });
      history.maintain();
    }
    write({ peerSamples: peerSamples([[clock.now(), 1]]) });
    expect(read(history, at, clock.now() + 1)?.averages).toEqual([1]);
    const gone = { node: 'node 7', check: 'c', from: at - HOUR, to: clock.now(), maxPoints: 10 };
    expect(history.series(gone)[0]).toMatchObject({ resolution: '1m', averages: [1] });
    expect(notes).toEqual([]);
  });

  it('are bounded by nodes and by series of a node, which is said once', () => {
    const { clock, connection, notes, write, reopened } = aHistory();
    const at = clock.now();
    const many = peerSamples(Array.from({ length: 70 }, (_, index) => [at, index, 'peer', `r${index}`]));
    write({ peerSamples: many });
    write({ peerSamples: many });
    expect(count(connection, 'series')).toBe(64);
    write({ peerSamples: peerSamples(Array.from({ length: 120 }, (_, index) => [at, 1, `node ${index}`])) });
    expect(count(connection, 'series')).toBe(64 + 99);
    expect(notes).toEqual([expect.stringMatching(/first c r64 of peer: at most 100 nodes with 64 series/)]);
    // The next process still knows whose they are, and goes on with them.
    const history = reopened();
    const more = peerSamples([
      [at, 9, 'peer', 'r1'],
      [at, 9, 'peer', 'r99'],
      [at, 9, 'node 119'],
      [at, 9, 'node 5'],
    ]);
    history.write({ run: 'other', number: 1, events: [], documents: {}, peerSamples: more });
    expect(count(connection, 'series')).toBe(64 + 99);
    const query = { node: 'peer', check: 'c', reading: 'r1', from: at - HOUR, to: at + 1, maxPoints: 10 };
    expect(history.series(query)[0]?.maxima).toEqual([9]);
  });

  it('of a name that this node had before stand beside what it measured itself', () => {
    const { clock, history, write } = aHistory();
    const minute = Math.floor(clock.now() / MINUTE) * MINUTE;
    write({ samples: peerSamples([[minute - 10 * MINUTE, 1]]) });
    write({ peerSamples: peerSamples([[minute, 3]]) });
    const points = read(history, minute - HOUR, minute + HOUR);
    expect(points).toMatchObject({ resolution: '1m' });
    expect(points?.averages).toEqual([1, 3]);
  });
});
