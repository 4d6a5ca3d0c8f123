import { expect, it } from 'vitest';
import { createFakeClock } from '../../../test/lib/fake-clock.ts';
import type { Member, MemberState } from '../../model/member.ts';
import { type OutagesDeps, createOutages } from './outages.ts';

const ORIGIN = 1_000_000;

const aMember = (name: string, state: MemberState, more: Partial<Member> = {}): Member => ({
  name,
  state,
  sinceMs: 0,
  judged: true,
  inComponent: state === 'alive',
  testimony: state === 'unreachable' ? [{ observer: 'a', state: 'lost' }] : [],
  ...more,
});

function watch(more: Partial<OutagesDeps> = {}) {
  const clock = createFakeClock();
  const outages = createOutages({
    self: 'a',
    clock,
    recalled: new Map(),
    lostBy: () => [],
    bootOf: () => undefined,
    ...more,
  });
  return {
    clock,
    outages,
    list: () => outages.list(ORIGIN),
    see: (states: Readonly<Record<string, MemberState>>, isolation: 'no' | 'self' = 'no') =>
      outages.note({
        isolation,
        settled: true,
        members: Object.entries(states).map(([name, state]) => aMember(name, state, { sinceMs: clock.monotonic() })),
      }),
  };
}

it('tells of a member that was lost once it is back, with what its log says when that arrives', async () => {
  const logs = new Map<string, readonly string[]>();
  const { clock, see, list } = watch({ lostBy: (node) => logs.get(node) ?? [] });
  see({ a: 'alive', b: 'alive', c: 'alive' });
  await clock.advance(1000);
  see({ a: 'alive', b: 'unreachable', c: 'alive' });
  await clock.advance(5000);
  see({ a: 'alive', b: 'agent-down', c: 'alive' });
  expect(list()).toEqual([]);
  see({ a: 'alive', b: 'alive', c: 'alive' });

  const outage = { node: 'b', from: ORIGIN + 1000, to: ORIGIN + 6000, observers: ['a'], lostByItself: [] };
  expect(list()).toEqual([outage]);
  logs.set('b', ['a', 'c']);
  expect(list()).toEqual([{ ...outage, lostByItself: ['a', 'c'] }]);
  await clock.advance(15 * 60_000 + 1);
  expect(list()).toEqual([]);
});

it('does not count whom the member lost, and this side lost too', async () => {
  const { clock, see, list } = watch({ lostBy: () => ['a', 'c', 'd'] });
  see({ a: 'alive', b: 'unreachable', c: 'alive', d: 'alive' });
  await clock.advance(300);
  see({ a: 'alive', b: 'unreachable', c: 'alive', d: 'unreachable' });
  await clock.advance(5000);
  see({ a: 'alive', b: 'alive', c: 'alive', d: 'alive' });

  expect(list().map(({ node, lostByItself }) => [node, lostByItself])).toEqual([
    ['b', ['a', 'c']],
    ['d', ['a', 'c']],
  ]);
});

it('goes on with what the run before had not seen the end of', async () => {
  const recalled = new Map([
    ['a', { state: 'alive', sinceMs: -9000 }],
    ['b', { state: 'unreachable', sinceMs: -8000 }],
    ['c', { state: 'alive', sinceMs: -9000 }],
  ] as const);
  const { clock, see, list, outages } = watch({ recalled, lostBy: () => ['c'] });
  outages.wasAway(-3000);
  outages.note({ isolation: 'no', settled: false, members: [aMember('b', 'alive')] });
  outages.note({ isolation: 'no', settled: true, members: [aMember('b', 'alive', { judged: false })] });
  await clock.advance(2000);
  see({ a: 'alive', b: 'alive', c: 'alive' });

  expect(list()).toEqual([
    { node: 'a', from: ORIGIN - 3000, to: ORIGIN, observers: ['a'], lostByItself: [] },
    { node: 'b', from: ORIGIN - 8000, to: ORIGIN + 2000, observers: ['a'], lostByItself: ['c'] },
  ]);
});

it('blames nobody while this node is isolated, and remembers whom it did not reach', async () => {
  const { clock, see, list } = watch({ lostBy: () => ['a'] });
  see({ a: 'alive', b: 'suspect' });
  see({ a: 'alive', b: 'alive' });
  expect(list()).toEqual([]);
  see({ a: 'alive', b: 'suspect' }, 'self');
  await clock.advance(9000);
  see({ a: 'alive', b: 'alive' });

  expect(list()).toMatchObject([{ node: 'b', observers: ['a'], lostByItself: ['a'] }]);
});

it('takes the time of a boot from a report that was made after the outage, and keeps it', async () => {
  let boot: { bootedMs: number; saidMs: number } | undefined = { bootedMs: -50_000, saidMs: -1000 };
  const { clock, see, list } = watch({ bootOf: () => boot });
  see({ a: 'alive', b: 'unreachable' });
  await clock.advance(5000);
  see({ a: 'alive', b: 'alive' });
  expect(list()[0]?.bootedAt).toBeUndefined();
  boot = { bootedMs: 3000, saidMs: 6000 };
  expect(list()[0]?.bootedAt).toBe(ORIGIN + 3000);
  boot = { bootedMs: 3400, saidMs: 21_000 };
  expect(list()[0]?.bootedAt).toBe(ORIGIN + 3000);
});

it('takes no time that grows with the square of how many are away', () => {
  const count = 4000;
  const names = Array.from({ length: count }, (_, index) => `n${index}`);
  let questions = 0;
  const { see, list } = watch({ lostBy: () => ((questions += 1), ['n0', 'n1']) });
  const all = (state: MemberState): Record<string, MemberState> =>
    Object.fromEntries(names.map((name, index) => [name, index % 2 === 0 ? 'alive' : state]));
  see(all('alive'));
  see(all('unreachable'));
  see(all('alive'));

  expect(list()).toHaveLength(1000);
  expect(list().every(({ lostByItself }) => lostByItself.join() === 'n0')).toBe(true);
  expect(questions).toBe(2000);
});
