/** The store process stops, dies or does not come back; the agent goes on and nothing in its queue is lost. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  type RunningStore,
  aNotice,
  aStore,
  isAlive,
  temporaryDirectory,
  until,
  wholeTimeline,
} from './store-support/harness.ts';

let directory = '';
let remove = (): void => {};
let one: RunningStore;

beforeEach(async () => {
  ({ path: directory, remove } = temporaryDirectory());
  one = aStore(directory);
  await one.store.open();
});

afterEach(async () => {
  await one.store.close(3000);
  remove();
});

const aQuery = () => ({ node: 'n', check: 'c', from: Date.now() - 3_600_000, to: Date.now() + 1000, maxPoints: 500 });

it('the disk is measured before the agent begins to look', () => {
  const { samples, stalledForMs, error } = one.store.disk();
  expect(samples).toHaveLength(1);
  expect({ stalledForMs, error }).toEqual({ stalledForMs: 0, error: undefined });
});

it('a store process that is stopped is failed, not its disk, and catches up when it goes on', async () => {
  const { store, told, pid } = one;
  store.append([aNotice('before')]);
  await until('the first event is stored', () => told.length === 1);
  process.kill(pid(), 'SIGSTOP');
  const startedAt = Date.now();
  const feed = setInterval(() => {
    store.append([aNotice(`during ${told.length}`)]);
    store.record([{ at: Date.now(), key: { node: 'n', check: 'c', reading: 'r_ratio' }, value: 0.5 }]);
  }, 200);
  const early = performance.now();
  expect(await store.series(aQuery())).toMatchObject({ kind: 'unavailable' });
  expect(performance.now() - early).toBeLessThan(4000);
  const failedAfter = await until('failed', () => store.health().state === 'failed', 15_000);
  process.stdout.write(`failed after ${Math.round(failedAfter)} ms more\n`);
  expect(store.health().message).toContain('its process is stopped');
  const late = performance.now();
  expect(await store.series(aQuery())).toMatchObject({ kind: 'unavailable' });
  expect(performance.now() - late).toBeLessThan(100);
  expect(store.disk()).toMatchObject({ stalledForMs: 0, error: expect.stringContaining('stopped') });
  // The newest events are in memory, so they can still be asked for.
  const fromMemory = await store.timeline({ from: startedAt, to: Date.now() + 1, limit: 5 });
  expect(fromMemory).toMatchObject({ kind: 'answer', value: expect.objectContaining({ length: 5 }) });
  await until('people who watch are told', () => told.some(({ sequence }) => sequence < 0));
  clearInterval(feed);
  process.kill(pid(), 'SIGCONT');
  await until('ok', () => store.health().state === 'ok');
  await until('all stored', () => store.health().queuedEvents === 0 && store.health().queuedSamples === 0);
  const timeline = await wholeTimeline(store);
  expect(timeline.map(({ sequence }) => sequence)).toEqual(timeline.map((_, index) => index + 1));
  expect(timeline.map(({ message }) => message)).toEqual(told.map(({ message }) => message));
  expect(store.health()).toMatchObject({ droppedEvents: 0, droppedSamples: 0 });
  const series = await store.series(aQuery());
  // On a busy machine the test itself may leave a gap between two samples.
  const values = series.kind === 'answer' ? series.value[0]?.averages.filter((value) => value !== null) : undefined;
  expect(values).toHaveLength(timeline.length - 1);
}, 40_000);

it('a store process that is killed is started again, and its queue is kept', async () => {
  const { store, told, pid } = one;
  for (let round = 0; round < 3; round += 1) {
    const killed = pid();
    process.kill(killed, 'SIGKILL');
    store.append([aNotice(`round ${round}`)]);
    await until('it is gone', () => !isAlive(killed));
    await until('the next is there', () => store.health().state === 'ok' && store.health().queuedEvents === 0, 15_000);
  }
  expect(one.states).toContain('failed');
  expect((await wholeTimeline(store)).map(({ sequence, message }) => `${sequence} ${message}`)).toEqual([
    '1 round 0',
    '2 round 1',
    '3 round 2',
  ]);
  // Each was told once, those of the dead time at once and without a place in the log.
  expect(told.map(({ message }) => message)).toEqual(['round 0', 'round 1', 'round 2']);
}, 40_000);

it('a database that crashes its process three times in a row is set aside; one crash only has it checked', async () => {
  const { store, told, pid } = one;
  store.append([aNotice('first')]);
  await until('the event is stored', () => told.length === 1);
  const crash = async (): Promise<void> => {
    const crashed = await nextPid(pid);
    process.kill(crashed, 'SIGSEGV');
    await until('it is gone', () => !isAlive(crashed));
  };
  await crash();
  await until('it is open again', () => store.health().state === 'ok' && isReady(pid), 15_000);
  expect(store.health().setAside).toBeUndefined();
  expect(await wholeTimeline(store)).toHaveLength(1);
  for (let round = 0; round < 3; round += 1) await crash();
  await until('a new one is open', () => store.health().state === 'ok', 20_000);
  expect(store.health().setAside).toMatchObject({ why: 'corrupt' });
}, 60_000);

it('close gives up in time on a process that is stopped, and kills it', async () => {
  const { store, pid } = one;
  const stopped = pid();
  process.kill(stopped, 'SIGSTOP');
  store.append([aNotice('lost')]);
  const startedAt = performance.now();
  expect(await store.close(1000)).toBe('abandoned');
  expect(performance.now() - startedAt).toBeLessThan(2500);
  await until('the process is gone', () => !isAlive(stopped));
});

it('close writes everything and ends the process', async () => {
  const { store, pid } = one;
  const running = pid();
  store.append(Array.from({ length: 1200 }, (_, index) => aNotice(`event ${index}`)));
  store.saveResults([]);
  store.saveSeen({ etcd: 7 });
  const liveness = { restarts: { 'uid-1': [5] }, proving: {}, condemned: [] };
  store.saveLiveness(liveness);
  expect(await store.close(10_000)).toBe('flushed');
  expect(isAlive(running)).toBe(false);
  one = aStore(directory);
  expect(await one.store.open()).toEqual({ results: [], seen: { etcd: 7 }, liveness });
  expect(await one.store.takeMesh()).toEqual({ addresses: [], envelopes: [], members: [] });
  const timeline = await one.store.timeline({ from: 0, to: Date.now() + 1, limit: 1000 });
  expect(timeline.kind === 'answer' && timeline.value[0]).toMatchObject({ sequence: 1200, message: 'event 1199' });
  expect(timeline.kind === 'answer' && timeline.value.at(-1)).toMatchObject({ sequence: 201 });
});

function isReady(pid: () => number): boolean {
  try {
    return pid() > 0;
  } catch {
    return false;
  }
}

/** The process as soon as there is one, long before it can open anything. */
async function nextPid(pid: () => number): Promise<number> {
  await until('a process', () => isReady(pid), 15_000);
  return pid();
}
