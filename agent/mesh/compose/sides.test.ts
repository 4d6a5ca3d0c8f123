import { expect, it } from 'vitest';
import { createSides } from './sides.ts';

const MEMBERS = ['a', 'b', 'c', 'd'];
const stayed = (is: (name: string) => boolean, names: readonly string[] = MEMBERS): string[] => names.filter(is);

it('tells who was there from the begin to the end', () => {
  const sides = createSides(MEMBERS);
  const start = sides.begin(['d']);
  sides.lost('c');
  expect(stayed(sides.end()(start))).toEqual(['a', 'b']);

  sides.lost('b');
  sides.back('b');
  sides.back('c');
  expect(stayed(sides.end()(start))).toEqual(['a']);
});

it('knows nothing of who was lost and back before, nor of what came after the end', () => {
  const sides = createSides(MEMBERS);
  sides.begin([]);
  sides.lost('b');
  sides.back('b');
  const start = sides.begin([]);
  sides.lost('c');
  sides.back('c');
  const ended = sides.end()(start);
  sides.begin([]);
  sides.lost('d');

  expect(stayed(ended)).toEqual(['a', 'b', 'd']);
  expect(sides.end()(start)('d')).toBe(false);
});

it('counts nobody who came later, and nobody unknown', () => {
  const sides = createSides(['a']);
  const start = sides.begin([]);
  sides.expect(new Set(['a', 'b']));
  expect(stayed(sides.end()(start))).toEqual(['a']);
  expect(stayed(sides.end()(sides.begin([])))).toEqual(['a', 'b']);
});

it('keeps one answer for all that began at once', () => {
  const sides = createSides(MEMBERS);
  const start = sides.begin(['d']);
  const end = sides.end();
  expect(end(start)).toBe(end(start));
});
