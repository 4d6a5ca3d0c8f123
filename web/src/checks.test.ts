import { describe, expect, it } from 'vitest';
import type { ApiCheck } from '../../agent/http/contract.ts';
import { countStates, explanationOf, headlineOf, lookOf, sortChecks, stateOf } from './checks.ts';

const check = (changes: Partial<ApiCheck> = {}): ApiCheck => ({
  check: 'etcd',
  title: 'etcd',
  status: 'ok',
  overdue: false,
  confirming: false,
  since: '2026-11-20T02:00:00Z',
  ageSeconds: 1,
  durationSeconds: 0.01,
  intervalSeconds: 3,
  problems: [],
  readings: [],
  ...changes,
});

const problem = (severity: 'info' | 'warning' | 'critical'): ApiCheck['problems'][number] => ({
  reason: 'DiskFull',
  severity,
  message: 'Full.',
  since: '2026-11-20T02:00:00Z',
  summary: 'A disk is full.',
  remedy: 'Free some space.',
});

describe('state', () => {
  it('counts an overdue result as unknown, whatever it said', () => {
    const overdue = [
      check({ overdue: true }),
      check({ overdue: true, status: 'problem', problems: [problem('critical')] }),
    ];
    expect(overdue.map(stateOf)).toEqual(['unknown', 'unknown']);
    expect(overdue.map(lookOf)).toEqual(['unknown', 'unknown']);
    expect(countStates(overdue)).toEqual({ ok: 0, problem: 0, unknown: 2, absent: 0 });
    expect(overdue.map(explanationOf)).toEqual(['Overdue. It last said ok', 'Overdue. It last said problem: Full.']);
    const why = 'the last result is too old to be believed; it was ok';
    expect(explanationOf(check({ overdue: true, status: 'unknown', lastStatus: 'ok', why }))).toBe(
      'Overdue. It last said ok',
    );
  });

  it('looks as grave as the gravest problem', () => {
    expect(lookOf(check({ status: 'problem', problems: [problem('warning'), problem('critical')] }))).toBe('critical');
    expect(lookOf(check({ status: 'problem', problems: [problem('info'), problem('warning')] }))).toBe('warning');
    expect(lookOf(check({ status: 'problem', problems: [problem('info')] }))).toBe('info');
  });

  it('says that it has not run yet', () => {
    expect(explanationOf(check({ overdue: true, ageSeconds: null }))).toBe('It has not run yet.');
  });
});

it('puts problems first, then unknown, and absent last', () => {
  const checks = [
    check({ title: 'e', status: 'absent' }),
    check({ title: 'd' }),
    check({ title: 'c' }),
    check({ title: 'u', status: 'unknown' }),
    check({ title: 'w', status: 'problem', problems: [problem('warning')] }),
    check({ title: 'x', status: 'problem', problems: [problem('critical')] }),
  ];
  expect(sortChecks(checks).map((entry) => entry.title)).toEqual(['x', 'w', 'u', 'c', 'd', 'e']);
});

describe('headline', () => {
  const readings = (name: string): ApiCheck['readings'] => [
    { name, subject: '/', value: 0.4 },
    { name, subject: '/var', value: 0.9 },
    { name: 'other_ratio', value: 5 },
  ];

  it('is the largest of the first reading', () => {
    expect(headlineOf(check({ readings: readings('used_ratio') }))?.subject).toBe('/var');
  });

  it('is the smallest where less is worse', () => {
    expect(headlineOf(check({ readings: readings('available_ratio') }))?.subject).toBe('/');
  });

  it('is missing without readings', () => {
    expect(headlineOf(check())).toBeUndefined();
  });
});
