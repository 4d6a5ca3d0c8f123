import { expect, it } from 'vitest';
import { slopeOf } from './slope.ts';

it('finds the slope of a line, also where values scatter evenly around it', () => {
  const line = [0, 1, 2, 3].map((at) => ({ at, value: 10 + 2.5 * at }));
  const scattered = line.map(({ at, value }, index) => ({ at, value: value + (index === 0 || index === 3 ? 1 : -1) }));

  expect(slopeOf(line)).toBeCloseTo(2.5);
  expect(slopeOf(scattered)).toBeCloseTo(2.5);
});

it('says nothing of too few points, or of points at one time', () => {
  expect(slopeOf([0, 1].map((at) => ({ at, value: at })))).toBeUndefined();
  expect(slopeOf([1, 2, 3].map((value) => ({ at: 7, value })))).toBeUndefined();
});
