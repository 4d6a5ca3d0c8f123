import { expect, it } from 'vitest';
import type { ApiCheck } from '../../agent/http/contract.ts';
import { asItWas, cellLabel, cellLook, cellWord } from './cells.ts';

const HEARD_AT = Date.parse('2026-11-20T02:00:10Z');
const check = (changes: Partial<ApiCheck> = {}): ApiCheck => ({
  check: 'etcd',
  title: 'etcd',
  status: 'ok',
  overdue: false,
  confirming: false,
  since: '2026-11-20T01:00:00Z',
  ageSeconds: 3,
  durationSeconds: 0.01,
  intervalSeconds: 3,
  problems: [],
  readings: [],
  ...changes,
});

it('says check, node, state, since and when it last ran', () => {
  expect(cellLabel('m1', check(), false, HEARD_AT)).toBe('etcd on m1: ok since 01:00:00 UTC, last run 02:00:07 UTC');
  expect(cellLabel('m1', check({ ageSeconds: null, status: 'unknown' }), false, HEARD_AT)).toBe(
    'etcd on m1: unknown since 01:00:00 UTC, never ran',
  );
});

it('never shows as current what is overdue, nor history as if it were so', () => {
  const overdue = check({ overdue: true });
  expect([cellLook(overdue, false), cellWord(overdue, false)]).toEqual(['unknown', 'overdue']);
  expect([cellLook(overdue, true), cellWord(overdue, true)]).toEqual(['ok', 'was ok']);
});

it('shows history as it was heard, though the agent does not believe it any more', () => {
  const problems = [
    {
      reason: 'A',
      severity: 'critical' as const,
      message: 'Slow.',
      since: '2026-11-20T01:00:00Z',
      summary: '',
      remedy: '',
    },
  ];
  const why = 'its node is not connected; the last result was problem';
  const gone = check({ status: 'unknown', lastStatus: 'problem', why, problems });
  expect([cellLook(gone, true), cellWord(gone, true)]).toEqual(['critical', 'was problem']);
  expect(asItWas(gone).why).toBeUndefined();
  const blind = check({
    status: 'unknown',
    why: 'its node is not connected; the last result was unknown: no resolver',
  });
  expect([cellWord(blind, true), asItWas(blind).why]).toEqual(['was unknown', 'no resolver']);
});
