import { expect, it } from 'vitest';
import { bytes, count, enumerate, enumerateFirst, percent, seconds, span } from './figures.ts';

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

it.each([
  [500, '0.5 s'],
  [119_000, '119 s'],
  [120_000, '2 min'],
  [7_199_000, '120 min'],
  [7_200_000, '2 h'],
  [3 * 86_400_000, '3 days'],
])('span %d', (value, expected) => {
  expect(span(value)).toBe(expected);
});

it('names the first in their order and counts the rest', () => {
  expect(enumerateFirst(['b', 'a'])).toBe('a and b');
  expect(enumerateFirst(['f', 'e', 'd', 'c', 'b', 'a'])).toBe('a, b, c, d and 2 more');
});

it('counts and enumerates', () => {
  expect(count(1_234_567.4)).toBe('1,234,567');
  expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map(enumerate)).toEqual(['', 'a', 'a and b', 'a, b and c']);
});
