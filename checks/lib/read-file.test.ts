import { existsSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { createProcReader } from './read-file.ts';

const MAX_BYTES = 1_048_576;
const directory = mkdtempSync(join(tmpdir(), 'meerkat-read-file-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const fileOf = (name: string, text: string): string => {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
};
/** How many of this process's descriptors are of such a file. */
const openOf = (path: string): number =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(path);
    } catch {
      return false;
    }
  }).length;

it('reads what the file says now, and opens it once', async () => {
  const read = createProcReader();
  const path = fileOf('changing', 'one');
  expect(await read(path, MAX_BYTES)).toBe('one');
  writeFileSync(path, 'another');
  expect(await read(path, MAX_BYTES)).toBe('another');
  writeFileSync(path, '');
  expect(await Promise.all([read(path, MAX_BYTES), read(path, MAX_BYTES)])).toEqual(['', '']);
  expect(openOf(path)).toBe(1);
});

it('opens it once, however many ask at the same time', async () => {
  const read = createProcReader();
  const path = fileOf('asked', 'one');
  expect(await Promise.all([1, 2, 3].map(() => read(path, MAX_BYTES)))).toEqual(['one', 'one', 'one']);
  await expect.poll(() => openOf(path)).toBe(1);
});

it.each([1, 2047, 2048, 2049, 65_536, 200_000])(
  'reads a file of %d bytes whole, and no more than is wanted',
  async (size) => {
    const read = createProcReader();
    const text = Array.from({ length: size }, (_, index) => `${index % 10}`).join('');
    const path = fileOf(`of-${size}`, text);
    expect((await read(path, MAX_BYTES)) === text).toBe(true);
    expect((await read(path, 1000)) === text.slice(0, 1000)).toBe(true);
  },
);

it('reads files of the kernel to their end, again and again', async () => {
  const read = createProcReader();
  const paths = ['stat', 'vmstat', 'meminfo', 'diskstats', 'modules', 'kallsyms'].map((name) => `/proc/${name}`);
  for (const path of paths.filter((one) => existsSync(one))) {
    const linesOf = (text: string): number => text.split('\n').length;
    // Devices and modules come and go between two reads.
    const missing = async (): Promise<number> =>
      linesOf(readFileSync(path, 'utf8')) - linesOf(await read(path, 64 * MAX_BYTES));
    for (let run = 0; run < 3; run += 1) await expect.poll(missing, { message: path }).toBe(0);
  }
});

it('says what is wrong, and finds what is there again', async () => {
  const read = createProcReader();
  const path = join(directory, 'later');
  await expect(read(path, MAX_BYTES)).rejects.toMatchObject({ code: 'ENOENT' });
  writeFileSync(path, 'here');
  expect(await read(path, MAX_BYTES)).toBe('here');
  const before = openOf(directory);
  await expect(read(directory, MAX_BYTES)).rejects.toMatchObject({ code: 'EISDIR' });
  await expect.poll(() => openOf(directory)).toBe(before);
});

it('opens files of processes each time', async () => {
  const read = createProcReader();
  for (const path of [`/proc/${process.pid}/stat`, '/proc/self/stat']) {
    expect(await read(path, MAX_BYTES)).toContain(`${process.pid} (`);
    expect(openOf(`/proc/${process.pid}/stat`)).toBe(0);
  }
});

it('keeps no more than so many open', async () => {
  const read = createProcReader();
  const paths = Array.from({ length: 100 }, (_, index) => fileOf(`many-${index}`, `${index}`));
  for (const [index, path] of paths.entries()) expect(await read(path, MAX_BYTES)).toBe(`${index}`);
  await expect.poll(() => openOf(join(directory, 'many-'))).toBe(32);
  expect(await read(paths[0] ?? '', MAX_BYTES)).toBe('0');
});
