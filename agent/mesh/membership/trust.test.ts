import { expect, it } from 'vitest';
import { createTrust } from './trust.ts';

/** b was there, was cut off and is back at 100 s. */
function back() {
  const trust = createTrust();
  trust.joined('b', 0);
  trust.left('b');
  trust.joined('b', 100_000);
  trust.review(100_000);
  return trust;
}

it('counts what a member says three seconds after it came in for the first time', () => {
  const trust = createTrust();
  trust.joined('b', 1000);
  trust.review(1000);

  expect(trust.changesAtMs()).toBe(4000);
  expect(trust.isTrusted('b', 3999)).toBe(false);
  expect(trust.isTrusted('b', 4000)).toBe(true);
  expect(trust.isTrusted('c', 4000)).toBe(false);
});

it('knows for two minutes what a member that came back speaks of: of the time before, or of now', () => {
  const trust = back();
  expect(trust.isTrusted('b', 102_999)).toBe(false);
  expect(trust.isTrusted('b', 103_000)).toBe(true);
  expect(trust.isHistory('b', 100_000, 219_999)).toBe(true);
  // It does not say.
  expect(trust.isHistory('b', undefined, 219_999)).toBe(true);
  expect(trust.isHistory('b', 100_001, 103_000)).toBe(false);

  expect(trust.isHistory('b', 50_000, 220_000)).toBe(false);
  expect(trust.isHistory('b', undefined, 220_000)).toBe(false);
});

it('says when the next word counts', () => {
  const trust = back();
  const times = [];
  for (let at = 100_000; at < Infinity; at = trust.changesAtMs()) {
    times.push(at);
    trust.review(at);
  }
  expect(times).toEqual([100_000, 103_000, 220_000]);
});

it('calls nothing history that a member says which was never away', () => {
  const trust = createTrust();
  trust.joined('b', 100_000);
  expect(trust.isHistory('b', 1000, 104_000)).toBe(false);
  expect(trust.isHistory('c', 1000, 104_000)).toBe(false);
});

it('waits three seconds anew for who was out of touch', () => {
  const trust = createTrust();
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
  trust.expect(new Set(['b', 'c']));
  trust.joined('b', 100_000);
  expect(trust.isHistory('b', 50_000, 103_000)).toBe(false);
});
