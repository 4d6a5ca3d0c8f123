/** The store on a disk that fills up, hangs or turns read-only. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type RunningStore,
  aNotice,
  aStore,
  childrenOf,
  isAlive,
  until,
  wholeTimeline,
} from '../integration/store-support/harness.ts';
import { type LoopDisk, createLoopDisk, whyNoLoopDisk } from './lib/loop-disk.ts';

const missing = whyNoLoopDisk();
if (missing !== undefined) process.stderr.write(`store-disk: skipped, ${missing}\n`);

const AGENT = fileURLToPath(new URL('../integration/store-support/frozen-agent.ts', import.meta.url));
/** Between two tries on a disk that takes no writes, and some more for a busy machine. */
const RETRIED_WITHIN_MS = 25_000;

describe.skipIf(missing !== undefined)('the store on a disk of its own', () => {
  let disk: LoopDisk;
  let directory = '';
  const running: RunningStore[] = [];

  beforeEach(() => {
    disk = createLoopDisk(16);
    directory = join(disk.mountPoint, 'data');
  });

  afterEach(async () => {
    try {
      await Promise.all(running.splice(0).map(({ store }) => store.close(2000)));
    } finally {
      disk.cleanUp();
    }
  });

  const start = (): RunningStore => {
    const one = aStore(directory, 8 * 1024 * 1024);
    running.push(one);
    return one;
  };
  const feed = ({ store }: RunningStore, from: number, count: number): void => {
    for (let index = from; index < from + count; index += 1) {
      store.append([aNotice(`event ${index}`)]);
      store.record([
        { at: Date.now() - 60_000 + index * 100, key: { node: 'n', check: 'c', reading: 'r_count' }, value: index },
      ]);
    }
  };
  const aQuery = () => ({ node: 'n', check: 'c', from: Date.now() - 300_000, to: Date.now() + 1000, maxPoints: 2000 });
  const expectAll = async ({ store }: RunningStore, count: number): Promise<void> => {
    const timeline = await wholeTimeline(store);
    expect(timeline.map(({ sequence, message }) => `${sequence} ${message}`)).toEqual(
      Array.from({ length: count }, (_, index) => `${index + 1} event ${index}`),
    );
    const series = await store.series(aQuery());
    if (series.kind === 'unavailable') throw new Error(series.message);
    const averages = series.value[0]?.averages.filter((value) => value !== null);
    expect(averages).toEqual(Array.from({ length: count }, (_, index) => index));
    expect(store.health()).toMatchObject({ droppedEvents: 0, droppedSamples: 0 });
  };

  it('full: says so, is still read, and writes what waited when there is room again', async () => {
    const one = start();
    await one.store.open();
    feed(one, 0, 50);
    await until('the first events are stored', () => one.told.length === 50);
    disk.fill();
    let count = 50;
    const began = performance.now();
    while (one.store.health().state !== 'full' && performance.now() - began < 60_000) {
      feed(one, count, 100);
      count += 100;
      await until('a try', () => one.store.health().queuedEvents === 0 || one.store.health().state === 'full', 20_000);
    }
    expect(one.store.health()).toMatchObject({ state: 'full', message: expect.stringContaining(directory) });
    expect(await one.store.series(aQuery())).toMatchObject({ kind: 'answer' });
    expect(one.store.disk()).toMatchObject({ stalledForMs: 0 });
    const measured = one.store.disk().samples.length;
    await until('the disk is still measured', () => one.store.disk().samples.length > measured, 15_000);
    disk.release();
    const tookMs = await until('ok', () => one.store.health().state === 'ok', RETRIED_WITHIN_MS);
    process.stdout.write(`wrote again ${Math.round(tookMs)} ms after there was room\n`);
    await until('all is stored', () => one.store.health().queuedEvents === 0);
    await expectAll(one, count);
  });

  it('full from the start: goes on in memory, and begins its database when there is room', async () => {
    disk.fill();
    const one = start();
    expect(await one.store.open()).toBeUndefined();
    expect(one.store.health().state).toBe('full');
    feed(one, 0, 10);
    expect(one.told).toHaveLength(10);
    disk.release();
    await until('ok', () => one.store.health().state === 'ok', RETRIED_WITHIN_MS);
    await until('all is stored', () => one.store.health().queuedEvents === 0);
    await expectAll(one, 10);
  });

  it('frozen: stalled, nothing waits for it, and nothing is lost when it thaws', async () => {
    const one = start();
    await one.store.open();
    feed(one, 0, 50);
    await until('the first events are stored', () => one.told.length === 50);
    disk.freeze();
    feed(one, 50, 50);
    const stalledMs = await until('stalled', () => one.store.health().state === 'stalled', 30_000);
    process.stdout.write(`stalled ${Math.round(stalledMs)} ms after the disk froze\n`);
    expect(one.store.health().message).toContain('its process waits for the disk');
    expect(one.store.disk().stalledForMs).toBeGreaterThan(4000);
    const asked = performance.now();
    expect(await one.store.series(aQuery())).toMatchObject({ kind: 'unavailable' });
    expect(performance.now() - asked).toBeLessThan(2500);
    expect((await wholeTimeline(one.store)).length).toBe(100);
    disk.thaw();
    await until('ok', () => one.store.health().state === 'ok', RETRIED_WITHIN_MS);
    await until('all is stored', () => one.store.health().queuedEvents === 0);
    expect(one.store.disk().stalledForMs).toBe(0);
    await expectAll(one, 100);
  });

  it('frozen: the agent closes in time and ends with 0 while the disk is still frozen', async () => {
    const agent = spawn(process.execPath, [AGENT, directory], { stdio: ['pipe', 'pipe', 'inherit'] });
    const said: string[] = [];
    createInterface({ input: agent.stdout }).on('line', (line) => said.push(line));
    const children: number[] = [];
    try {
      await until('open', () => said.includes('ok'));
      children.push(...childrenOf(agent.pid ?? 0));
      agent.stdin.write('event\n');
      await until('the event is stored', () => said.includes('stored 1'));
      disk.freeze();
      agent.stdin.write('event\n');
      await until('stalled', () => said.includes('stalled'), 30_000);
      const toldAt = performance.now();
      const exited = once(agent, 'exit');
      agent.stdin.write('close\n');
      expect(await exited).toEqual([0, null]);
      process.stdout.write(`ended ${Math.round(performance.now() - toldAt)} ms after it was told to\n`);
      expect(performance.now() - toldAt).toBeLessThan(4000);
      expect(said.at(-1)).toBe('abandoned');
    } finally {
      disk.thaw();
      if (agent.exitCode === null) agent.kill('SIGKILL');
    }
    await until('the store process ends when the disk is back', () => !children.some(isAlive));
    const next = start();
    await next.store.open();
    expect((await wholeTimeline(next.store)).map(({ sequence }) => sequence)).toContain(1);
    expect(next.store.health()).toMatchObject({ state: 'ok' });
    expect(next.store.health().setAside).toBeUndefined();
  });

  it('read-only at the start: says so, and recovers when it is mounted read-write', async () => {
    const first = start();
    await first.store.open();
    feed(first, 0, 5);
    expect(await first.store.close(5000)).toBe('flushed');
    disk.remount('ro');
    const one = start();
    expect(await one.store.open()).toBeUndefined();
    expect(one.store.health()).toMatchObject({ state: 'read-only', message: expect.stringContaining(directory) });
    feed(one, 5, 5);
    disk.remount('rw');
    await until('ok', () => one.store.health().state === 'ok', RETRIED_WITHIN_MS);
    await until('all is stored', () => one.store.health().queuedEvents === 0);
    await expectAll(one, 10);
  });

  it('turned read-only by an error of the file system: says so, and keeps what waits', async () => {
    const one = start();
    await one.store.open();
    feed(one, 0, 5);
    await until('the first events are stored', () => one.told.length === 5);
    disk.remount('rw,errors=remount-ro' as 'rw');
    const device = /\/(loop\d+)$/.exec(deviceOf(disk.mountPoint))?.[1] ?? '';
    expect(readdirSync('/sys/fs/ext4')).toContain(device);
    writeFileSync(`/sys/fs/ext4/${device}/trigger_fs_error`, 'set off by a test');
    feed(one, 5, 5);
    await until('read-only', () => one.store.health().state === 'read-only', 20_000);
    expect(one.store.health()).toMatchObject({ queuedEvents: 5, droppedEvents: 0 });
    expect(one.store.disk()).toMatchObject({ stalledForMs: 0 });
  });
});

const deviceOf = (mountPoint: string): string =>
  readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .find(([, where]) => where === mountPoint)?.[0] ?? '';
