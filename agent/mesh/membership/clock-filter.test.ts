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
