/** What a mesh has learned is there after any kill, and quickly at hand for the next run. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { KeptEnvelope, MeshMemory } from '../../agent/model/mesh-memory.ts';
import type { PeerTimelineEvent } from '../../agent/model/timeline.ts';
import type { Batch } from '../../agent/store/messages.ts';
import { aNotice, aStore, isAlive, temporaryDirectory, until, wholeTimeline } from './store-support/harness.ts';
import { openRaw, startRawProcess } from './store-support/raw-process.ts';

const KILLS = 30;
const AUTHORS = 40;
/** Room for more batches than any machine writes in the time. */
const MAX_BYTES = 512 * 1024 * 1024;
const START = Date.now();

let directory = '';
let remove = (): void => {};

beforeEach(() => {
  ({ path: directory, remove } = temporaryDirectory());
});

afterEach(() => remove());

/** Bytes that say which envelope it is: the key's text, then a number. */
const envelope = (key: string, version: number, bytes = 100): KeptEnvelope => {
  const content = Buffer.alloc(bytes);
  content.write(`${key} ${version} `);
  return { key, bytes: new Uint8Array(content), madeAt: Date.now() };
};

/** The version of each envelope by its key. */
function versionsOf(mesh: MeshMemory | undefined): Map<string, number> {
  const texts = mesh?.envelopes.map(({ bytes }) => Buffer.from(bytes).toString('latin1').split(' ')) ?? [];
  return new Map(texts.map(([key = '', version]) => [key, Number(version)]));
}

const heard = (place: number): PeerTimelineEvent => ({
  kind: 'agent-notice',
  at: START + place,
  node: 'peer',
  message: `heard ${place}`,
  origin: `p/e/${place}`,
});

/** One author's report is replaced, an event comes besides, and half of the peers' events were there before. */
const meshBatch = (number: number): Batch => ({
  run: 'run',
  number,
  events: [],
  peerEvents: [heard(number - 1), heard(number)],
  envelopes: [envelope(`${number % AUTHORS}/report`, number), envelope(`p/event/e/${number}`, number)],
  documents: { addresses: [{ peerId: `p${number}`, addresses: ['10.0.0.7:7576'] }] },
});

it(`keeps every acknowledged change through ${KILLS} kills of the store process`, async () => {
  let acknowledged = 0;
  let last = 0;
  for (let round = 0; round <= KILLS; round += 1) {
    const raw = startRawProcess();
    const opened = await openRaw(raw, directory, MAX_BYTES);
    if (opened.kind !== 'opened') throw new Error(opened.trouble.message);
    expect(opened.setAside).toBeUndefined();
    last = opened.lastBatch?.number ?? 0;
    expect(last).toBeGreaterThanOrEqual(acknowledged);
    expectMesh(opened.mesh, last);
    expect(opened.peerEvents.at(-1)?.origin).toBe(last === 0 ? undefined : `p/e/${last}`);
    if (round < KILLS) {
      raw.onMessage((message) => {
        if (message.kind !== 'stored') return;
        acknowledged = message.number;
        raw.send({ kind: 'batch', batch: meshBatch(message.number + 20) });
      });
      for (let ahead = 1; ahead <= 20; ahead += 1) raw.send({ kind: 'batch', batch: meshBatch(last + ahead) });
      await sleep(Math.random() * 150);
    }
    await raw.kill();
  }
  process.stdout.write(`${last} batches through ${KILLS} kills\n`);
  expect(acknowledged).toBeGreaterThan(50);
}, 120_000);

/** Of each author the newest report, all events, the newest addresses: exactly what `count` batches leave. */
function expectMesh(mesh: MeshMemory | undefined, count: number): void {
  const expected = new Map<string, number>();
  for (let number = 1; number <= count; number += 1) {
    expected.set(`${number % AUTHORS}/report`, number);
    expected.set(`p/event/e/${number}`, number);
  }
  expect(versionsOf(mesh)).toEqual(expected);
  expect(mesh?.addresses).toEqual(count === 0 ? [] : [{ peerId: `p${count}`, addresses: ['10.0.0.7:7576'] }]);
}

it('brings what was saved while the process was dead into the next run, once', async () => {
  const { store, told, pid } = aStore(directory);
  await store.open();
  for (let round = 0; round < 3; round += 1) {
    const killed = pid();
    store.saveMesh({ envelopes: [envelope('a/report', round), envelope(`b/event/e/${round}`, round)] });
    store.appendOfPeers([heard(0), heard(round)]);
    store.append([aNotice(`own ${round}`)]);
    store.recordOfPeers([{ at: Date.now(), key: { node: 'peer', check: 'c', reading: 'r_ratio' }, value: round }]);
    process.kill(killed, 'SIGKILL');
    await until('it is gone', () => !isAlive(killed));
    await until('the next is there', () => store.health().state === 'ok' && store.health().queuedEvents === 0, 15_000);
  }
  const messages = ['heard 0', 'heard 1', 'heard 2', 'own 0', 'own 1', 'own 2'];
  expect(told.map(({ message }) => message).toSorted()).toEqual(messages);
  expect((await wholeTimeline(store)).map(({ message }) => message).toSorted()).toEqual(messages);
  const query = { node: 'peer', check: 'c', from: Date.now() - 3_600_000, to: Date.now() + 60_000, maxPoints: 100 };
  const series = await store.series(query);
  expect(series).toMatchObject({ kind: 'answer', value: [{ resolution: '1m' }] });
  if (series.kind === 'answer') expect(Math.max(...(series.value[0]?.maxima.map(Number) ?? []))).toBe(2);
  expect(await store.close(10_000)).toBe('flushed');
  const next = aStore(directory);
  await next.store.open();
  expect(versionsOf(await next.store.takeMesh())).toEqual(
    new Map([
      ['a/report', 2],
      ['b/event/e/0', 0],
      ['b/event/e/1', 1],
      ['b/event/e/2', 2],
    ]),
  );
  expect(await next.store.timeline({ from: 0, to: Date.now() + 1, limit: 100 })).toMatchObject({
    value: expect.objectContaining({ length: 6 }),
  });
  await next.store.close(10_000);
}, 60_000);

it('gives everything else when what the mesh left cannot be read', async () => {
  const first = aStore(directory);
  await first.store.open();
  first.store.saveSeen({ etcd: 3 });
  first.store.saveMesh({ envelopes: [envelope('a/report', 1)], addresses: [] });
  expect(await first.store.close(10_000)).toBe('flushed');
  const database = new Database(join(directory, 'history.db'));
  database.exec("UPDATE documents SET body = '[' WHERE name = 'addresses'");
  database.close();
  const { store } = aStore(directory);
  expect(await store.open()).toEqual({ results: [], seen: { etcd: 3 } });
  expect(await store.takeMesh()).toBeUndefined();
  expect(store.health()).toMatchObject({ state: 'ok' });
  store.saveMesh({ envelopes: [], addresses: [{ peerId: 'p', addresses: [] }] });
  expect(await store.close(10_000)).toBe('flushed');
  const next = aStore(directory);
  await next.store.open();
  expect(await next.store.takeMesh()).toMatchObject({ addresses: [{ peerId: 'p' }], envelopes: [{}] });
  await next.store.close(10_000);
}, 30_000);

it('gives 2,000 envelopes to the next run', async () => {
  const first = startRawProcess();
  await openRaw(first, directory);
  let stored = (): void => {};
  first.onMessage(({ kind }) => kind === 'stored' && stored());
  const write = async (number: number, envelopes: readonly KeptEnvelope[]): Promise<number> => {
    const startedAt = performance.now();
    const acknowledged = new Promise<void>((resolve) => {
      stored = resolve;
    });
    first.send({ kind: 'batch', batch: { run: 'run', number, events: [], documents: {}, envelopes } });
    await acknowledged;
    return performance.now() - startedAt;
  };
  const hundred = (from: number): KeptEnvelope[] =>
    Array.from({ length: 100 }, (_, index) => envelope(`${from + index}/report`, 1, 2048));
  const durations: number[] = [];
  for (let number = 1; number <= 20; number += 1) durations.push(await write(number, hundred(number * 100)));
  for (let number = 21; number <= 40; number += 1) durations.push(await write(number, hundred((number - 20) * 100)));
  await first.kill();
  const median = (of: number[]): string => of.toSorted((a, b) => a - b)[Math.floor(of.length / 2)]?.toFixed(1) ?? '';
  process.stdout.write(
    `100 envelopes of 2 KiB: ${median(durations.slice(0, 20))} ms new, ${median(durations.slice(20))} ms again\n`,
  );
  const { store } = aStore(directory);
  const startedAt = performance.now();
  await store.open();
  process.stdout.write(`opened with 2,000 envelopes in ${Math.round(performance.now() - startedAt)} ms\n`);
  const mesh = await store.takeMesh();
  expect(mesh?.envelopes).toHaveLength(2000);
  expect(mesh?.envelopes.every(({ bytes, ageMs }) => bytes.length === 2048 && ageMs >= 0)).toBe(true);
  await store.close(10_000);
  const empty = temporaryDirectory();
  const bare = aStore(empty.path);
  const bareAt = performance.now();
  await bare.store.open();
  process.stdout.write(`opened with none in ${Math.round(performance.now() - bareAt)} ms\n`);
  await bare.store.close(10_000);
  empty.remove();
}, 60_000);
