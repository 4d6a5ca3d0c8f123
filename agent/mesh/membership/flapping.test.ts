import { expect, it } from 'vitest';
import { createFlappingWatch } from './flapping.ts';

const own = (): boolean => true;

it('is one fact from the third fall in two minutes until a minute without', () => {
  const watch = createFlappingWatch();
  watch.fell(1000, own);
  watch.fell(10_000, own);
  expect(watch.state(10_000)).toBeUndefined();
  watch.fell(19_000, own);
  expect(watch.state(19_000)).toEqual({ falls: 3, sinceMs: 1000, isOwn: true });
  expect(watch.endsAtMs(19_000)).toBe(79_000);
  expect(watch.state(78_999)).toBeDefined();
  expect(watch.state(79_000)).toBeUndefined();
  expect(watch.endsAtMs(79_000)).toBe(Infinity);
});

it('forgets falls of long ago', () => {
  const watch = createFlappingWatch();
  for (const atMs of [0, 100_000, 200_000, 300_000]) watch.fell(atMs, own);

  expect(watch.state(300_000)).toBeUndefined();
});

it('is of the member itself from its third fall that others did not share', () => {
  const watch = createFlappingWatch();
  let isShared = false;
  watch.fell(1000, () => !isShared);
  watch.fell(10_000, own);
  watch.fell(19_000, own);
  expect(watch.state(19_000)).toMatchObject({ falls: 3, isOwn: true });
  isShared = true;
  expect(watch.state(20_000)).toMatchObject({ falls: 3, isOwn: false });
});
