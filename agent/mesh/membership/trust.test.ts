import { expect, it } from 'vitest';
import { createTrust } from './trust.ts';

const names = (count: number): ReadonlySet<string> =>
  new Set(['b', ...Array.from({ length: count - 1 }, (_, index) => `n${index}`)]);

/** b was there, was cut off and is back at 100 s. */
function back(members: number) {
  const trust = createTrust();
  trust.expect(names(members));
  trust.joined('b', 0);
  trust.left('b');
  trust.joined('b', 100_000);
  trust.review(100_000);
  return trust;
}

it('counts what a member says three seconds after it came in for the first time, however many there are', () => {
  const trust = createTrust();
  trust.expect(names(5000));
  trust.joined('b', 1000);
  trust.review(1000);

  expect(trust.changesAtMs()).toBe(4000);
  expect(trust.isTrusted('b', 3999)).toBe(false);
  expect(trust.isTrusted('b', 4000)).toBe(true);
  expect(trust.isTrusted('c', 4000)).toBe(false);
});

it('counts what a member says that came back among few as soon', () => {
  const trust = back(20);
  expect(trust.isTrusted('b', 102_999)).toBe(false);
  expect(trust.isTrusted('b', 103_000)).toBe(true);
});

it.each([
  [64, 5200],
  [250, 14_500],
  [5000, 15_000],
])('among %i does not count what a member said during a cut for %i ms', (members, historyMs) => {
  const trust = back(members);
  expect(trust.isTrusted('b', 100_000 + historyMs - 1)).toBe(false);
  expect(trust.isTrusted('b', 100_000 + historyMs)).toBe(true);

  const times = [];
  for (let at = 100_000; at < Infinity; at = trust.changesAtMs()) {
    times.push(at);
    trust.review(at);
  }
  expect(times).toEqual([100_000, 103_000, 100_000 + historyMs]);
});

it('counts at once what it wrote three seconds after it came back, and nothing older for it', () => {
  const trust = back(250);
  expect(trust.reported('b', 102_999)).toBe(false);
  expect(trust.isTrusted('b', 104_000)).toBe(false);
  expect(trust.reported('b', 103_000)).toBe(true);
  // An older one comes late.
  expect(trust.reported('b', 90_000)).toBe(false);

  expect(trust.isTrusted('b', 104_000)).toBe(true);
  trust.review(104_000);
  expect(trust.changesAtMs()).toBe(Infinity);
  expect(trust.isTrusted('b', 104_001)).toBe(true);
});

it('waits three seconds anew for who was out of touch', () => {
  const trust = createTrust();
  trust.expect(names(250));
  trust.joined('b', 0);
  trust.review(5000);
  trust.distrust('b', 6000);
  trust.distrust('c', 6000);

  expect(trust.changesAtMs()).toBe(9000);
  expect(trust.isTrusted('b', 8999)).toBe(false);
  expect(trust.isTrusted('b', 9000)).toBe(true);
  expect(trust.isTrusted('c', 20_000)).toBe(false);
});

it('knows nothing of who was removed from the cluster in between', () => {
  const trust = createTrust();
  trust.joined('b', 0);
  trust.left('b');
  trust.expect(new Set(['c']));
  trust.expect(names(250));
  trust.joined('b', 100_000);
  expect(trust.isTrusted('b', 103_000)).toBe(true);
});
