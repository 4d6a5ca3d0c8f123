import { expect, it } from 'vitest';
import { createSampling } from './sampling.ts';

it('takes one member a second, at random', () => {
  const draws = [0.99, 0];
  const sampling = createSampling(() => draws.shift() ?? 0);
  const candidates = (): string[] => ['x', 'y', 'z'];

  expect(sampling.take(candidates, 0)).toBe('z');
  expect(sampling.take(candidates, 999)).toBeUndefined();
  expect(sampling.take(candidates, 1000)).toBe('x');
  expect(sampling.take(() => [], 2000)).toBeUndefined();
});

it('forgets a sample after a minute: whoever went away since is not sampled any more', () => {
  const sampling = createSampling(() => 0);
  sampling.answered('gone', {}, 0);
  sampling.answered('here', {}, 30_000);
  sampling.take(() => ['here'], 64_000);
  expect(sampling.edges().map(({ peer }) => peer)).toEqual(['gone', 'here']);
  sampling.take(() => ['here'], 65_000);
  expect(sampling.edges().map(({ peer }) => peer)).toEqual(['here']);
});

it('keeps the newest sample of each of the last 64', () => {
  const sampling = createSampling(() => 0);
  for (let n = 0; n < 70; n += 1) sampling.answered(`n${n}`, { rttMs: n }, n);
  sampling.answered('n69', { rttMs: 1, clock: { offsetMs: 2, uncertaintyMs: 0.5 } }, 100);

  expect(sampling.edges()).toHaveLength(64);
  expect(sampling.edges().at(-1)).toEqual({
    peer: 'n69',
    state: 'good',
    sinceMs: 100,
    sampled: true,
    rttMs: 1,
    offset: { offsetMs: 2, uncertaintyMs: 0.5 },
  });
});
