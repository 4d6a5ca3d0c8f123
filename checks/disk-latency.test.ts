import { describe, expect, it } from 'vitest';
import { diskLatency } from './disk-latency.ts';
import { type FakeFile, fakeHostFiles, testClock, testContext } from './lib/testing.ts';
import type { DiskSamples } from './types.ts';

const DIRECTORY = '/var/lib/meerkat';
const MOUNTS = [
  '27 1 8:1 / / rw - ext4 /dev/sda1 rw',
  '28 27 8:16 / /var/lib/etcd rw - ext4 /dev/sdb rw',
  '29 27 0:40 / /run rw - tmpfs tmpfs rw',
].join('\n');

const samples = (...durations: number[]): DiskSamples => ({
  directory: DIRECTORY,
  samples: durations.map((durationMs, index) => ({ at: 1_767_225_600_000 + index * 5000, durationMs })),
  stalledForMs: 0,
});

interface Device {
  readonly operations: number;
  readonly waitedMs: number;
  readonly inFlight?: number;
  readonly busyMs?: number;
}

const QUIET: Device = { operations: 0, waitedMs: 0 };
const line = (name: string, { operations, waitedMs, inFlight = 0, busyMs = 0 }: Device): string =>
  `${name} ${operations} 0 0 ${waitedMs} 0 0 0 0 ${inFlight} ${busyMs} 0`;
const diskStats = (sda1: Device, sdb: Device): string =>
  `   8   1 ${line('sda1', sda1)}\n   8  16 ${line('sdb', sdb)}\n`;

const run = async (disk: DiskSamples, files: Record<string, FakeFile> = {}) =>
  await diskLatency.run(testContext(diskLatency, { disk: () => disk, host: fakeHostFiles(files) }));

/** Two runs with 30 s between them, on a node with etcd on a disk of its own. */
async function runTwice(before: string, after: string, extra: Record<string, FakeFile> = {}) {
  const files: Record<string, FakeFile> = {
    '/proc/1/mountinfo': MOUNTS,
    '/proc/diskstats': before,
    '/proc/pressure/io': 'some avg10=0.00 avg60=12.00 avg300=0.00 total=1\n',
    '/var/lib/etcd/member/snap/db': '',
    ...extra,
  };
  const clock = testClock();
  const context = testContext(diskLatency, { clock, host: fakeHostFiles(files), disk: () => samples(4, 5, 9) });
  await diskLatency.run(context);
  clock.advance(30_000);
  files['/proc/diskstats'] = after;
  return await diskLatency.run(context);
}

describe('the agent’s own writes', () => {
  it('are fine when they are fast, and says how fast', async () => {
    expect(await run(samples(4, 300, 5, 6, 300))).toEqual({
      status: 'ok',
      readings: [
        { name: 'fdatasync_median_seconds', value: 0.006 },
        { name: 'fdatasync_max_seconds', value: 0.3 },
      ],
    });
  });

  it('are slow by their median', async () => {
    expect(await run(samples(300, 10, 450, 260, 251))).toMatchObject({
      status: 'problem',
      problems: [
        {
          reason: 'DiskSlow',
          subject: DIRECTORY,
          message: 'Writes to /var/lib/meerkat take 0.26 s (median of 30 s).',
        },
      ],
    });
  });

  it('count for 30 s', async () => {
    expect(await run(samples(900, 900, 900, 900, 5, 5, 5, 5, 5, 5))).toMatchObject({ status: 'ok' });
    expect(await run(samples(5, 5, 5, 5, 900, 900, 900, 900, 5, 5))).toMatchObject({ status: 'problem' });
  });

  it('are stalled when one does not come back, whatever else is known', async () => {
    const expected = {
      status: 'problem',
      problems: [
        {
          reason: 'DiskStalled',
          subject: DIRECTORY,
          message: 'A write to /var/lib/meerkat has not come back for 6.5 s.',
        },
      ],
    };
    expect(await run({ ...samples(), stalledForMs: 6500 })).toMatchObject(expected);
    expect(await run({ ...samples(5, 5, 5), stalledForMs: 6500, error: 'odd' })).toMatchObject(expected);
    expect(await run({ ...samples(5, 5, 5), stalledForMs: 4999 })).toMatchObject({ status: 'ok' });
  });

  it('are said to be stalled although the disk that hangs holds etcd', async () => {
    const hanging = fakeHostFiles({ '/proc/1/mountinfo': MOUNTS, '/proc/diskstats': diskStats(QUIET, QUIET) });
    const host = { ...hanging, exists: async () => await new Promise<boolean>(() => {}) };
    const context = testContext(diskLatency, { host, disk: () => ({ ...samples(5, 5, 5), stalledForMs: 9000 }) });
    expect(await diskLatency.run(context)).toMatchObject({ problems: [{ reason: 'DiskStalled' }] });

    const controller = new AbortController();
    const early = testContext(diskLatency, { host, disk: () => samples(5, 5, 5), signal: controller.signal });
    const outcome = diskLatency.run(early);
    controller.abort();
    expect(await outcome).toMatchObject({ status: 'ok' });
  });

  it('are slow by a single one where the disk has just stood still', async () => {
    const clock = testClock();
    let disk: DiskSamples = { ...samples(5, 5, 5), stalledForMs: 9000 };
    const context = testContext(diskLatency, { clock, disk: () => disk });
    expect(await diskLatency.run(context)).toMatchObject({ problems: [{ reason: 'DiskStalled' }] });
    disk = samples(6000);
    clock.advance(10_000);
    expect(await diskLatency.run(context)).toMatchObject({ problems: [{ reason: 'DiskSlow' }] });
    disk = samples(5);
    clock.advance(10_000);
    expect(await diskLatency.run(context)).toMatchObject({ status: 'ok' });
  });

  it('are slow by two of them that took most of the time', async () => {
    expect(await run(samples(8000, 9000))).toMatchObject({ problems: [{ reason: 'DiskSlow' }] });
  });

  it.each([
    ['a word', samples(), 'not measured often enough yet'],
    ['enough of them to call them slow', samples(400, 500), 'not measured often enough yet'],
    [
      'being measured',
      { ...samples(4, 5, 6), error: 'the store is closed' },
      'writes to /var/lib/meerkat are not measured: the store is closed',
    ],
  ])('are unknown without %s', async (_, disk, why) => {
    expect(await run(disk)).toMatchObject({ status: 'unknown', why });
  });

  it('are unknown when no new ones come', async () => {
    const clock = testClock();
    const context = testContext(diskLatency, { clock, disk: () => samples(4, 5, 6) });
    for (let look = 0; look < 4; look += 1) {
      expect(await diskLatency.run(context)).toMatchObject({ status: 'ok' });
      clock.advance(10_000);
    }
    expect(await diskLatency.run(context)).toMatchObject({
      status: 'unknown',
      why: 'writes to /var/lib/meerkat were not measured for 40 s',
    });
  });

  it('are fine after a pause of the agent, before and with the first new one', async () => {
    const clock = testClock();
    let disk = samples(4, 5, 6);
    const context = testContext(diskLatency, { clock, disk: () => disk });
    await diskLatency.run(context);
    clock.advance(600_000);
    expect(await diskLatency.run(context)).toMatchObject({ status: 'ok' });
    const [first] = disk.samples;
    disk = { ...disk, samples: [...disk.samples, { at: (first?.at ?? 0) + 600_000, durationMs: 7 }] };
    expect(await diskLatency.run(context)).toMatchObject({ status: 'ok' });
  });
});

describe('the devices of etcd and the kubelet', () => {
  it('are fine, and says what they do', async () => {
    const after = diskStats({ operations: 60, waitedMs: 120, busyMs: 3000 }, { operations: 0, waitedMs: 0 });
    const outcome = await runTwice(diskStats(QUIET, QUIET), after);
    expect(outcome).toEqual({
      status: 'ok',
      readings: [
        { name: 'fdatasync_median_seconds', value: 0.005 },
        { name: 'fdatasync_max_seconds', value: 0.009 },
        { name: 'stalled_some_ratio', value: 0.12 },
        { name: 'device_busy_ratio', subject: 'sda1', value: 0.1 },
        { name: 'device_await_seconds', subject: 'sda1', value: 0.002 },
        { name: 'device_busy_ratio', subject: 'sdb', value: 0 },
      ],
    });
  });

  it.each([
    [{ operations: 40, waitedMs: 24_000 }, 'takes 0.6 s for a request (mean of 40 in 30 s)'],
    [{ operations: 0, waitedMs: 0, inFlight: 3 }, 'completed no request in 30 s although some wait'],
  ])('are slow: %j', async (sdb, what) => {
    const outcome = await runTwice(diskStats(QUIET, { ...QUIET, inFlight: 2 }), diskStats(QUIET, sdb));
    expect(outcome).toMatchObject({
      status: 'problem',
      problems: [{ reason: 'DeviceSlow', subject: 'sdb', message: `sdb, which holds /var/lib/etcd, ${what}.` }],
    });
  });

  it('stays calm about a few slow requests, and about a long queue on the agent’s own device', async () => {
    const after = diskStats({ operations: 5000, waitedMs: 9_000_000 }, { operations: 3, waitedMs: 9000 });
    expect(await runTwice(diskStats(QUIET, QUIET), after)).toMatchObject({ status: 'ok' });
  });

  it.each(['/proc/1/mountinfo', '/proc/diskstats'])('are left aside without %s', async (path) => {
    const table = diskStats(QUIET, QUIET);
    const outcome = await runTwice(table, table, { [path]: { error: 'EACCES' } });
    expect(outcome).toMatchObject({ status: 'ok' });
  });

  it('are named when they share the agent’s device', async () => {
    const files = {
      '/proc/1/mountinfo': MOUNTS,
      '/proc/diskstats': diskStats(QUIET, QUIET),
      '/var/lib/kubelet/config.yaml': '',
    };
    expect(await run(samples(900, 900, 900), files)).toMatchObject({
      problems: [
        {
          message: 'Writes to /var/lib/meerkat take 0.9 s (median of 30 s); the same device holds /var/lib/kubelet.',
        },
      ],
    });
  });
});
