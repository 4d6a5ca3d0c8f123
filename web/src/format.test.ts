import { describe, expect, it } from 'vitest';
import {
  formatDuration,
  formatFull,
  formatInstant,
  formatLocal,
  formatReading,
  formatTook,
  plural,
  readingWords,
  unitOf,
} from './format.ts';

const spaced = (text: string): string => text.replaceAll('\u00a0', ' ');

describe('formatReading', () => {
  it.each([
    ['fsync_p99_seconds', 0.00042, '420 µs'],
    ['fsync_p99_seconds', 0.0042, '4.2 ms'],
    ['fsync_p99_seconds', 0.9996, '1 s'],
    ['fsync_p99_seconds', 0.9994, '999 ms'],
    ['fsync_p99_seconds', 12.345, '12.3 s'],
    ['fsync_p99_seconds', 0, '0 s'],
    ['expires_in_seconds', 1_036_800, '12d'],
    ['offset_seconds', -0.012, '-12 ms'],
    ['offset_seconds', -75, '-1m 15s'],
    ['free_bytes', 0, '0 B'],
    ['free_bytes', 1023, '1,023 B'],
    ['free_bytes', 3_328_599_655, '3.1 GiB'],
    ['free_bytes', 1_073_741_823, '1 GiB'],
    ['read_bytes_per_second', 2_097_152, '2 MiB/s'],
    ['used_ratio', 0.5, '50 %'],
    ['used_ratio', 0.123_4, '12.3 %'],
    ['used_ratio', 0.9996, '99.96 %'],
    ['used_ratio', 0.999_999, '99.99 %'],
    ['used_ratio', 1, '100 %'],
    ['used_ratio', 0.000_012, '0.0012 %'],
    ['restarts_total', 1_234_567, '1,234,567'],
    ['restarts_total', 999, '999'],
    ['change_count', -1234.56, '-1,234.56'],
    ['change_count', -123, '-123'],
    ['load_count', 100_000.000_4, '100,000'],
    ['load_count', 0.0625, '0.063'],
    ['load_count', 0.004_2, '0.0042'],
    ['leader_changes_per_second', 0.5, '0.5/s'],
    ['anything', Number.NaN, 'NaN'],
  ])('%s %d is %s', (name, value, text) => {
    expect(spaced(formatReading(name, value))).toBe(text);
  });

  it('takes the unit from the end of the name only', () => {
    expect(unitOf('seconds_behind_count')).toBe('number');
    expect(unitOf('write_bytes_per_second')).toBe('bytes');
  });
});

describe('durations and instants', () => {
  it.each([
    [-5, '0s'],
    [0.4, '0s'],
    [59.9, '59s'],
    [60, '1m'],
    [185, '3m 5s'],
    [3600, '1h'],
    [3605, '1h'],
    [276_000, '3d 4h'],
  ])('%d s is %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });

  it('shows the date of another day only', () => {
    const now = Date.parse('2026-11-20T02:14:05Z');
    expect(formatInstant(Date.parse('2026-11-20T00:00:00Z'), now)).toBe('00:00:00');
    expect(formatInstant(Date.parse('2026-11-19T23:59:59Z'), now)).toBe('2026-11-19 23:59:59');
    expect(formatFull(now)).toBe('2026-11-20 02:14:05 UTC');
  });
});

it.each([
  ['fsync_p99_seconds', 'fsync p99'],
  ['read_bytes_per_second', 'read per second'],
  ['bytes', 'bytes'],
  ['oom_kills_total', 'oom kills'],
])('%s in words is "%s"', (name, words) => {
  expect(readingWords(name)).toBe(words);
});

it('never says that a run took no time', () => {
  expect([0, 0.002].map(formatTook).map(spaced)).toEqual(['< 1 ms', '2 ms']);
});

it('counts', () => {
  expect([plural(1, 'check'), plural(0, 'check')]).toEqual(['1 check', '0 checks']);
});

it('writes an instant by this clock as it writes one in UTC', () => {
  const at = new Date(2026, 10, 20, 2, 14, 5);
  expect(formatLocal(at.getTime())).toBe('2026-11-20 02:14:05');
});
