import { expect, it } from 'vitest';
import { type FakeFile, fakeHostFiles, testContext } from './lib/testing.ts';
import { pids } from './pids.ts';

const files = (tasks: number, pidMax = 32_768, threadsMax = 192_730): Record<string, FakeFile> => ({
  '/proc/loadavg': `0.20 0.18 0.12 1/${tasks} 11206\n`,
  '/proc/sys/kernel/pid_max': `${pidMax}\n`,
  '/proc/sys/kernel/threads-max': `${threadsMax}\n`,
});

const run = async (host: Record<string, FakeFile>) => await pids.run(testContext(pids, { host: fakeHostFiles(host) }));

it('is fine with ids left, and says how many are in use', async () => {
  expect(await run(files(8192))).toEqual({
    status: 'ok',
    readings: [
      { name: 'tasks_count', value: 8192 },
      { name: 'tasks_limit_count', value: 32_768 },
      { name: 'used_ratio', value: 0.25 },
    ],
  });
});

it.each([
  [files(27_000), 'PidsLow', '27,000 processes and threads exist, 82 % of kernel.pid_max = 32,768.'],
  [files(32_000), 'PidsExhausted', '32,000 processes and threads exist, 98 % of kernel.pid_max = 32,768.'],
  [
    files(980, 4_194_304, 1000),
    'PidsExhausted',
    '980 processes and threads exist, 98 % of kernel.threads-max = 1,000.',
  ],
])('reports ids that run out: %#', async (host, reason, message) => {
  expect(await run(host)).toMatchObject({ status: 'problem', problems: [{ reason, message }] });
});

it.each([
  ['/proc/loadavg', 'there is no /proc/loadavg'],
  ['/proc/sys/kernel/pid_max', 'there is no /proc/sys/kernel/pid_max'],
  ['/proc/sys/kernel/threads-max', 'there is no /proc/sys/kernel/threads-max'],
])('is unknown without %s', async (path, why) => {
  expect(await run({ ...files(100), [path]: { error: 'ENOENT' } })).toMatchObject({ status: 'unknown', why });
});
