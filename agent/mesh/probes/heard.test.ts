import { expect, it } from 'vitest';
import { createHeardTable } from './heard.ts';

it('has heard nothing of a stranger', () => {
  expect(createHeardTable().heardOf('a')).toEqual({ highest: 0, bits: 0 });
});

it('states which of the last pings were heard', () => {
  const table = createHeardTable();
  for (const sequence of [100, 101, 103, 106]) expect(table.note('a', 1, sequence)).toBe(true);
  expect(table.heardOf('a')).toEqual({ highest: 106, bits: 0b1101001 });
});

it('takes pings that overtook each other, and each only once', () => {
  const table = createHeardTable();
  table.note('a', 1, 10);
  expect(table.note('a', 1, 9)).toBe(true);
  expect(table.note('a', 1, 9)).toBe(false);
  expect(table.note('a', 1, 10)).toBe(false);
  expect(table.heardOf('a')).toEqual({ highest: 10, bits: 0b11 });
});

it('takes nothing from before the window', () => {
  const table = createHeardTable();
  table.note('a', 1, 100);
  expect(table.note('a', 1, 85)).toBe(true);
  expect(table.note('a', 1, 84)).toBe(false);
});

it('begins anew with a new boot, and an older boot moves nothing', () => {
  const table = createHeardTable();
  table.note('a', 2, 1000);
  expect(table.note('a', 3, 5)).toBe(true);
  expect(table.heardOf('a')).toEqual({ highest: 5, bits: 1 });
  expect(table.note('a', 2, 1001)).toBe(false);
  expect(table.heardOf('a')).toEqual({ highest: 5, bits: 1 });
});

it('jumps over a long silence', () => {
  const table = createHeardTable();
  table.note('a', 1, 1);
  table.note('a', 1, 4_000_000_000);
  expect(table.heardOf('a')).toEqual({ highest: 4_000_000_000 % 65_536, bits: 1 });
});

it('forgets the author that was not heard of for the longest time', () => {
  const table = createHeardTable();
  for (let author = 0; author < 1024; author += 1) table.note(`${author}`, 1, 1);
  table.note('0', 1, 2);
  table.note('one more', 1, 1);
  expect(table.heardOf('0').bits).toBe(0b11);
  expect(table.heardOf('1').bits).toBe(0);
});
