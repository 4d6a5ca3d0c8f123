import { expect, it } from 'vitest';
import { MIXED_RESULTS, NOON, aNodeState, aResult } from '../../test/lib/fixtures.ts';
import { countStatuses, viewChecks } from './view.ts';

const START = NOON - 60 * 60_000;

it('counts an overdue result as unknown, whatever it said', () => {
  const views = viewChecks(aNodeState(MIXED_RESULTS));

  expect(countStatuses(views)).toEqual({ ok: 1, problem: 1, unknown: 2, absent: 1 });
  expect(views.find(({ result }) => result.check === 'dns')).toMatchObject({ status: 'unknown', overdue: true });
});

it('adds the time since the report was received to the age', () => {
  const [view] = viewChecks(aNodeState([aResult({ ageMs: 4000, intervalMs: 15_000 })], 42_000));

  expect(view).toMatchObject({ ageMs: 46_000, overdue: true, status: 'unknown' });
});

it.each([
  ['an answer', aResult(), 'looked'],
  ['a problem', aResult({ status: 'problem' }), 'looked'],
  ['absent', aResult({ status: 'absent', why: 'none' }), 'looked'],
  ['unknown since the start', aResult({ status: 'unknown', since: START + 5000 }), 'blind'],
  ['unknown since before the start', aResult({ status: 'unknown', since: START - 5000 }), 'blind'],
  ['unknown after it could look', aResult({ status: 'unknown', looked: true }), 'lost'],
  // A clock that was set back puts later things before the start.
  ['the same by a clock that was set back', aResult({ status: 'unknown', since: 0, looked: true }), 'lost'],
  ['out of time since the start', aResult({ status: 'unknown', since: START, cutShort: 'timeout' }), 'lost'],
  ['a check that threw', aResult({ status: 'unknown', since: START, cutShort: 'crash' }), 'lost'],
  ['overdue', aResult({ ageMs: 46_000 }), 'lost'],
  ['overdue and unknown', aResult({ status: 'unknown', since: START, ageMs: 46_000 }), 'lost'],
])('%s: sight', (_, result, sight) => {
  expect(viewChecks(aNodeState([result]))[0]?.sight).toBe(sight);
});

it('believes no result of a check that has not run', () => {
  const { ageMs: _, ...neverRan } = aResult({ status: 'ok' });

  expect(viewChecks(aNodeState([neverRan]))[0]).toMatchObject({ status: 'unknown', sight: 'lost', overdue: false });
});

it('takes a check that was left out for one that lost its sight', () => {
  const [view] = viewChecks(aNodeState([aResult({ status: 'unknown', since: START })]), new Set(['disk-space']));

  expect(view?.sight).toBe('lost');
});

it('believes nothing that a node said which is not connected, whatever its age', () => {
  const [view] = viewChecks({ ...aNodeState([aResult()]), freshness: 'stale' });

  expect(view).toMatchObject({ status: 'unknown', sight: 'lost', stale: true, overdue: false });
});

it.each([
  [100_000, undefined, false],
  [110_000, undefined, true],
  [110_000, 60_000, false],
  [150_000, 60_000, true],
])(
  'gives a report time to be repeated and to travel: %i ms old, every %s ms, overdue is %s',
  (elapsedMs, heartbeatMs, overdue) => {
    const node = aNodeState([aResult({ ageMs: 4000, intervalMs: 15_000 })], elapsedMs);
    const report = { ...node.report, ...(heartbeatMs !== undefined && { heartbeatMs }) };
    const [view] = viewChecks({ ...node, report, freshness: 'current' });

    expect(view?.overdue).toBe(overdue);
  },
);
