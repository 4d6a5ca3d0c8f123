import { describe, expect, it } from 'vitest';
import type { WatchSettings } from './lib/logs/settings.ts';
import { aJudgedLog, aWatch } from './lib/logs/testing.ts';
import { testContext } from './lib/testing.ts';
import { logs } from './logs.ts';
import type { JudgedLog, LogsView } from './types.ts';

function setUp(watch: Partial<WatchSettings> = { maxSilenceSeconds: 600 }) {
  let view: LogsView = { kind: 'known', logs: [] };
  const context = testContext(logs, { logs: () => view, config: { watches: [aWatch(watch)] } });
  const look = (next: LogsView) => {
    view = next;
    return logs.run(context);
  };
  return {
    see: (...all: readonly Partial<JudgedLog>[]) => look({ kind: 'known', logs: all.map(aJudgedLog) }),
    blind: look,
  };
}

const SILENT = { verdict: 'silent', words: 'it has written nothing for 12 min', silentMs: 720_000 } as const;

it('tells the longest silence, with how many more there are', async () => {
  const { see } = setUp({ maxSilenceSeconds: 600, description: 'Orders are not worked off.' });
  expect(await see({ verdict: 'well' }, { verdict: 'quiet', words: 'it may still be starting' })).toMatchObject({
    status: 'ok',
  });
  const others = [
    { ...SILENT, pod: 'worker-0', podUid: 'uid-2', silentMs: 660_000, words: 'it has written nothing for 11 min' },
    { podUid: 'uid-3' },
  ];
  expect(await see(...others, SILENT)).toMatchObject({
    status: 'problem',
    problems: [
      {
        reason: 'LogWatchNoted',
        subject: 'worker',
        message:
          'worker: Orders are not worked off: container main of prod/worker-x2k4p: it has written nothing for 12 min, and 1 more of 3 like it.',
      },
    ],
  });
});

it.each([
  ['info', 'LogWatchNoted'],
  ['warning', 'LogWatchFailed'],
  ['critical', 'CriticalLogWatchFailed'],
] as const)('calls what is %s %s', async (severity, reason) => {
  expect(await setUp({ severity }).see(SILENT)).toMatchObject({ problems: [{ reason }] });
});

it('tells how much was written since the last look, of each run for itself', async () => {
  const { see } = setUp({ pattern: 'x' });
  await see({ bytes: 500 }, { podUid: 'uid-2', bytes: 100 });
  const outcome = await see({ bytes: 800, droppedBytes: 7, matches: 2 }, { podUid: 'uid-2', restarts: 1, bytes: 50 });
  const readings = 'readings' in outcome ? (outcome.readings ?? []) : [];
  expect(Object.fromEntries(readings.map(({ name, value }) => [name, value]))).toEqual({
    containers_count: 2,
    silent_seconds: 0,
    matches_count: 2,
    written_bytes: 300,
    dropped_bytes: 7,
  });
});

it('is unknown where logs cannot be read, unless it sees a fault', async () => {
  const { see, blind } = setUp();
  const unread = { verdict: 'unknown', words: 'its log cannot be read: EACCES' } as const;
  expect(await see(unread)).toMatchObject({
    status: 'unknown',
    why: 'container main of prod/worker-x2k4p: its log cannot be read: EACCES',
  });
  expect(await see(unread, SILENT)).toMatchObject({ status: 'problem' });
  expect(await blind({ kind: 'unknown', why: 'ENOENT' })).toEqual({ status: 'unknown', why: 'ENOENT', readings: [] });
});

it('is absent where nothing is wanted, or nothing of it is here', async () => {
  expect(await setUp().see()).toMatchObject({ status: 'absent' });
  expect(await logs.run(testContext(logs))).toMatchObject({ status: 'absent' });
});

describe('settings', () => {
  const mistakes = (...watches: readonly Partial<WatchSettings>[]) =>
    logs.mistakes?.({
      directory: '/var/log/pods',
      watches: watches.map(aWatch),
      intervalSeconds: 15,
      timeoutSeconds: 1,
    });

  it('may not have a pattern that RE2 does not know', () => {
    expect(mistakes({ pattern: 'a(?=b)' })).toMatchObject([{ at: 'watches[0].pattern' }]);
    expect(mistakes({ pattern: '(' })).toMatchObject([{ at: 'watches[0].pattern' }]);
    expect(mistakes({ pattern: '(?i)timeout|refused' })).toEqual([]);
  });

  it('with liveness need the container that is meant, and are the only ones of their workload', () => {
    const alive = { maxSilenceSeconds: 60, liveness: true };
    expect(mistakes(alive)).toMatchObject([{ at: 'watches[0].container' }]);
    const main = { ...alive, container: 'main' };
    expect(mistakes(main, { ...main, name: 'twin' })).toMatchObject([{ at: 'watches[1].liveness' }]);
    expect(mistakes(main, { ...main, name: 'other', workload: 'other' })).toEqual([]);
    expect(mistakes({ ...main, liveness: false }, { ...main, name: 'other' })).toEqual([]);
  });

  it('need something to tell, one kind of silence, and names of their own', () => {
    const silent = { maxSilenceSeconds: 60 };
    expect(mistakes({})).toMatchObject([{ at: 'watches[0].maxSilenceSeconds' }]);
    expect(mistakes({ ...silent, escalatingFailures: 15 })).toMatchObject([{ at: 'watches[0].escalatingFailures' }]);
    expect(mistakes(silent, silent)).toMatchObject([{ at: 'watches[1].name' }]);
  });
});
