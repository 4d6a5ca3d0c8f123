import { expect, it } from 'vitest';
import { aJudgedLog, aLog } from '../../../checks/lib/logs/testing.ts';
import type { LogsView, WatchedLog } from '../../../checks/types.ts';
import { createFakeClock } from '../../../test/lib/fake-clock.ts';
import { createLineCounts } from './line-counts.ts';

function setUp() {
  const clock = createFakeClock();
  let see = (_logs: readonly WatchedLog[], _isAnew: boolean): void => {};
  let view: LogsView = { kind: 'unknown', why: 'the logs were not read yet' };
  const counts = createLineCounts({
    clock,
    sights: { onSeen: (listener) => void (see = listener) },
    view: () => view,
    workloads: new Map([['worker', 'worker']]),
  });
  return {
    clock,
    counts,
    see: (logs: readonly WatchedLog[], isAnew = false) => see(logs, isAnew),
    show: (next: LogsView) => (view = next),
    taken: () => counts.take().map(({ pod, at, count }) => `${pod} ${count} at ${at / 1000} s`),
  };
}

it('hands on each line once, with the workload of its watch', () => {
  const { counts, see, taken } = setUp();
  see([aLog({ fresh: [[5000, 2]] })], true);
  expect(counts.take()).toEqual([
    {
      watch: 'worker',
      namespace: 'prod',
      workload: 'worker',
      pod: 'worker-x2k4p',
      container: 'main',
      at: 5000,
      count: 2,
    },
  ]);
  see([aLog({})]);
  // In one second lines may be found by two looks.
  see([aLog({ fresh: [[5000, 1]] })]);
  expect(taken()).toEqual(['worker-x2k4p 1 at 5 s']);
});

it.each([
  ['by a reader that was started again', [aLog({})], true],
  ['of a container that was not followed for a while', [], false],
])('does not count again what is read again %s', (_name, between, isAnew) => {
  const { see, taken } = setUp();
  see([aLog({ fresh: [[5000, 2]] })], true);
  see(between);
  expect(taken()).toHaveLength(1);
  see(
    [
      aLog({
        fresh: [
          [4000, 1],
          [5000, 2],
          [9000, 1],
        ],
      }),
    ],
    isAnew,
  );
  expect(taken()).toEqual(['worker-x2k4p 1 at 9 s']);
  // Another run of it is another log.
  see([aLog({ restarts: 1, fresh: [[4000, 1]] })]);
  expect(taken()).toEqual(['worker-x2k4p 1 at 4 s']);
});

it('tells which logs are followed since when, and why not', async () => {
  const { clock, counts, show } = setUp();
  expect(counts.followed()).toEqual({ kind: 'unknown', why: 'the logs were not read yet' });
  const began = clock.now();
  show({
    kind: 'known',
    logs: [
      aJudgedLog({ startedAt: 4000, readSince: 1000 }),
      aJudgedLog({ pod: 'worker-2', verdict: 'unknown', words: 'its log cannot be read: EACCES' }),
      aJudgedLog({ pod: 'worker-3', verdict: 'ended' }),
    ],
  });
  counts.followed();
  await clock.advance(5000);
  expect(counts.followed()).toMatchObject({
    since: began,
    logs: [
      { pod: 'worker-x2k4p', readSince: 4000 },
      { pod: 'worker-2', why: 'its log cannot be read: EACCES' },
    ],
  });
  show({ kind: 'unknown', why: 'the reader of logs ended' });
  counts.followed();
  show({ kind: 'known', logs: [] });
  expect(counts.followed()).toEqual({ kind: 'known', since: clock.now(), logs: [] });
});

it('tells how many logs are not followed, and which wrote more than could be read', async () => {
  const { clock, counts, see, show } = setUp();
  show({ kind: 'known', logs: [aJudgedLog({})], unfollowed: 3 });
  see([aLog({})]);
  expect(counts.followed()).toMatchObject({ unfollowed: 3, logs: [expect.not.objectContaining({ skippedAt: 0 })] });
  await clock.advance(5000);
  see([aLog({ droppedBytes: 100 })]);
  const skippedAt = clock.now();
  await clock.advance(5000);
  see([aLog({ droppedBytes: 100 })]);
  expect(counts.followed()).toMatchObject({ logs: [{ skippedAt }] });
  see([aLog({ droppedBytes: 120 })]);
  expect(counts.followed()).toMatchObject({ logs: [{ skippedAt: clock.now() }] });
});

it('takes for a gap what had no room', async () => {
  const { clock, counts, see, show, taken } = setUp();
  show({ kind: 'known', logs: [] });
  counts.followed();
  await clock.advance(60_000);
  see([aLog({ fresh: Array.from({ length: 10_001 }, (_, index) => [index * 1000, 1] as const) })]);
  expect(taken()).toHaveLength(10_000);
  expect(counts.followed()).toMatchObject({ since: clock.now() });
});
