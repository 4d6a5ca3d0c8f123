import { expect, it } from 'vitest';
import { A_NODE_PER_HOUR, A_POD_PER_HOUR, createQuota } from './quota.ts';

const HOUR = 3_600_000;

it('keeps the first three, then each time that there were twice as many', () => {
  const quota = createQuota();
  const kept = Array.from({ length: 40 }, (_, index) => index + 1).filter(
    // Days apart they would be new; hours apart no hourly bound is in the way.
    (count) => quota.take('ns/pod', count * HOUR) !== undefined,
  );
  expect(kept).toEqual([1, 2, 3, 4, 8, 16, 32]);
});

it('says how many were passed over since the last', () => {
  const quota = createQuota();
  expect(Array.from({ length: 8 }, (_, index) => quota.take('ns/pod', index * HOUR))).toEqual([
    0,
    0,
    0,
    0,
    undefined,
    undefined,
    undefined,
    3,
  ]);
});

it('keeps no more than six an hour of a pod, and makes up for it later', () => {
  const quota = createQuota();
  // As a kubelet backs off at first, a thousand times.
  const times = Array.from({ length: 1000 }, (_, index) => index * 1000);
  expect(times.filter((at) => quota.take('ns/pod', at) !== undefined).length).toBe(A_POD_PER_HOUR);
  expect(quota.take('ns/pod', 2 * HOUR)).toBe(1000 - 16);
});

it('keeps no more than thirty an hour of a node', () => {
  const quota = createQuota();
  const pods = Array.from({ length: 100 }, (_, index) => `ns/pod-${index}`);
  expect(pods.filter((pod) => quota.take(pod, 0) !== undefined)).toHaveLength(A_NODE_PER_HOUR);
  expect(quota.take('ns/other', HOUR)).toBe(0);
});

it('takes a pod that failed long ago for a new one', () => {
  const quota = createQuota();
  for (let count = 1; count <= 5; count += 1) quota.take('ns/pod', count);
  expect(quota.take('ns/pod', 6)).toBeUndefined();
  quota.take('ns/other', 8 * HOUR);
  expect(quota.take('ns/pod', 8 * HOUR)).toBe(0);
});

it('counts what an earlier run kept', () => {
  const quota = createQuota();
  for (let count = 1; count <= 4; count += 1) quota.recall('ns/pod', -count * 60_000);
  expect(quota.take('ns/pod', 0)).toBeUndefined();
});

it('counts what people ask for apart', () => {
  const quota = createQuota();
  for (let count = 0; count < A_NODE_PER_HOUR; count += 1) expect(quota.takeAsked(0)).toBeUndefined();
  expect(quota.takeAsked(0)).toBe(A_NODE_PER_HOUR);
  expect(quota.take('ns/pod', 0)).toBe(0);
  expect(quota.takeAsked(HOUR)).toBeUndefined();
});
