import { expect, it } from 'vitest';
import { fit, redraw } from './screen.ts';

it('leaves a text as it is that fits', () => {
  expect(fit('one\ntwo\n', { columns: 80, rows: 3 })).toBe('one\ntwo');
});

it('says how many lines do not fit', () => {
  expect(fit('one\ntwo\nthree\nfour\n', { columns: 80, rows: 4 })).toBe('one\ntwo\n(lines below: 2)');
});

it('counts a long line as the rows that it takes', () => {
  expect(fit(`${'x'.repeat(25)}\ntwo\nthree\nfour`, { columns: 10, rows: 6 })).toBe(
    `${'x'.repeat(25)}\ntwo\n(lines below: 2)`,
  );
});

it('clears what was drawn before, line by line', () => {
  expect(redraw('one\ntwo').replaceAll('\u001b', '^')).toBe('^[Hone^[K\ntwo^[K\n^[J');
});
