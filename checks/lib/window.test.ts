import { describe, expect, it } from 'vitest';
import { createCounterWindow, growth32, median } from './window.ts';

describe('createCounterWindow', () => {
  it('compares with the youngest sample that is a span old, and until then with the oldest', () => {
    const window = createCounterWindow<number>(60);
    const bases = [0, 15, 30, 45, 60, 75, 90].map((at) => window.add(at, at)?.at);
    expect(bases).toEqual([undefined, 0, 0, 0, 0, 15, 30]);
  });

  it('forgets what lies more than two spans back', () => {
    const window = createCounterWindow<string>(60);
    window.add(0, 'old');
    expect(window.add(130, 'new')).toBeUndefined();
    expect(window.add(131, 'newer')).toEqual({ at: 130, value: 'new' });
  });

  it('keeps an only sample that is a little too old', () => {
    const window = createCounterWindow<string>(60);
    window.add(0, 'old');
    expect(window.add(100, 'new')).toEqual({ at: 0, value: 'old' });
  });
});

it.each([
  [[], undefined],
  [[3], 3],
  [[9, 1, 5], 5],
  [[4, 1, 3, 2], 2.5],
])('median of %j', (values, expected) => {
  expect(median(values)).toBe(expected);
});

it.each([
  [1, 3, 2],
  [5, 5, 0],
  [0xff_ff_ff_ff, 1, 2],
])('growth from %d to %d', (from, to, expected) => {
  expect(growth32(from, to)).toBe(expected);
});
