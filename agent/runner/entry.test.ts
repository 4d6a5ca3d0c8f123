import { expect, it } from 'vitest';
import { Type } from 'typebox';
import { type Outcome, defineCheck } from '../../checks/types.ts';
import { type ConfiguredCheck, Entry } from './entry.ts';

const CHECK = defineCheck({
  id: 'subject',
  title: '',
  description: '',
  intervalMs: 10_000,
  timeoutMs: 1000,
  runsOn: '',
  config: Type.Object({}),
  reasons: { Bad: { severity: 'critical', summary: '', remedy: '' } },
  readings: {},
  needs: [],
  run: async () => ({ status: 'ok' }),
});
const CONFIGURED: ConfiguredCheck = { check: CHECK, intervalMs: 10_000, timeoutMs: 1000, expected: false, config: {} };
const OK: Outcome = { status: 'ok', readings: [{ name: 'used_ratio', value: 0.5 }] };
const BLIND: Outcome = { status: 'unknown', why: 'no such file' };
const bad = (subject: string): Outcome => ({
  status: 'problem',
  problems: [{ reason: 'Bad', subject, message: 'bad' }],
});

/** Feeds one outcome a second. */
function play(entry: Entry, outcomes: readonly Outcome[], from = 0): void {
  outcomes.forEach((outcome, index) => {
    const at = from + index * 1000;
    entry.accept({ outcome, startedAt: at, durationMs: 5, timedOut: false, away: false }, at);
  });
}

it('has not run, and says so', () => {
  const result = new Entry(CONFIGURED, undefined, 0).result(5000);
  expect(result).toMatchObject({ status: 'unknown', why: 'it has not run yet', readings: [], confirming: false });
  expect(result).not.toHaveProperty('ageMs');
});

it('has no result yet while its first problem is being confirmed', () => {
  const entry = new Entry(CONFIGURED, undefined, 0);
  play(entry, [bad('a')]);
  const result = entry.result(500);
  expect(result).toMatchObject({ status: 'unknown', why: 'its first run is being confirmed', confirming: true });
  expect(result).not.toHaveProperty('ageMs');
});

it('grows old by the monotonic clock', () => {
  const entry = new Entry(CONFIGURED, undefined, 0);
  play(entry, [OK]);
  expect(entry.result(7000)).toMatchObject({ status: 'ok', ageMs: 7000, durationMs: 5, readings: [{ value: 0.5 }] });
});

it('knows whether it ever could look, and not from an earlier agent', () => {
  const blind = new Entry(CONFIGURED, { status: 'ok', since: 0, problems: [] }, 0);
  play(blind, [BLIND, BLIND]);
  expect(blind.result(2000)).not.toHaveProperty('looked');
  const beginning = new Entry(CONFIGURED, undefined, 0);
  play(beginning, [BLIND, OK]);
  expect(beginning.result(2000)).toMatchObject({ status: 'unknown', confirming: true });
  expect(beginning.result(2000)).not.toHaveProperty('looked');
  const lost = new Entry(CONFIGURED, undefined, 0);
  play(lost, [OK, BLIND, BLIND]);
  expect(lost.result(3000)).toMatchObject({ status: 'unknown', looked: true });
});

it('has not looked by itself where others have to answer: that they are silent is not its fault', () => {
  const check = { ...CHECK, looksThrough: 'kubernetes-api' } as const;
  const entry = new Entry({ ...CONFIGURED, check }, undefined, 0);
  play(entry, [OK, OK, BLIND, BLIND]);
  expect(entry.result(4000)).toMatchObject({ status: 'unknown', why: 'no such file' });
  expect(entry.result(4000)).not.toHaveProperty('looked');
});

it('has looked by a program of the operator’s, without which the node is not known to be well', () => {
  const check = { ...CHECK, looksThrough: 'program' } as const;
  const entry = new Entry({ ...CONFIGURED, check }, undefined, 0);
  play(entry, [OK, BLIND, BLIND]);
  expect(entry.result(3000)).toMatchObject({ status: 'unknown', looked: true });
  const never = new Entry({ ...CONFIGURED, check }, undefined, 0);
  play(never, [BLIND, BLIND]);
  expect(never.result(2000)).toMatchObject({ status: 'unknown', looked: true });
});

it('asks for a confirming run exactly while something is unsettled', () => {
  const entry = new Entry(CONFIGURED, undefined, 0);
  const run = { startedAt: 0, durationMs: 5, timedOut: false, away: false };
  const confirms = [OK, bad('a'), bad('a'), OK, OK].map((outcome) => entry.accept({ ...run, outcome }, 0).confirm);
  expect(confirms).toEqual([false, true, false, true, false]);
});

it('keeps ended problems for five minutes, the newest eight', () => {
  const entry = new Entry(CONFIGURED, undefined, 0);
  for (let index = 0; index < 10; index += 1) play(entry, [bad(`${index}`), bad(`${index}`), OK, OK], index * 4000);
  const ended = entry.result(40_000).ended;
  expect(ended.map(({ subject }) => subject)).toEqual(['2', '3', '4', '5', '6', '7', '8', '9']);
  expect(ended.at(-1)).toMatchObject({ reason: 'Bad', severity: 'critical', endedMs: 1000 });
  expect(entry.result(39_000 + 300_000).ended.map(({ subject }) => subject)).toEqual(['9']);
  expect(entry.result(39_001 + 300_000).ended).toEqual([]);
});

it('answers for a check that is left out', () => {
  const entry = new Entry(
    { ...CONFIGURED, leftOut: 'it blocked the agent' },
    { status: 'ok', since: 0, problems: [] },
    7,
  );
  expect(entry.result(5000)).toMatchObject({ status: 'unknown', why: 'it blocked the agent', since: 7 });
});
