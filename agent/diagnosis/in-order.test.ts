import { expect, it } from 'vitest';
import { inOrder } from './in-order.ts';
import { createScene } from './testing.ts';

it('puts nodes and members in order of their names', () => {
  const state = inOrder(createScene(['w2', 'm1', 'w10']).from('m1'));

  expect(state.nodes.map(({ report }) => report.node)).toEqual(['m1', 'w10', 'w2']);
  expect(state.mesh?.members.map(({ name }) => name)).toEqual(['m1', 'w10', 'w2']);
});

it('makes nothing anew of what is in order', () => {
  const state = createScene(['m1', 'w1']).from('m1');

  expect(inOrder(state)).toBe(state);
});
