import { expect, it } from 'vitest';
import { cpuPressure } from './cpu-pressure.ts';
import { type FakeFile, fakeHostFiles, testClock, testContext } from './lib/testing.ts';

const load = (load1: number): string => `${load1.toFixed(2)} 1.00 1.00 3/200 4242\n`;
const pressure = (percent: number): string => `some avg10=0.00 avg60=${percent.toFixed(2)} avg300=0.00 total=1\n`;
/** Ticks of two CPUs that worked for a share of the time. */
const stat = (seconds: number, busy: number): string =>
  `cpu  ${seconds * 200 * busy} 0 0 ${seconds * 200 * (1 - busy)} 0 0 0 0 0 0\ncpu0 1 0 0 1\ncpu1 1 0 0 1\n`;

/** A minute of the same: five runs with 15 s between them. */
async function runFor(files: (seconds: number) => Record<string, FakeFile>) {
  const current: Record<string, FakeFile> = {};
  const clock = testClock();
  const context = testContext(cpuPressure, { host: fakeHostFiles(current), clock });
  for (const second of [0, 15, 30, 45]) {
    Object.assign(current, files(second));
    await cpuPressure.run(context);
    clock.advance(15_000);
  }
  Object.assign(current, files(60));
  return await cpuPressure.run(context);
}

it('is fine on a node that is fully used, with two tasks to each CPU', async () => {
  const outcome = await runFor((second) => ({
    '/proc/loadavg': load(4),
    '/proc/stat': stat(second, 1),
    '/proc/pressure/cpu': pressure(95),
  }));
  expect(outcome).toEqual({
    status: 'ok',
    readings: [
      { name: 'load_per_cpu_ratio', value: 2 },
      { name: 'busy_ratio', value: 1 },
      { name: 'stalled_some_ratio', value: 0.95 },
    ],
  });
});

it('reports a saturated CPU', async () => {
  const outcome = await runFor((second) => ({
    '/proc/loadavg': load(12),
    '/proc/stat': stat(second, 1),
    '/proc/pressure/cpu': pressure(96),
  }));
  expect(outcome).toMatchObject({
    status: 'problem',
    problems: [
      {
        reason: 'CpuSaturated',
        message: 'There are 6.0 tasks to each of 2 CPUs, and a task waited for a CPU in 96 % of the last minute.',
      },
    ],
  });
});

it.each([
  ['throttled containers on idle CPUs', load(1), pressure(99)],
  ['tasks that wait for a disk', load(80), pressure(5)],
])('stays calm: %s', async (_, loadavg, cpu) => {
  const outcome = await runFor((second) => ({
    '/proc/loadavg': loadavg,
    '/proc/stat': stat(second, 0.3),
    '/proc/pressure/cpu': cpu,
  }));
  expect(outcome).toMatchObject({ status: 'ok' });
});

it('judges by the time that the CPUs worked where the kernel states no pressure', async () => {
  const without = (busy: number) => (second: number) => ({
    '/proc/loadavg': load(12),
    '/proc/stat': stat(second, busy),
  });
  expect(await runFor(without(1))).toMatchObject({
    problems: [{ message: 'There are 6.0 tasks to each of 2 CPUs, and the CPUs worked 100 % of the last minute.' }],
  });
  expect(await runFor(without(0.5))).toMatchObject({ status: 'ok' });
});

it('counts the CPUs of the node, not those that the agent may use', async () => {
  const files = { '/proc/loadavg': load(6), '/proc/stat': stat(0, 0), '/proc/pressure/cpu': pressure(90) };
  const node = { name: 'node-1', arch: 'amd64', cpus: 1 };
  const two = testContext(cpuPressure, { node, host: fakeHostFiles(files) });
  expect(await cpuPressure.run(two)).toMatchObject({ status: 'ok', readings: [{ value: 3 }, {}] });
  const one = testContext(cpuPressure, { node, host: fakeHostFiles({ ...files, '/proc/stat': { error: 'ENOENT' } }) });
  expect(await cpuPressure.run(one)).toMatchObject({ status: 'problem' });
});

it.each([
  ['/proc/loadavg', {}, 'there is no /proc/loadavg'],
  ['every proof', { '/proc/loadavg': load(1) }, 'the kernel states no pressure, and there is no /proc/stat'],
  ['a second look', { '/proc/loadavg': load(1), '/proc/stat': stat(1, 1) }, 'not measured yet'],
])('is unknown without %s', async (_, files, why) => {
  const context = testContext(cpuPressure, { host: fakeHostFiles(files) });
  expect(await cpuPressure.run(context)).toMatchObject({ status: 'unknown', why });
});
