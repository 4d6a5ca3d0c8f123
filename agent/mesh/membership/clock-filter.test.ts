import { expect, it } from 'vitest';
import { createClockFilter } from './clock-filter.ts';

it('gives the newest of the best of the last eight samples', () => {
  const filter = createClockFilter();
  expect(filter.best()).toBeUndefined();
  for (const uncertaintyMs of [1, 5, 3, 3, 9, 9, 9, 9]) filter.add({ offsetMs: uncertaintyMs, uncertaintyMs });
  expect(filter.best()?.uncertaintyMs).toBe(1);
  filter.add({ offsetMs: 20, uncertaintyMs: 3 });
  expect(filter.best()).toEqual({ offsetMs: 20, uncertaintyMs: 3 });
  filter.clear();
  expect(filter.best()).toBeUndefined();
});

it('forgets what was before a clock was set', () => {
  const filter = createClockFilter();
  for (let count = 0; count < 8; count += 1) filter.add({ offsetMs: 2, uncertaintyMs: 0.5 });
  filter.add({ offsetMs: 30_000, uncertaintyMs: 40 });
  expect(filter.best()).toEqual({ offsetMs: 30_000, uncertaintyMs: 40 });
  filter.add({ offsetMs: 0, uncertaintyMs: 1 });
  expect(filter.best()).toEqual({ offsetMs: 0, uncertaintyMs: 1 });
});

it('keeps a good sample beside one that took long, and one that drifted a little', () => {
  const filter = createClockFilter();
  filter.add({ offsetMs: 2, uncertaintyMs: 0.5 });
  filter.add({ offsetMs: 90, uncertaintyMs: 100 });
  filter.add({ offsetMs: 4, uncertaintyMs: 0.6 });
  expect(filter.best()).toEqual({ offsetMs: 2, uncertaintyMs: 0.5 });
});
