import { expect, it } from 'vitest';
import { fakeHostFiles, testContext } from './lib/testing.ts';
import { memoryPressure } from './memory-pressure.ts';
import type { Outcome } from './types.ts';

const kilobytes = (gib: number): string => `${Math.round(gib * 1024 * 1024)} kB`;

interface Case {
  readonly totalGib?: number;
  readonly availableGib: number;
  readonly swapFreeGib?: number;
  readonly hugeGib?: number;
  /** Percent of the last minute; no figures where undefined. */
  readonly some?: number;
}

async function run({ totalGib = 16, availableGib, swapFreeGib = 0, hugeGib = 0, some }: Case): Promise<Outcome> {
  const files: Record<string, string> = {
    '/proc/meminfo': [
      `MemTotal: ${kilobytes(totalGib)}`,
      `MemAvailable: ${kilobytes(availableGib)}`,
      `SwapFree: ${kilobytes(swapFreeGib)}`,
      `HugePages_Total: ${hugeGib}`,
      `Hugepagesize: ${kilobytes(1)}`,
      '',
    ].join('\n'),
  };
  if (some !== undefined) {
    files['/proc/pressure/memory'] =
      `some avg10=0.00 avg60=${some.toFixed(2)} avg300=0.00 total=1\nfull avg10=0.00 avg60=1.00 avg300=0.00 total=1\n`;
  }
  return await memoryPressure.run(testContext(memoryPressure, { host: fakeHostFiles(files) }));
}

it('is fine with memory left, and says how much', async () => {
  expect(await run({ availableGib: 8, some: 2 })).toEqual({
    status: 'ok',
    readings: [
      { name: 'available_bytes', value: 8 * 1024 ** 3 },
      { name: 'available_ratio', value: 0.5 },
      { name: 'stalled_some_ratio', value: 0.02 },
      { name: 'stalled_full_ratio', value: 0.01 },
    ],
  });
});

it('reports little memory together with pressure', async () => {
  expect(await run({ availableGib: 1.28, some: 25 })).toMatchObject({
    status: 'problem',
    problems: [
      {
        reason: 'MemoryPressure',
        message:
          '1.3 GiB of 16.0 GiB memory (8.0 %) is available, and tasks waited for memory in 25 % of the last minute.',
      },
    ],
  });
});

it('reports that memory runs out, with or without pressure', async () => {
  const expected = { problems: [{ reason: 'OomImminent' }] };
  expect(await run({ availableGib: 0.32, some: 0 })).toMatchObject(expected);
  expect(await run({ availableGib: 0.32, some: 90 })).toMatchObject(expected);
  expect(await run({ availableGib: 0.32 })).toMatchObject({
    problems: [{ message: '328 MiB of 16.0 GiB memory (2.0 %) is available, and 0 B of swap.' }],
  });
});

it.each([
  ['little memory that nobody waits for', { availableGib: 1, some: 3 }],
  ['pressure with memory left: a container at its own limit', { availableGib: 8, some: 80 }],
  ['little memory on a kernel without pressure figures', { availableGib: 1 }],
  ['a small share of very much memory', { totalGib: 1024, availableGib: 20, some: 0 }],
  ['little memory and much free swap', { availableGib: 0.3, swapFreeGib: 8, some: 0 }],
  [
    'a database that set aside nearly all memory as huge pages',
    { totalGib: 64, hugeGib: 60, availableGib: 1.5, some: 0 },
  ],
])('stays calm: %s', async (_, values) => {
  expect(await run(values)).toMatchObject({ status: 'ok' });
});

it.each([
  ['no file', {}, 'there is no /proc/meminfo'],
  ['no right', { '/proc/meminfo': { error: 'EACCES' } }, 'the agent may not read /proc/meminfo (EACCES)'],
  ['an empty file', { '/proc/meminfo': '' }, '/proc/meminfo has an unexpected form'],
  [
    'an old kernel',
    { '/proc/meminfo': 'MemTotal: 100 kB\nMemFree: 10 kB\n' },
    '/proc/meminfo states no MemTotal or no MemAvailable (Linux 3.14)',
  ],
])('is unknown with %s', async (_, files, why) => {
  const context = testContext(memoryPressure, { host: fakeHostFiles(files) });
  expect(await memoryPressure.run(context)).toMatchObject({ status: 'unknown', why });
});
