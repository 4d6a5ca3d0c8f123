import { describe, expect, it } from 'vitest';
import { type Points, fold, fromSamples, selectPoints } from './points.ts';

const MINUTE = 60_000;

describe('fold', () => {
  it('puts samples of a bucket together: average, minimum, maximum, count', () => {
    const samples = fromSamples([0, 15_000, 59_999, 60_000, 185_000], [1, 5, 3, 10, -2]);
    expect(fold(samples, MINUTE)).toEqual({
      times: [0, 60_000, 180_000],
      counts: [3, 1, 1],
      averages: [3, 10, -2],
      minima: [1, 10, -2],
      maxima: [5, 10, -2],
    });
  });

  it('weights averages by count, so that folding twice is folding once', () => {
    const samples = fromSamples(
      Array.from({ length: 200 }, (_, index) => index * 17_000),
      Array.from({ length: 200 }, (_, index) => (index * 37) % 101),
    );
    const once = fold(samples, 15 * MINUTE);
    const twice = fold(fold(samples, MINUTE), 15 * MINUTE);
    expect(twice.times).toEqual(once.times);
    expect(twice.counts).toEqual(once.counts);
    expect(twice.minima).toEqual(once.minima);
    expect(twice.maxima).toEqual(once.maxima);
    for (const [index, average] of once.averages.entries()) expect(twice.averages[index]).toBeCloseTo(average, 9);
  });

  it('does not overflow where the sum of two values would', () => {
    const { averages } = fold(fromSamples([0, 1], [1.5e308, 1.5e308]), MINUTE);
    expect(averages).toEqual([1.5e308]);
  });

  it('takes times before 1970', () => {
    expect(fold(fromSamples([-1, 1], [1, 2]), MINUTE).times).toEqual([-60_000, 0]);
  });
});

describe('selectPoints', () => {
  const points: Points = fromSamples([30, 10, 20, 40], [3, 1, 2, 4]);

  it('takes from the beginning up to before the end, in order of time', () => {
    expect(selectPoints(points, 10, 40)).toEqual(fromSamples([10, 20, 30], [1, 2, 3]));
  });

  it('leaves what is in order as it is', () => {
    expect(selectPoints(fromSamples([1, 2, 2, 3], [1, 2, 3, 4]), 0, 10).averages).toEqual([1, 2, 3, 4]);
  });
});
