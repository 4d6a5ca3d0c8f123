import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../checks/types.ts';
import { createFlapDamper } from './flapping.ts';
import { type Change, type Settled, UNSETTLED, settle } from './settle.ts';

const REASONS = { Bad: { severity: 'critical', summary: '', remedy: '' } } as const;
const BAD: Outcome = { status: 'problem', problems: [{ reason: 'Bad', subject: 'eth0', message: 'It is bad.' }] };
const OK: Outcome = { status: 'ok' };
const BLIND: Outcome = { status: 'unknown', why: 'no answer' };
const MINUTE = 60_000;

/** One run a second; what was told, and what was shown after each run. */
function play(outcomes: readonly Outcome[]): { told: (Change & { at: number })[]; shown: Settled[] } {
  const damper = createFlapDamper();
  let raw = UNSETTLED;
  const told: (Change & { at: number })[] = [];
  const shown = outcomes.map((outcome, second) => {
    const at = second * 1000;
    const step = settle(raw, outcome, at, REASONS);
    raw = step.state;
    const after = damper.take(step.state, step.changes, at, at);
    told.push(...after.changes.map((change) => ({ ...change, at })));
    return after.state;
  });
  return { told, shown };
}
const times = (count: number, ...outcomes: readonly Outcome[]): Outcome[] =>
  Array.from({ length: count }, () => outcomes).flat();
const kinds = (told: readonly Change[]): string[] => told.map(({ kind }) => kind);

describe('a problem that comes and goes every few seconds for an hour', () => {
  const hour = times(900, BAD, BAD, OK, OK);
  const { told, shown } = play([OK, ...hour, ...times(20 * 60, OK)]);

  it('is told three times, and once that it is over', () => {
    expect(kinds(told)).toEqual(['raised', 'cleared', 'raised', 'cleared', 'raised', 'cleared']);
  });

  it('stands as one problem that says how often it came, since when', () => {
    const late = shown[30 * 60];
    expect(late).toMatchObject({ status: 'problem', problems: [{ reason: 'Bad', subject: 'eth0', since: 9000 }] });
    expect(late?.problems[0]?.message).toMatch(/^It is bad; it comes and goes: 4\d\d times since 00:00:09 UTC$/);
    expect(new Set(shown.slice(20, hour.length).map(({ status }) => status))).toEqual(new Set(['problem']));
    expect(shown.slice(20, hour.length).filter(({ pending }) => pending !== undefined)).toEqual([]);
  });

  it('goes five minutes after it came last', () => {
    const end = told.at(-1);
    expect(end).toMatchObject({ kind: 'cleared', problem: { reason: 'Bad', subject: 'eth0', since: 9000 } });
    expect(((end?.at ?? 0) - hour.length * 1000) / MINUTE).toBeCloseTo(5, 1);
    expect(shown.at(-1)).toEqual({ status: 'ok', since: expect.any(Number) as number, problems: [] });
  });
});

it('a problem that comes twice, or that stays, is told as it is', () => {
  const twice = play([OK, ...times(2, BAD, BAD, OK, OK)]);
  expect(kinds(twice.told)).toEqual(['raised', 'cleared', 'raised', 'cleared']);
  const stays = play([OK, ...times(3600, BAD), OK, OK, BAD, BAD]);
  expect(kinds(stays.told)).toEqual(['raised', 'cleared', 'raised']);
  expect(stays.shown.at(-1)?.problems[0]?.message).toBe('It is bad.');
});

it('another problem beside it comes and goes by itself', () => {
  const other: Outcome = { status: 'problem', problems: [{ reason: 'Bad', subject: 'eth1', message: 'Worse.' }] };
  const { told, shown } = play([OK, ...times(10, BAD, BAD, OK, OK), other, other, other]);
  expect(told.at(-1)).toMatchObject({ kind: 'raised', problem: { subject: 'eth1' } });
  expect(shown.at(-1)?.problems.map(({ subject }) => subject)).toEqual(['eth1', 'eth0']);
});

it('sight that is lost again and again is not believed, and never green, before it held for five minutes', () => {
  const { told, shown } = play([OK, ...times(300, BLIND, BLIND, OK, OK), ...times(10 * 60, OK)]);
  expect(told.map((change) => (change.kind === 'changed' ? change.to : change.kind))).toEqual([
    'unknown',
    'ok',
    'unknown',
    'ok',
    'unknown',
    'ok',
  ]);
  expect(new Set(shown.slice(20, 1200).map(({ status }) => status))).toEqual(new Set(['unknown']));
  expect(shown[900]?.why ?? '').toMatch(/^no answer/);
  expect(shown.at(-1)?.status).toBe('ok');
});

it('what is out of sight is not over', () => {
  const { told, shown } = play([OK, ...times(5, BAD, BAD, OK, OK), ...times(10 * 60, BLIND)]);
  expect(kinds(told).filter((kind) => kind === 'cleared')).toHaveLength(2);
  expect(shown.at(-1)?.status).toBe('unknown');
});
