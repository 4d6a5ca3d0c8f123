import { expect, it } from 'vitest';
import type { EdgeState } from '../../model/member.ts';
import { componentOf } from './component.ts';

function walk(edges: string, expected = 'abcdef'): string {
  const stated = new Map<string, Map<string, EdgeState>>();
  for (const [from, sign, to] of edges.split(' ')) {
    const state = sign === '+' ? 'good' : sign === '~' ? 'udp-blocked' : sign === '!' ? 'refused' : 'lost';
    stated.set(from ?? '', (stated.get(from ?? '') ?? new Map()).set(to, state));
  }
  return [...componentOf('a', (author) => stated.get(author) ?? new Map(), new Set(expected))].sort().join('');
}

it.each([
  ['goes along good edges of members that are already in it', 'a+b b+c c+d', 'abcd'],
  ['includes a member that I lost and another reaches', 'a+b a-c b+c', 'abc'],
  ['believes nobody outside', 'a-b b+c c+d d+a', 'a'],
  ['does not go through refused and lost edges', 'a!b a-c b+d', 'a'],
  ['goes where only UDP is blocked', 'a~b b+c', 'abc'],
  ['believes nobody who merely claims to reach me', 'b+a c+a b+c c+b', 'a'],
])('%s', (_, edges, component) => {
  expect(walk(edges)).toBe(component);
});

it('leaves out who was removed, and what only it reaches', () => {
  expect(walk('a+b b+c', 'ac')).toBe('a');
});
