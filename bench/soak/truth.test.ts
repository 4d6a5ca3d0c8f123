import { expect, it } from 'vitest';
import { createTruth } from './truth.ts';

it('allows what a fault explains, and nothing else', () => {
  const truth = createTruth();
  truth.down(['a']);
  truth.apart(['b', 'c']);

  expect(truth.allows('z', 'a')).toBe(true);
  expect(truth.allows('b', 'z')).toBe(true);
  expect(truth.allows('z', 'c')).toBe(true);
  expect(truth.allows('b', 'c')).toBe(false);
  expect(truth.allows('y', 'z')).toBe(false);
});

it('tells the sides of two cuts apart', () => {
  const truth = createTruth();
  truth.apart(['a', 'b']);
  truth.apart(['b', 'c']);

  expect(truth.allows('a', 'b')).toBe(true);
  expect(truth.allows('b', 'c')).toBe(true);
  expect(truth.allows('y', 'z')).toBe(false);
});

it('allows nothing any more once all is over', () => {
  const truth = createTruth();
  truth.down(['a']);
  truth.apart(['b']);
  truth.reset();

  expect(truth.allows('z', 'a')).toBe(false);
  expect(truth.allows('z', 'b')).toBe(false);
});
