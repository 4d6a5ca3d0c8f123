import { expect, it } from 'vitest';
import { clockSample, roundTripMs } from './clock-sample.ts';

it('finds the offset of a clock over ways of equal length', () => {
  // The peer is 250 ms ahead; 4 ms there, 1 ms held, 4 ms back.
  const exchange = { originMs: 1000, elapsedMs: 9, receiveMs: 1254, holdMs: 1 };
  expect(clockSample(exchange)).toEqual({ offsetMs: 250, uncertaintyMs: 4 });
  expect(roundTripMs(exchange)).toBe(8);
});

it('is wrong by no more than it says when all delay lies on one way', () => {
  const there = clockSample({ originMs: 1000, elapsedMs: 40, receiveMs: 1000 - 3600 + 40, holdMs: 0 });
  const back = clockSample({ originMs: 1000, elapsedMs: 40, receiveMs: 1000 - 3600, holdMs: 0 });
  for (const { offsetMs, uncertaintyMs } of [there, back]) expect(Math.abs(offsetMs + 3600)).toBe(uncertaintyMs);
});

it('has no negative round trip when a peer claims to have held the ping longer than it was away', () => {
  expect(roundTripMs({ elapsedMs: 1, holdMs: 5 })).toBe(0);
});
