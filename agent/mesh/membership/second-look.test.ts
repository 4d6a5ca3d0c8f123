import { expect, it } from 'vitest';
import { createSecondLook } from './second-look.ts';

it('runs one look at a time, and the next a second later', () => {
  const look = createSecondLook();
  expect(look.take(0)).toBe(false);
  look.suggest(0);
  expect(look.take(0)).toBe(true);
  look.suggest(1500);
  expect(look.take(1500)).toBe(false);
  look.ended('timed-out', 1600);
  expect(look.take(1600)).toBe(true);
  look.ended('timed-out', 1700);
  look.suggest(2500);
  expect(look.take(2500)).toBe(false);
  look.demand();
  expect(look.take(2500)).toBe(true);
});

it('does not wait for ever for a look that nobody answers for', () => {
  const look = createSecondLook();
  look.demand();
  look.take(0);
  look.suggest(4999);
  expect(look.take(4999)).toBe(false);
  expect(look.take(5000)).toBe(true);
});

it('looks every five seconds only where TCP works', () => {
  const look = createSecondLook();
  look.demand();
  look.take(0);
  look.ended('answered', 10);
  look.suggest(4900);
  expect(look.take(4900)).toBe(false);
  look.suggest(5000);
  expect(look.take(5000)).toBe(true);
});

it('counts equal evidence in a row', () => {
  const look = createSecondLook();
  look.ended('timed-out', 100);
  look.ended('unreachable', 200);
  expect(look.run()).toEqual({ evidence: 'nothing', count: 2, sinceMs: 100 });
  look.ended('own-fault', 300);
  expect(look.run()?.count).toBe(2);
  look.ended('foreign', 400);
  expect(look.run()).toEqual({ evidence: 'stuck-agent', count: 1, sinceMs: 400 });
  look.forget();
  expect(look.run()).toBeUndefined();
});

it.each([['unresponsive'], ['answered'], ['timed-out']] as const)(
  'does not count a look that is %s when a probe was answered meanwhile',
  (result) => {
    const look = createSecondLook();
    look.demand();
    look.take(0);
    look.answered();
    look.ended(result, 1600);
    expect(look.run()).toBeUndefined();

    look.demand();
    look.take(1600);
    look.ended(result, 3200);
    expect(look.run()?.count).toBe(1);
  },
);

it('counts a refusal all the same: the agent has ended since', () => {
  const look = createSecondLook();
  look.demand();
  look.take(0);
  look.answered();
  look.ended('refused', 210);
  expect(look.run()?.evidence).toBe('no-agent');
});
