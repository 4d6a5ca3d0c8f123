import { describe, expect, it } from 'vitest';
import { look, parseCount, parseCpuTimes, parseLoadAverage, parseMeminfo } from './procfs.ts';
import { fakeHostFiles } from './testing.ts';

describe('parseCount', () => {
  it.each([
    ['32768\n', 32_768],
    ['0', 0],
    ['  7\r\n', 7],
    ['9223372036854775807\n', 9_223_372_036_854_775_807n],
    ['', undefined],
    ['12 13', undefined],
    ['-1', undefined],
    ['max', undefined],
  ])('%j', (text, expected) => {
    expect(parseCount(text)).toBe(typeof expected === 'bigint' ? Number(expected) : expected);
  });
});

describe('parseMeminfo', () => {
  it('states bytes, and counts as they are', () => {
    const meminfo = parseMeminfo('MemTotal:       24684092 kB\r\nHugePages_Total:       3\nActive(anon):  1 kB\nodd\n');
    expect(Object.fromEntries(meminfo ?? [])).toEqual({
      MemTotal: 24_684_092 * 1024,
      HugePages_Total: 3,
      'Active(anon)': 1024,
    });
  });

  it.each(['', '\n\n', 'MemTotal', 'MemTotal: many kB', 'MemTotal: 12 MB'])('refuses %j', (text) => {
    expect(parseMeminfo(text)).toBeUndefined();
  });
});

describe('parseLoadAverage', () => {
  it.each(['0.20 1.18 12.12 1/80 11206\n', '0.20 1.18 12.12 1/80 11206\r\n'])('%j', (text) => {
    expect(parseLoadAverage(text)).toEqual({ load1: 0.2, load5: 1.18, load15: 12.12, tasks: 80 });
  });

  it.each(['', '0.20 0.18', '0.20 0.18 0.12', 'a b c d/e f', '0.20 0.18 0.12 80 11206'])('refuses %j', (text) => {
    expect(parseLoadAverage(text)).toBeUndefined();
  });
});

describe('parseCpuTimes', () => {
  it.each([
    ['cpu  10 1 5 100 4 2 3 1 9 9\ncpu0 5 0 2 50 2 1 1 0 4 4\ncpu1 5 1 3 50 2 1 2 1 5 5\n', 2, 104, 126],
    ['cpu 1 2 3 4\ncpu0 1 2 3 4\nintr 12 0\n', 1, 4, 10],
  ])('%j', (text, cpus, idle, total) => {
    expect(parseCpuTimes(text)).toEqual({ cpus, idle, total });
  });

  it.each(['', 'cpu', 'cpu 1 2 3\ncpu0 1 2 3', 'cpu 1 2 3 4\n', 'intr 1 2 3 4'])('refuses %j', (text) => {
    expect(parseCpuTimes(text)).toBeUndefined();
  });
});

describe('look', () => {
  it.each([
    ['/proc/a', { value: 1 }],
    ['/proc/odd', { why: '/proc/odd has an unexpected form' }],
    ['/proc/none', { why: 'there is no /proc/none' }],
    ['/proc/secret', { why: 'the agent may not read /proc/secret (EACCES)' }],
    ['/proc/broken', { why: "/proc/broken cannot be read: EIO: cannot open '/proc/broken'" }],
  ])('%s', async (path, expected) => {
    const host = fakeHostFiles({
      '/proc/a': '1\n',
      '/proc/odd': 'one',
      '/proc/secret': { error: 'EACCES' },
      '/proc/broken': { error: 'EIO' },
    });
    expect(await look(host, path, parseCount)).toMatchObject(expected);
  });
});
