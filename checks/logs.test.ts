import { describe, expect, it } from 'vitest';
import type { WatchSettings } from './lib/logs/settings.ts';
import { aJudgedLog, aWatch } from './lib/logs/testing.ts';
import { testContext } from './lib/testing.ts';
import { logs } from './logs.ts';
import type { AskedContainer, JudgedLog, LogsView } from './types.ts';

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

it('leaves alone what has ended and is kept, as the pods of a Job', async () => {
  const { see } = setUp();
  const ended = { verdict: 'ended', words: 'it has ended', podUid: 'uid-2', silentMs: 0 } as const;
  expect(await see(ended)).toMatchObject({ status: 'ok' });
  expect(await see(ended, SILENT)).toMatchObject({
    problems: [{ message: expect.not.stringContaining('more') as string }],
  });
});

it('says that more logs are named than it follows, unless it sees a fault', async () => {
  const { blind } = setUp();
  const seen = (log: Partial<JudgedLog>): LogsView => ({ kind: 'known', logs: [aJudgedLog(log)], unfollowed: 88 });
  expect(await blind(seen({}))).toMatchObject({
    status: 'unknown',
    why: expect.stringMatching(/^88 logs more .* 512 /),
  });
  expect(await blind(seen(SILENT))).toMatchObject({ status: 'problem', problems: [{ reason: 'LogWatchNoted' }] });
});

describe('a container whose probe asks whether it lives', () => {
  const one = { watch: 'worker', namespace: 'prod', pod: 'worker-0', container: 'main' } as const;
  const told = async (...asked: readonly AskedContainer[]): Promise<unknown> => {
    const outcome = await setUp().blind({ kind: 'known', logs: [aJudgedLog()], asked });
    return outcome.status === 'problem'
      ? outcome.problems.map(({ reason, subject, message }) => `${reason} ${subject}: ${message}`)
      : outcome.status;
  };

  it('is told of as an info where it fails and is held, one for each watch', async () => {
    const held = 'it has written nothing for 31 min; so do others of it, and so many at once share the cause';
    expect(await told(one)).toBe('ok');
    expect(await told({ ...one, held }, { ...one, pod: 'worker-1', held }, { ...one, pod: 'worker-2' })).toEqual([
      `RestartSuppressed worker: Container main of prod/worker-0 fails and is not restarted: ${held}, and 1 more like it.`,
    ]);
    expect(logs.reasons.RestartSuppressed.severity).toBe('info');
  });

  it('is told of as an info where nobody asks', async () => {
    expect(await told({ ...one, unaskedMs: 660_000 }, { ...one, watch: 'api', unaskedMs: 720_000 })).toEqual([
      'LivenessNotAsked worker: Container main of prod/worker-0: no probe has asked whether it lives for 11 min.',
      'LivenessNotAsked api: Container main of prod/worker-0: no probe has asked whether it lives for 12 min.',
    ]);
    expect(logs.reasons.LivenessNotAsked.severity).toBe('info');
  });

  it('is told of also where only signals may have it restarted', async () => {
    const view: LogsView = { kind: 'known', logs: [], asked: [{ ...one, held: 'it has said nothing' }] };
    expect(await logs.run(testContext(logs, { logs: () => view }))).toMatchObject({
      problems: [{ reason: 'RestartSuppressed' }],
    });
  });
});

it('run by hand judges what one look can tell, and says what it cannot', async () => {
  const once = (watch: Partial<WatchSettings>, log: Partial<JudgedLog>) =>
    logs.run(
      testContext(logs, {
        isOnly: true,
        logs: () => ({ kind: 'known', logs: [aJudgedLog(log)] }),
        config: { watches: [aWatch(watch)] },
      }),
    );
  expect(await once({ maxSilenceSeconds: 600 }, {})).toMatchObject({ status: 'ok' });
  expect(await once({ maxSilenceSeconds: 600 }, SILENT)).toMatchObject({ status: 'problem' });
  for (const watch of [{ pattern: 'x' }, { escalatingFailures: 15 }])
    expect(await once(watch, {})).toMatchObject({
      status: 'unknown',
      why: expect.stringMatching(/seen by an agent that runs.*worker/),
    });
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
