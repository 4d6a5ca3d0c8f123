import { expect, it } from 'vitest';
import { createCrowds } from './crowds.ts';

const ids = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => ({
    author: `author-${from + index}`,
    type: 'report',
    run: 1,
    sequence: 1,
  }));

it('finds who offers more agents than a cluster has, however it deals them out, and nobody else', () => {
  let now = 0;
  const crowds = createCrowds({ monotonic: () => now }, 'salt');
  const honest = Array.from({ length: 50 }, () => crowds.isOne('honest', ids(0, 5500)));
  let offered = 0;
  while (!crowds.isOne('evil', ids(offered, 100))) offered += 100;

  expect(honest).not.toContain(true);
  expect(offered).toBeGreaterThan(7000);
  expect(offered).toBeLessThan(9000);
  expect(crowds.isOne('honest', ids(0, 10))).toBe(false);
  now += 3_600_000;
  expect(crowds.isOne('evil', ids(0, 10))).toBe(false);
});
