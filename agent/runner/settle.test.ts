import { describe, expect, it } from 'vitest';
import type { Outcome, ReasonSpec } from '../../checks/types.ts';
import { type Change, type Settled, UNSETTLED, settle } from './settle.ts';

const REASONS: Readonly<Record<string, ReasonSpec>> = {
  Bad: { severity: 'critical', summary: '', remedy: '' },
  Worse: { severity: 'warning', summary: '', remedy: '' },
};

const ok: Outcome = { status: 'ok' };
const lost: Outcome = { status: 'unknown', why: 'cannot look' };
const gone: Outcome = { status: 'absent', why: 'nothing here' };
const bad = (subject?: string): Outcome => ({
  status: 'problem',
  problems: [{ reason: 'Bad', message: 'it is bad', ...(subject !== undefined && { subject }) }],
});

/** Feeds one outcome a second, the first at 1,000. */
function play(outcomes: readonly Outcome[], from: Settled = UNSETTLED): { state: Settled; changes: Change[] } {
  let state = from;
  const changes: Change[] = [];
  outcomes.forEach((outcome, index) => {
    const step = settle(state, outcome, (index + 1) * 1000, REASONS);
    state = step.state;
    changes.push(...step.changes);
  });
  return { state, changes };
}

const kinds = (changes: readonly Change[]): string[] =>
  changes.map((change) => (change.kind === 'changed' ? `${change.from}>${change.to}` : change.kind));

describe('settle', () => {
  it('raises on the second bad run, since the first', () => {
    const once = play([ok, bad()]);
    expect(once.state).toMatchObject({ status: 'ok', pending: { status: 'problem', since: 2000 } });
    const twice = play([ok, bad(), bad()]);
    expect(twice.state).toMatchObject({ status: 'problem', since: 2000, problems: [{ reason: 'Bad', since: 2000 }] });
    expect(twice.state.problems[0]?.severity).toBe('critical');
    expect(kinds(twice.changes)).toEqual(['raised']);
  });

  it('never raises what comes and goes', () => {
    const { state, changes } = play([ok, bad(), ok, bad(), ok, bad(), ok]);
    expect(state.status).toBe('ok');
    expect(kinds(changes)).toEqual([]);
  });

  it('clears on the second good run and starts again after a relapse', () => {
    const relapse = play([bad(), bad(), ok, bad(), ok]);
    expect(relapse.state.status).toBe('problem');
    const cleared = play([bad(), bad(), ok, ok]);
    expect(cleared.state).toMatchObject({ status: 'ok', since: 3000, problems: [] });
    expect(kinds(cleared.changes)).toEqual(['raised', 'cleared']);
  });

  it('takes the first run at its word unless it is a problem', () => {
    expect(play([gone]).state.status).toBe('absent');
    expect(play([lost]).state).toMatchObject({ status: 'unknown', why: 'cannot look' });
    expect(play([bad()]).state.status).toBe('none');
  });

  it('needs two runs that could not look before ok is given up', () => {
    expect(play([ok, lost]).state.status).toBe('ok');
    expect(play([ok, lost, lost]).state).toMatchObject({ status: 'unknown', since: 2000 });
  });

  it.each([
    [[ok, lost, bad()], 'a problem that was not confirmed'],
    [[ok, bad(), lost], 'a problem that could not be confirmed'],
    [[ok, bad(), lost, bad(), lost], 'both in turn'],
  ])('is unknown, never ok, after two runs that are not ok: case %#', (outcomes) => {
    expect(play(outcomes).state.status).toBe('unknown');
  });

  it('raises from unknown after two bad runs', () => {
    expect(play([ok, lost, bad(), bad()]).state).toMatchObject({ status: 'problem', since: 3000 });
  });

  it('does not call a problem cleared that it cannot see any more', () => {
    const { state, changes } = play([bad(), bad(), lost, lost]);
    expect(state.status).toBe('unknown');
    expect(kinds(changes)).toEqual(['raised', 'problem>unknown']);
  });

  const both: Outcome = {
    status: 'problem',
    problems: [
      { reason: 'Bad', subject: '/a', message: 'a' },
      { reason: 'Bad', subject: '/b', message: 'b' },
    ],
  };

  it('raises nothing that was seen only once beside what was seen twice', () => {
    const { state } = play([bad('/a'), both]);
    expect(state.problems).toMatchObject([{ subject: '/a', since: 1000 }]);
    expect(play([both], state).state.problems).toMatchObject([{ subject: '/a' }, { subject: '/b', since: 2000 }]);
    expect(kinds(play([bad('/a'), bad('/a')], state).changes)).toEqual([]);
  });

  it('knows a problem again that was out of sight, and clears it when it is seen to be gone', () => {
    const again = play([bad(), bad(), lost, lost, bad(), bad()]);
    expect(again.state).toMatchObject({ status: 'problem', problems: [{ reason: 'Bad', since: 1000 }] });
    expect(kinds(again.changes)).toEqual(['raised', 'problem>unknown', 'unknown>problem']);
    const over = play([bad(), bad(), lost, lost, lost, ok, ok]);
    expect(kinds(over.changes)).toEqual(['raised', 'problem>unknown', 'cleared', 'unknown>ok']);
  });

  it('raises and clears each subject on its own', () => {
    const { state, changes } = play([bad('/a'), bad('/a'), both, both, bad('/b'), bad('/b')]);
    expect(state.problems).toMatchObject([{ subject: '/b', since: 3000 }]);
    expect(changes.map((change) => ('problem' in change ? `${change.kind} ${change.problem.subject}` : ''))).toEqual([
      'raised /a',
      'raised /b',
      'cleared /a',
    ]);
  });

  it('keeps a problem whose twin comes and goes', () => {
    const { state, changes } = play([bad('/a'), bad('/a'), bad('/b'), bad('/a'), bad('/b'), bad('/a')]);
    expect(state.problems).toMatchObject([{ subject: '/a', since: 1000 }]);
    expect(kinds(changes)).toEqual(['raised']);
  });

  it('raises two bad runs that have nothing in common', () => {
    expect(play([ok, bad('/a'), bad('/b')]).state).toMatchObject({ status: 'problem', since: 2000 });
  });

  it('follows the figures of a raised problem', () => {
    const later: Outcome = { status: 'problem', problems: [{ reason: 'Bad', message: 'it is worse' }] };
    expect(play([bad(), bad(), later]).state.problems).toMatchObject([{ message: 'it is worse', since: 1000 }]);
  });

  it('goes on from an earlier agent without raising again', () => {
    const earlier = play([bad(), bad()]).state;
    expect(play([bad()], earlier).changes).toEqual([]);
    expect(kinds(play([ok, ok], earlier).changes)).toEqual(['cleared']);
  });
});
