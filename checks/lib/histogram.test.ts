import { expect, it } from 'vitest';
import { type Histogram, countAbove, grownBetween, parseHistogram, quantileOf, totalOf } from './histogram.ts';

const TEXT = `# TYPE etcd_disk_wal_fsync_duration_seconds histogram
etcd_disk_wal_fsync_duration_seconds_bucket{le="0.001"} 10
etcd_disk_wal_fsync_duration_seconds_bucket{le="0.512"} 90
etcd_disk_wal_fsync_duration_seconds_bucket{le="1.024"} 99
etcd_disk_wal_fsync_duration_seconds_bucket{le="+Inf"} 100
etcd_disk_wal_fsync_duration_seconds_sum 12.5
etcd_disk_wal_fsync_duration_seconds_count 100
`;
const NAME = 'etcd_disk_wal_fsync_duration_seconds';
const of = (...counts: number[]): Histogram =>
  [0.001, 0.512, 1.024, Infinity].map((upTo, index) => ({ upTo, count: counts[index] ?? 0 }));

it('reads the buckets of a histogram', () => {
  expect(parseHistogram(TEXT, NAME)).toEqual(of(10, 90, 99, 100));
});

it.each([
  ['other metrics', 'etcd_server_has_leader 1\n'],
  ['what was cut off', TEXT.slice(0, TEXT.indexOf('1.024'))],
  ['no numbers', TEXT.replace('} 90', '} many')],
  ['bounds that run back', TEXT.replace('0.512', '0.0001')],
  ['HTML', '<html><body>404</body></html>'],
])('takes no histogram from %s', (_what, text) => {
  expect(parseHistogram(text, NAME)).toBeUndefined();
});

it('tells what came in between, and nothing when the counters began anew', () => {
  expect(grownBetween(of(10, 20, 20, 20), of(10, 21, 23, 24))).toEqual(of(0, 1, 3, 4));
  expect(grownBetween(of(10, 20, 20, 20), of(1, 2, 2, 2))).toBeUndefined();
  expect(grownBetween(of(1, 1, 1, 1), of(1, 1, 1, 1).slice(1))).toBeUndefined();
  expect(totalOf(of(0, 1, 3, 4))).toBe(4);
});

it.each([
  [of(100, 100, 100, 100), 0.99, { value: 0.00099, isMore: false }],
  [of(0, 50, 100, 100), 0.5, { value: 0.512, isMore: false }],
  [of(0, 0, 100, 100), 0.5, { value: 0.768, isMore: false }],
  [of(0, 0, 98, 100), 0.99, { value: 1.024, isMore: true }],
  [of(0, 0, 0, 0), 0.99, undefined],
])('estimates a quantile as Prometheus does: %j', (histogram, quantile, expected) => {
  const found = quantileOf(histogram, quantile);
  expect(found?.isMore).toBe(expected?.isMore);
  if (expected !== undefined) expect(found?.value).toBeCloseTo(expected.value, 9);
});

it('counts what is certainly above a limit', () => {
  expect(countAbove(of(10, 90, 99, 100), 0.5)).toBe(10);
  expect(countAbove(of(10, 90, 99, 100), 0.6)).toBe(1);
  expect(countAbove(of(10, 90, 99, 100), 5)).toBe(0);
});
