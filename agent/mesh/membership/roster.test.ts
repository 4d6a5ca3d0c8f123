import { expect, it } from 'vitest';
import type { Member } from '../../model/member.ts';
import { type MemberEvidence, createRoster } from './roster.ts';

const FINE: MemberEvidence = { weight: 'nothing', isJudged: false, inComponent: true, isReached: true, testimony: [] };
const DOWN: MemberEvidence = {
  weight: 'agent-down',
  isJudged: false,
  inComponent: false,
  isReached: false,
  testimony: [
    { observer: 'a', state: 'refused' },
    { observer: 'c', state: 'refused' },
  ],
};
const LOST: MemberEvidence = { ...DOWN, weight: 'lost', testimony: [{ observer: 'a', state: 'lost' }] };
const GONE: MemberEvidence = { ...FINE, inComponent: false };

function aRoster() {
  const roster = createRoster('a', 0);
  roster.expect([{ name: 'b' }], 0);
  return {
    roster,
    see: (evidence: MemberEvidence, nowMs: number, isSettled = true) => roster.update('b', evidence, isSettled, nowMs),
    b: (): Member | undefined => roster.all().find(({ name }) => name === 'b'),
  };
}

it('does not call alive whom nobody has looked at', () => {
  const { b, roster } = aRoster();

  expect(b()).toMatchObject({ state: 'suspect', judged: false });
  expect(roster.all().find(({ name }) => name === 'a')).toMatchObject({ state: 'alive', judged: true });
});

it('starts from what was known before, and judges nothing until it is settled', () => {
  const roster = createRoster('a', 0);
  roster.expect(
    [
      { name: 'b', last: { state: 'unreachable', sinceMs: -5000 } },
      { name: 'c', last: { state: 'alive', sinceMs: -5000 } },
    ],
    0,
  );

  roster.update('b', GONE, false, 100);
  roster.update('c', DOWN, false, 100);
  expect(roster.all().map(({ name, state, judged }) => [name, state, judged])).toEqual([
    ['a', 'alive', true],
    ['b', 'unreachable', false],
    ['c', 'alive', false],
  ]);
  roster.update('b', FINE, false, 200);
  expect(roster.verdictOf('b')).toBe('alive');
  roster.update('c', DOWN, true, 300);
  expect(roster.verdictOf('c')).toBe('agent-down');
});

it('keeps since when a member is down over a restart, until it is settled and the member is alive', () => {
  const roster = createRoster('a', 0);
  roster.expect([{ name: 'b', last: { state: 'agent-down', sinceMs: -5000 } }], 0);
  const sinceMs = (): number | undefined => roster.all().find(({ name }) => name === 'b')?.sinceMs;

  roster.update('b', FINE, false, 100);
  roster.update('b', DOWN, true, 2000);
  expect(sinceMs()).toBe(-5000);
  roster.update('b', FINE, true, 3000);
  roster.update('b', FINE, true, 4000);
  roster.update('b', DOWN, true, 5000);
  expect(sinceMs()).toBe(5000);
});

it('says since when a member is connected', () => {
  const { see, b } = aRoster();
  see(FINE, 100);
  see(FINE, 900);
  expect(b()?.connectedSinceMs).toBe(100);
  see({ ...FINE, inComponent: false }, 1000);
  expect(b()?.connectedSinceMs).toBeUndefined();
  see(FINE, 2000);
  expect(b()?.connectedSinceMs).toBe(2000);
});

it('tells each change once, with its time and its testimony', () => {
  const { see, b } = aRoster();
  see(FINE, 100);

  expect(see(DOWN, 5000)).toEqual([{ kind: 'state', member: 'b', from: 'alive', to: 'agent-down' }]);
  expect(see(DOWN, 6000)).toEqual([]);
  expect(b()).toMatchObject({ sinceMs: 5000, testimony: DOWN.testimony, inComponent: false, graceUntilMs: 65_000 });
});

it('suspects whom most lost, until the wait is over, and never by isolation', () => {
  const { see, roster } = aRoster();
  see(FINE, 0);
  see(LOST, 1000);
  expect(roster.verdictOf('b')).toBe('suspect');
  see({ ...LOST, isJudged: true }, 1500);
  expect(roster.verdictOf('b')).toBe('unreachable');
  see(LOST, 1600);
  expect(roster.verdictOf('b')).toBe('unreachable');
  see({ ...LOST, weight: 'doubt' }, 1700);
  expect(roster.verdictOf('b')).toBe('suspect');
});

it('keeps a verdict while nobody is left to say anything', () => {
  const { see, roster } = aRoster();
  see({ ...LOST, isJudged: true }, 1000);
  see(GONE, 2000);
  expect(roster.verdictOf('b')).toBe('unreachable');
});

it('does not leave a member alive that nobody of my component sees any more', () => {
  const { see, roster } = aRoster();
  see(FINE, 0);
  see(GONE, 1000);
  expect(roster.verdictOf('b')).toBe('suspect');
});

it('shows a restart as leaving until the new life is seen by its observers', () => {
  const { roster, see, b } = aRoster();
  see(FINE, 0);
  roster.sawBoot('b', 4);
  roster.leaves('b', 4, 'restart', 1000);

  expect(see(FINE, 1000)).toEqual([{ kind: 'state', member: 'b', from: 'alive', to: 'leaving' }]);
  expect(b()).toMatchObject({ leaving: 'restart', graceUntilMs: 121_000 });
  expect(see(DOWN, 2000)).toEqual([]);
  roster.sawBoot('b', 5);
  expect(see(DOWN, 9000)).toEqual([]);
  expect(see(FINE, 9100)).toEqual([{ kind: 'state', member: 'b', from: 'leaving', to: 'alive' }]);
  // The old word is over: the next fall is one.
  roster.leaves('b', 4, 'restart', 9200);
  see(DOWN, 20_000);
  expect(b()).toMatchObject({ state: 'agent-down', graceUntilMs: 80_000 });
});

it('lets the verdict count when nobody came back in time', () => {
  const { roster, see, b } = aRoster();
  see(FINE, 0);
  roster.leaves('b', 1, 'shutdown', 1000);
  see(DOWN, 60_999);
  expect(b()?.state).toBe('leaving');
  see(DOWN, 61_000);
  expect(b()).toMatchObject({ state: 'agent-down', graceUntilMs: 61_000 });
});

it('forgets a word that was not kept', () => {
  const { roster, see, b } = aRoster();
  roster.leaves('b', 1, 'shutdown', 1000);
  see(FINE, 1000);
  expect(b()?.state).toBe('leaving');
  see(FINE, 61_000);
  expect(b()?.state).toBe('alive');
  see(DOWN, 300_000);
  expect(b()).toMatchObject({ state: 'agent-down', graceUntilMs: 360_000 });
});

it('has left when it said that it does not come back and is gone', () => {
  const { roster, see, b } = aRoster();
  see(FINE, 0);
  roster.leaves('b', 1, 'removed', 1000);
  see(FINE, 1000);
  expect(b()?.state).toBe('leaving');
  see(DOWN, 1500);
  expect(b()?.state).toBe('left');
  see(GONE, 500_000);
  expect(b()?.state).toBe('left');
});

it('is nobody any more when it was removed', () => {
  const { roster, b } = aRoster();
  roster.expect([], 30);

  expect(roster.isExpected('b')).toBe(false);
  expect(b()).toBeUndefined();
});

it('tells a member that flaps as one fact', () => {
  const { see, b } = aRoster();
  see(FINE, 0);
  const told = [0, 1, 2, 3, 4].flatMap((round) => [
    ...see(DOWN, 9000 * round + 1000),
    ...see(FINE, 9000 * round + 8000),
  ]);

  expect(told.map((change) => (change.kind === 'state' ? change.to : change.flapping?.falls))).toEqual([
    'agent-down',
    'alive',
    'agent-down',
    'alive',
    3,
  ]);
  expect(b()).toMatchObject({ state: 'alive', flapping: { falls: 5, sinceMs: 1000 } });
  expect(see(FINE, 97_000)).toEqual([{ kind: 'flapping', member: 'b' }]);
  expect(b()).not.toHaveProperty('flapping');
});

it('does not take doubts of its observers for a member that comes and goes', () => {
  const { see, b } = aRoster();
  const doubted: MemberEvidence = { ...DOWN, weight: 'doubt' };
  see(FINE, 0);
  // One of two observers is paused again and again: nobody reaches the member in between.
  for (const round of [0, 1, 2, 3, 4]) {
    see(DOWN, 2000 * round + 1000);
    see(doubted, 2000 * round + 2000);
  }
  expect(b()).toMatchObject({ state: 'suspect' });
  expect(b()).not.toHaveProperty('flapping');

  // Somebody reached it, even if not all do.
  for (const round of [0, 1]) {
    see({ ...doubted, inComponent: true }, 2000 * round + 20_000);
    see(DOWN, 2000 * round + 21_000);
  }
  expect(b()).toMatchObject({ state: 'agent-down', flapping: { falls: 3 } });
});

it('knows a member that comes and goes from a network that does', () => {
  const names = ['b', 'c', 'd'];
  const roster = createRoster('a', 0);
  roster.expect(
    names.map((name) => ({ name })),
    0,
  );
  const see = (name: string, evidence: MemberEvidence, nowMs: number) => roster.update(name, evidence, true, nowMs);
  const flapping = (name: string) => roster.all().find((one) => one.name === name)?.flapping;
  for (const name of names) see(name, FINE, 0);
  for (const round of [1, 2, 3]) {
    for (const [index, name] of names.entries()) see(name, { ...LOST, isJudged: true }, 20_000 * round + 1000 * index);
    for (const name of names) see(name, FINE, 20_000 * round + 10_000);
  }
  expect(names.map((name) => flapping(name)?.isOwn)).toEqual([false, false, false]);

  for (const round of [1, 2, 3]) {
    see('b', { ...LOST, isJudged: true }, 100_000 + 9000 * round);
    see('b', FINE, 105_000 + 9000 * round);
  }
  expect(flapping('b')).toMatchObject({ isOwn: true });
});
