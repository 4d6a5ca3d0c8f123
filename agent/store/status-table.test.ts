import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { createFakeClock } from '../../test/lib/fake-clock.ts';
import { NOON, aDiagnosis, aFinding } from '../../test/lib/fixtures.ts';
import { HELD_BACK_MS, type StatusRecord } from '../model/past-status.ts';
import { createHistory } from './history.ts';
import { migrate } from './migrations.ts';
import { createStatusTable } from './status-table.ts';

const record = (ids: readonly string[], more: Partial<StatusRecord> = {}): string => {
  const { at: _at, ...diagnosis } = aDiagnosis({ status: ids.length > 0 ? 'degraded' : 'healthy' });
  const findings = ids.map((id) => aFinding({ id }));
  return JSON.stringify({ ...diagnosis, findings, leftOut: 0, away: [], awayLeftOut: 0, ...more });
};
function aDatabase() {
  const connection = new Database(':memory:');
  connection.pragma('auto_vacuum = INCREMENTAL');
  migrate(connection);
  return connection;
}
const MINUTE = 60_000;
const SCENES = { sceneBytes: 1e9, sceneMs: 1e12, clusterEventBytes: 1e9, clusterEventMs: 1e12 };

it('finds what held at an instant, since when, until when, and what followed', () => {
  const table = createStatusTable(aDatabase());
  table.put([{ from: 100, until: 100, body: record([]) }]);
  table.put([
    { from: 100, until: 190 },
    { from: 200, until: 200, body: record(['a', 'b']) },
    { from: 200, until: 290 },
    { from: 300, until: 300, body: record(['b']) },
  ]);

  expect(table.find(99)).toEqual({ begins: 100, over: {} });
  expect(table.find(100)).toMatchObject({ begins: 100, span: { from: 100, until: 190 }, next: 200 });
  expect(table.find(250)).toMatchObject({ span: { from: 200, until: 290 }, next: 300, over: { a: 300 } });
  expect(table.find(1e6)).toMatchObject({ span: { from: 300, until: 300, record: { status: 'degraded' } }, over: {} });
  expect(table.find(1e6)).not.toHaveProperty('next');
});

it('is empty at first', () => {
  expect(createStatusTable(aDatabase()).find(100)).toEqual({ over: {} });
});

it('calls nothing over for an agent that has just started, or had no room for all', () => {
  const table = createStatusTable(aDatabase());
  const starting = { view: { node: 'node-a', members: 1, current: 1, settled: false } };
  table.put([
    { from: 100, until: 100, body: record(['a']) },
    { from: 200, until: 200, body: record([], starting) },
    { from: 300, until: 300, body: record(['b'], { leftOut: 5 }) },
  ]);

  expect(table.find(100).over).toEqual({});
  table.put([{ from: 400, until: 400, body: record([]) }]);
  expect(table.find(100).over).toEqual({ a: 400 });
});

it('goes on as far as an agent that was killed had saved results', () => {
  const clock = createFakeClock();
  const connection = aDatabase();
  const limits = { fileBytes: 1e9, eventBytes: 1e9, eventMs: 1e9, envelopeBytes: 1e9, statusBytes: 1e9, ...SCENES };
  const open = () => createHistory(connection, limits, { clock, note: () => {} });
  const batch = { run: 'one', number: 1, events: [], documents: { results: [] } };
  const later = { ...batch, run: 'two', documents: {} };
  open().write({ ...batch, statuses: [{ from: NOON - 10 * MINUTE, until: NOON - 10 * MINUTE, body: record([]) }] });

  const history = open();
  history.write({ ...later, statuses: [{ from: NOON + MINUTE, until: NOON + MINUTE, body: record(['a']) }] });

  expect(history.statusAt(NOON - MINUTE)).toMatchObject({ span: { until: NOON - HELD_BACK_MS }, next: NOON + MINUTE });
});

it('stays within its bytes and its age', async () => {
  const clock = createFakeClock();
  const connection = aDatabase();
  const limits = {
    fileBytes: 1e9,
    eventBytes: 1e9,
    eventMs: 60 * MINUTE,
    envelopeBytes: 1e9,
    statusBytes: 20_000,
    ...SCENES,
  };
  const history = createHistory(connection, limits, { clock, note: () => {} });
  const count = (): unknown => connection.prepare('SELECT count(*) FROM statuses').pluck().get();
  const counted = (): unknown => connection.prepare('SELECT sum(length(body) + 48) FROM statuses').pluck().get();
  const kept = (): unknown => connection.prepare("SELECT value FROM meta WHERE name = 'status_bytes'").pluck().get();
  for (let number = 1; number <= 300; number += 1) {
    const from = clock.now() + number;
    history.write({
      run: 'r',
      number,
      events: [],
      documents: {},
      statuses: [{ from, until: from, body: record([`${number}`]) }],
    });
    history.maintain();
  }
  expect(kept()).toBeLessThan(20_000);
  expect(kept()).toBe(counted());
  expect(history.statusAt(clock.now() + 300)).toMatchObject({ span: { record: { findings: [{ id: '300' }] } } });

  await clock.advance(3 * 60 * MINUTE);
  history.maintain();
  expect(count()).toBe(0);
  expect(kept()).toBe(0);
});
