import { describe, expect, it } from 'vitest';
import { A_NODE_PER_HOUR, A_POD_PER_HOUR, A_WORKLOAD_PER_HOUR, FOR_OTHERS_PER_HOUR, createQuota } from './quota.ts';

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
  const pods = Array.from({ length: 100 }, (_, index) => `ns/pod-${index}-of`);
  expect(pods.filter((pod) => quota.take(pod, 0) !== undefined)).toHaveLength(A_NODE_PER_HOUR);
  expect(quota.take('ns/other', HOUR)).toBe(0);
});

describe('a workload whose every run is another pod', () => {
  const MINUTE = 60_000;
  const runAt = (minute: number): string => `ns/job-${29_384_520 + minute}-x2k4p`;

  it('has the first six, then each time that there were twice as many', () => {
    const quota = createQuota();
    const minutes = Array.from({ length: 720 }, (_, minute) => minute);
    const kept = minutes.filter((minute) => quota.take(runAt(minute), minute * MINUTE) !== undefined);
    expect(kept).toEqual([0, 1, 2, 3, 4, 5, 7, 15, 31, 63, 127, 255, 511]);
  });

  it('has no more than ten an hour, however many fail', () => {
    const quota = createQuota();
    const runs = Array.from({ length: 5000 }, (_, run) => runAt(run));
    expect(runs.filter((run, index) => quota.take(run, index) !== undefined)).toHaveLength(A_WORKLOAD_PER_HOUR);
  });

  it('leaves a share to those that did not fail before', () => {
    const quota = createQuota();
    const jobs = ['a', 'b', 'c', 'd', 'e'].map((job) => `ns/job-${job}`);
    const taken = Array.from({ length: 100 }, (_, second) =>
      jobs.filter((job) => quota.take(`${job}-${29_384_520 + second}-x2k4p`, second * 1000) !== undefined),
    ).flat();
    expect(taken).toHaveLength(A_NODE_PER_HOUR - FOR_OTHERS_PER_HOUR);
    expect(quota.take('ns/db-0', 100_000)).toBe(0);
    // It failed before, so that it has no more of it.
    expect(quota.take('ns/db-0', 101_000)).toBeUndefined();
    const others = Array.from({ length: 50 }, (_, index) => `ns/other-${index}-of`);
    expect(others.filter((pod) => quota.take(pod, 102_000) !== undefined)).toHaveLength(FOR_OTHERS_PER_HOUR - 1);
  });

  it('is known after the agent was started again', () => {
    const quota = createQuota();
    for (let run = 0; run < A_WORKLOAD_PER_HOUR; run += 1) quota.recall(runAt(run), -run);
    expect(quota.take(runAt(99), 0)).toBeUndefined();
  });
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
