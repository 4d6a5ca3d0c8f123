import { expect, it } from 'vitest';
import { createFakeClock } from '../../../test/lib/fake-clock.ts';
import { createTokenBucket, createTokenBuckets } from './token-bucket.ts';

const count = (times: number, take: () => boolean): number =>
  Array.from({ length: times }, take).filter(Boolean).length;

it('gives a burst at once and then so many a second', async () => {
  const clock = createFakeClock();
  const bucket = createTokenBucket({ perSecond: 10, burst: 20 }, clock);
  expect(count(100, () => bucket.take())).toBe(20);
  await clock.advance(500);
  expect(count(100, () => bucket.take())).toBe(5);
  await clock.advance(60_000);
  expect(count(100, () => bucket.take())).toBe(20);
});

it('keeps one bucket for each key, and for so many keys only', () => {
  const clock = createFakeClock();
  const buckets = createTokenBuckets({ rate: { perSecond: 1, burst: 1 }, maxKeys: 2 }, clock);
  expect(['a', 'a', 'b', 'c', 'b', 'a'].map((key) => buckets.take(key))).toEqual([
    true,
    false,
    true,
    true,
    false,
    true,
  ]);
});
