import { expect, it } from 'vitest';
import type { EdgeState } from '../../model/member.ts';
import { chooseNeighbours, createNeighbourhood } from './neighbourhood.ts';
import { createRings } from './rings.ts';

const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `n${index}`);
const stating = (states: Readonly<Record<string, Readonly<Record<string, EdgeState>>>>) => ({
  expected: new Set(['a', 'b', 'c']),
  statedBy: (author: string) => new Map(Object.entries(states[author] ?? {})),
});

it('trusts what a member says against others three seconds after it came in', () => {
  const neighbourhood = createNeighbourhood('a');
  neighbourhood.expect(new Set(['a', 'b', 'c']));

  expect(neighbourhood.walk(stating({ a: { b: 'good' } }), 1000)).toEqual(['b']);
  expect(neighbourhood.trustChangesAtMs()).toBe(4000);
  expect(neighbourhood.isTrusted('b', 3999)).toBe(false);
  expect(neighbourhood.isTrusted('b', 4000)).toBe(true);
  expect(neighbourhood.isTrusted('a', 0)).toBe(true);
  expect(neighbourhood.isTrusted('c', 4000)).toBe(false);
});

it('begins anew when the member was out in between', () => {
  const neighbourhood = createNeighbourhood('a');
  neighbourhood.expect(new Set(['a', 'b', 'c']));
  neighbourhood.walk(stating({ a: { b: 'good' } }), 0);
  neighbourhood.walk(stating({ a: { b: 'lost' } }), 5000);
  expect(neighbourhood.isTrusted('b', 6000)).toBe(false);
  neighbourhood.walk(stating({ a: { b: 'good' } }), 6000);

  expect(neighbourhood.isTrusted('b', 8000)).toBe(false);
  expect(neighbourhood.isTrusted('b', 9000)).toBe(true);
});

it('tells what a member saw from the other side of a cut from what it sees now, of those who are here', () => {
  const neighbourhood = createNeighbourhood('a');
  neighbourhood.expect(new Set(['a', 'b', 'c', 'd']));
  neighbourhood.walk(stating({ a: { b: 'good', c: 'good' } }), 0);
  neighbourhood.walk(stating({ a: { b: 'lost', c: 'good' } }), 5000);
  neighbourhood.walk(stating({ a: { b: 'good', c: 'good' } }), 60_000);
  const lost = (sinceMs: number) => ({ author: 'b', state: 'lost', sinceMs }) as const;

  expect(neighbourhood.isHistory(lost(7000), 'c', 70_000)).toBe(true);
  expect(neighbourhood.isHistory(lost(61_000), 'c', 70_000)).toBe(false);
  expect(neighbourhood.isHistory({ ...lost(7000), author: 'c' }, 'b', 70_000)).toBe(false);
  // Nobody here says that d lives.
  expect(neighbourhood.isHistory(lost(7000), 'd', 70_000)).toBe(false);
});

it('says when nothing changed', () => {
  const neighbourhood = createNeighbourhood('a');
  neighbourhood.expect(new Set(['a', 'b', 'c']));
  const surroundings = stating({ a: { b: 'good' }, b: { c: 'good' } });

  expect(neighbourhood.walk(surroundings, 0)).toEqual(['b', 'c']);
  expect(neighbourhood.walk(surroundings, 100)).toBeUndefined();
  expect([...neighbourhood.component()]).toEqual(['a', 'b', 'c']);
  expect([...neighbourhood.observersOf('c')].sort()).toEqual(['a', 'b']);
});

it('keeps to the fixed neighbours while they are there', () => {
  const rings = createRings(names(60));

  expect(chooseNeighbours('n0', rings, new Set(rings.members), new Map())).toEqual(rings.neighbours('n0'));
});

it('lets the next on the rings stand in for neighbours that are gone', () => {
  const rings = createRings(names(60));
  const fixed = rings.neighbours('n0');
  const lost = fixed.slice(0, 10);
  const edges = new Map(lost.map((name) => [name, 'lost' as const]));
  const chosen = chooseNeighbours('n0', rings, new Set(rings.members), edges);

  expect(chosen).toEqual(expect.arrayContaining([...fixed]));
  const living = chosen.filter((name) => !lost.includes(name));
  expect(living.length).toBeGreaterThan(10);
  expect(living.length).toBeLessThanOrEqual(16);
});
