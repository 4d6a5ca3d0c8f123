import { describe, expect, it } from 'vitest';
import { nextStart, sharedIntervalMs } from './schedule.ts';

it('is the usual interval where nobody shares what is looked at', () => {
  expect(sharedIntervalMs(10_000, undefined, 5000)).toBe(10_000);
});

it.each([
  [1, 10_000],
  [128, 10_000],
  [200, 12_800],
  [256, 12_800],
  [257, 25_600],
  [5000, 409_600],
])('lets %i agents together look 20 times a second at most', (members, intervalMs) => {
  expect(sharedIntervalMs(10_000, 20, members)).toBe(intervalMs);
});

describe('the next start', () => {
  const NODES = Array.from({ length: 500 }, (_, index) => `node-${index}`);
  const CHECKS = Array.from({ length: 24 }, (_, index) => `check-${index}`);

  it.each([700, 2500, 3000, 5000, 10_000, 15_000, 25_600])('comes every %i ms, and never now', (intervalMs) => {
    let at = 123_456;
    const starts = Array.from({ length: 5 }, () => (at = nextStart('node-1', 'dns', intervalMs, at)));
    expect(starts[0]).toBeGreaterThan(123_456);
    expect(starts[0]).toBeLessThanOrEqual(123_456 + intervalMs);
    expect(starts.slice(1).map((start, index) => start - (starts[index] ?? 0))).toEqual(Array(4).fill(intervalMs));
  });

  it('is one of few moments on a node, and those are used alike', () => {
    const starts = CHECKS.map((check) => nextStart('node-1', check, 15_000, 0));
    const moments = Map.groupBy(starts, (start) => start);
    expect(moments.size).toBeLessThanOrEqual(6);
    expect(moments.size).toBeGreaterThanOrEqual(4);
    expect(Math.max(...[...moments.values()].map(({ length }) => length))).toBeLessThanOrEqual(10);
  });

  it.each([3000, 10_000, 25_600])('is another one on every node, every %i ms', (intervalMs) => {
    const starts = NODES.map((node) => nextStart(node, 'service-ip', intervalMs, 1_000_000) - 1_000_000);
    // Of each tenth of the interval, how many.
    const tenths = Map.groupBy(starts, (start) => Math.floor((10 * start) / (intervalMs + 1)));
    expect(tenths.size).toBe(10);
    expect(Math.max(...[...tenths.values()].map(({ length }) => length))).toBeLessThanOrEqual(100);
  });
});
