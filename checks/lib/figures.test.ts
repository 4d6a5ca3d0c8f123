import { expect, it } from 'vitest';
import { bytes, count, enumerate, percent, seconds } from './figures.ts';

it.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1536, '1.5 KiB'],
  [250 * 1024 ** 3, '250 GiB'],
  [2 ** 63, '8.0 EiB'],
])('bytes %d', (value, expected) => {
  expect(bytes(value)).toBe(expected);
});

it.each([
  [0, '0.0 %'],
  [0.0426, '4.3 %'],
  [0.8, '80 %'],
  [1, '100 %'],
])('percent %d', (value, expected) => {
  expect(percent(value)).toBe(expected);
});

it.each([
  [4, '0.004 s'],
  [253, '0.25 s'],
  [6500, '6.5 s'],
  [12_345, '12 s'],
])('seconds %d', (value, expected) => {
  expect(seconds(value)).toBe(expected);
});

it('counts and enumerates', () => {
  expect(count(1_234_567.4)).toBe('1,234,567');
  expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map(enumerate)).toEqual(['', 'a', 'a and b', 'a, b and c']);
});
