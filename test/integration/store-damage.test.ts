/** What the store makes of files that it finds: damaged, from elsewhere, of another version, of another agent. */
import { chmodSync, readFileSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type RunningStore,
  aNotice,
  aStore,
  temporaryDirectory,
  until,
  wholeTimeline,
} from './store-support/harness.ts';

let directory = '';
let remove = (): void => {};
let file = '';
const running: RunningStore[] = [];

beforeEach(() => {
  ({ path: directory, remove } = temporaryDirectory());
  file = join(directory, 'history.db');
});

afterEach(async () => {
  await Promise.all(running.splice(0).map(({ store }) => store.close(2000)));
  remove();
});

async function start(): Promise<
  RunningStore & { readonly opened: Awaited<ReturnType<RunningStore['store']['open']>> }
> {
  const one = aStore(directory);
  running.push(one);
  return { ...one, opened: await one.store.open() };
}

/** A database with some events and 3,000 samples, closed in order. */
async function fill(events = 20, text = 'event'): Promise<void> {
  const { store } = aStore(directory);
  await store.open();
  const now = Date.now();
  store.append(Array.from({ length: events }, (_, index) => aNotice(`${text} ${index}`)));
  store.record(
    Array.from({ length: 3000 }, (_, index) => ({
      at: now - (3000 - index) * 1000,
      key: { node: 'n', check: 'c', reading: `r${index % 10}_ratio` },
      value: Math.random(),
    })),
  );
  store.saveSeen({ etcd: 5 });
  expect(await store.close(5000)).toBe('flushed');
}

const setAsideFiles = (): string[] => readdirSync(directory).filter((name) => /\.(corrupt|newer)-/.test(name));

describe('a database that cannot be used is set aside and a new one begun', () => {
  const expectNewBegun = async (why: 'corrupt' | 'newer'): Promise<void> => {
    const { store, opened, told } = await start();
    expect(opened).toEqual({ results: [], seen: {} });
    expect(await store.takeMesh()).toEqual({ addresses: [], envelopes: [], members: [] });
    expect(store.health()).toMatchObject({ state: 'ok', setAside: { why } });
    expect(store.health().setAside?.path).toBe(join(directory, setAsideFiles()[0] ?? ''));
    store.append([aNotice('goes on')]);
    await until('the event is stored', () => told.length === 1);
    expect(told[0]).toMatchObject({ sequence: 1, message: 'goes on' });
  };

  it('garbage', async () => {
    writeFileSync(file, Buffer.alloc(50_000, 'no database '));
    await expectNewBegun('corrupt');
  });

  it('cut off in the middle', async () => {
    await fill();
    truncateSync(file, Math.floor(statSync(file).size / 2));
    await expectNewBegun('corrupt');
  });

  it('overwritten in the middle', async () => {
    await fill();
    const bytes = readFileSync(file);
    bytes.fill(0xa5, 8192, bytes.length - 4096);
    writeFileSync(file, bytes);
    await expectNewBegun('corrupt');
  });

  it('a table is missing', async () => {
    await fill();
    const database = new Database(file);
    database.exec('DROP TABLE events');
    database.close();
    await expectNewBegun('corrupt');
  });

  it('of a newer version', async () => {
    await fill();
    const database = new Database(file);
    database.pragma('user_version = 99');
    database.close();
    await expectNewBegun('newer');
  });

  it('keeps at most two of them', async () => {
    for (let round = 0; round < 4; round += 1) {
      writeFileSync(file, `garbage number ${round}, long enough to be no empty database`.repeat(20));
      await (await start()).store.close(2000);
    }
    expect(
      setAsideFiles()
        .map((name) => readFileSync(join(directory, name), 'utf8').slice(0, 16))
        .sort(),
    ).toEqual(['garbage number 2', 'garbage number 3']);
  });
});

describe('a journal that is damaged', () => {
  /** Copies made while the process runs are what a crash of the machine leaves. */
  const crashCopy = async (): Promise<void> => {
    const { store, told } = await start();
    store.append([aNotice('first')]);
    await until('the first event is stored', () => told.length === 1);
    store.append([aNotice('second')]);
    await until('the second event is stored', () => told.length === 2);
    const copies = [file, `${file}-wal`].map((path) => [path, readFileSync(path)] as const);
    await store.close(2000);
    for (const [path, bytes] of copies) writeFileSync(path, bytes);
  };

  it('loses at most its end', async () => {
    await crashCopy();
    truncateSync(`${file}-wal`, statSync(`${file}-wal`).size - 5000);
    const { store } = await start();
    expect(store.health().state).toBe('ok');
    expect(store.health().setAside).toBeUndefined();
    expect((await wholeTimeline(store))[0]).toMatchObject({ sequence: 1, message: 'first' });
  });

  it('does not take the database with it when it is all garbage', async () => {
    await fill();
    writeFileSync(`${file}-wal`, Buffer.alloc(100_000, 'garbage '));
    const { store, opened } = await start();
    expect(opened?.seen).toEqual({ etcd: 5 });
    expect(store.health().setAside).toBeUndefined();
    expect(await wholeTimeline(store)).toHaveLength(20);
  });
});

it('replaces a database that turns out to be damaged while it runs, and keeps what it was just given', async () => {
  // Larger than what the process itself keeps of it in memory.
  await fill(4000, 'long text '.repeat(100));
  const { store, told, states } = await start();
  const bytes = readFileSync(file);
  for (let offset = 4096; offset < bytes.length; offset += 4096) bytes.fill(0xff, offset, offset + 200);
  writeFileSync(file, bytes);
  store.saveSeen({ etcd: 9 });
  for (let round = 0; round < 40 && store.health().setAside === undefined; round += 1) {
    store.append([aNotice(`round ${round}`)]);
    await store.series({ node: 'n', check: 'c', from: 0, to: Date.now(), maxPoints: 500 });
    await store.timeline({ from: 0, to: Date.now(), limit: 1000 });
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(store.health()).toMatchObject({ state: 'ok', setAside: { why: 'corrupt' } });
  store.append([aNotice('afterwards')]);
  await until('it goes on', () => told.some(({ message }) => message === 'afterwards'));
  expect(states).not.toContain('failed');
  await store.close(2000);
  const next = await start();
  expect(next.opened?.seen).toEqual({ etcd: 9 });
});

it('says so when another agent uses the directory, and takes over when that ends', async () => {
  const first = await start();
  first.store.append([aNotice('of the first')]);
  const second = aStore(directory);
  running.push(second);
  expect(await second.store.open()).toBeUndefined();
  await until('the second is refused', () => second.store.health().state === 'failed');
  expect(second.store.health().message).toContain(`another agent uses ${directory}`);
  expect(await second.store.series({ node: 'n', check: 'c', from: 0, to: 1, maxPoints: 10 })).toMatchObject({
    kind: 'unavailable',
    message: expect.stringContaining('another agent'),
  });
  second.store.append([aNotice('of the second')]);
  second.store.publish({ text: 'second', json: '{}' });
  expect(await first.store.close(3000)).toBe('flushed');
  await until('the second takes over', () => second.store.health().state === 'ok', 15_000);
  await until('its event is stored', () => second.store.health().queuedEvents === 0);
  const messages = (await wholeTimeline(second.store)).map(({ sequence, message }) => `${sequence} ${message}`);
  expect(messages).toEqual(['1 of the first', '2 of the second']);
}, 40_000);

it.skipIf(process.getuid?.() === 0)('says read-only for a directory without the right to write', async () => {
  chmodSync(directory, 0o500);
  const { store, opened } = await start();
  expect(opened).toBeUndefined();
  expect(store.health().state).toBe('read-only');
  chmodSync(directory, 0o700);
  await until('it recovers', () => store.health().state === 'ok', 15_000);
});

it('makes every file for its owner only', async () => {
  const { store, told } = await start();
  store.append([aNotice('one')]);
  store.publish({ text: 'text', json: '{}' });
  await until('stored and probed', () => told.length === 1 && store.disk().samples.length > 0);
  await until('published', () => readdirSync(directory).includes('status.json'));
  const names = readdirSync(directory);
  expect(names).toEqual(expect.arrayContaining(['history.db', 'history.db-wal', 'disk-probe', 'status.txt']));
  for (const name of names)
    expect(`${name} ${(statSync(join(directory, name)).mode & 0o777).toString(8)}`).toBe(`${name} 600`);
  expect(names).not.toContain('history.db-shm');
});
