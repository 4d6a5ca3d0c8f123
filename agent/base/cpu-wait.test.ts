import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { createFakeClock } from '../../test/lib/fake-clock.ts';
import { createCpuWaits, readCpuWaitMs, readRunDelayMs, readStolenMs } from './cpu-wait.ts';

const directory = mkdtempSync(join(tmpdir(), 'meerkat-cpu-wait-'));
const path = join(directory, 'figures');
const written = (text: string): string => {
  writeFileSync(path, text);
  return path;
};
afterAll(() => rmSync(directory, { recursive: true }));

it('is what other processes had: the second figure of the kernel’s, or nothing where there is none', () => {
  expect(readRunDelayMs(written('189194000 98754000 3\n'))).toBe(98.754);
  expect(readRunDelayMs(written(''))).toBe(0);
  expect(readRunDelayMs(written('garbage of no figures'))).toBe(0);
  expect(readRunDelayMs(join(directory, 'missing'))).toBe(0);
});

it('is what other machines had, of each processor', () => {
  const stat = [
    'cpu  2452937 54428 286404 2210179 16349 0 33943 495101 0 0',
    'cpu0 1226468 27214 143202 1105089 8174 0 16971 247550 0 0',
    'cpu1 1226469 27214 143202 1105090 8175 0 16972 247551 0 0',
    'intr 1 2 3',
    'ctxt 4',
  ].join('\n');
  expect(readStolenMs(written(stat))).toBe(2_475_505);
  // Kernels before 2.6.11 count none.
  expect(readStolenMs(written('cpu  1 2 3 4 5 6 7\ncpu0 1 2 3 4 5 6 7\n'))).toBe(0);
  expect(readStolenMs(written('cpu  1 2 3 4 5 6 7 8\n'))).toBe(0);
  expect(readStolenMs(written('<html>'))).toBe(0);
  expect(readStolenMs(join(directory, 'missing'))).toBe(0);
});

it('looks once a second for those that want it roughly, and at once for the others', async () => {
  const clock = createFakeClock();
  let looks = 0;
  const waits = createCpuWaits(clock, () => {
    looks += 1;
    return 7 * looks;
  });
  for (let run = 0; run < 5; run += 1) expect(waits.recent()).toEqual({ atMs: clock.monotonic(), waitedMs: 7 });
  expect(waits.now().waitedMs).toBe(14);
  expect(waits.recent().waitedMs).toBe(7);
  await clock.advance(1001);
  expect(waits.recent().waitedMs).toBe(21);
});

it('counts all threads of this process', () => {
  const mainMs = readRunDelayMs() + readStolenMs();
  expect(readCpuWaitMs()).toBeGreaterThanOrEqual(mainMs);
});
