import { expect, it } from 'vitest';
import type { Edge } from './member.ts';
import { statedEdges } from './stated-edges.ts';

const edge = (peer: string, rest: Partial<Edge> = {}): Edge => ({ peer, state: 'good', sinceMs: 0, ...rest });
const offset = (offsetMs: number) => ({ offset: { offsetMs, uncertaintyMs: 1 } });

it('finds the edges that are not as they should be', () => {
  const edges = statedEdges([
    edge('well', offset(100)),
    edge('gone', { state: 'lost' }),
    { peer: 'new', sinceMs: 0 },
    edge('ahead', offset(600)),
    edge('behind', offset(-600)),
  ]);

  expect(edges.striking().map(({ peer }) => peer)).toEqual(['gone', 'new', 'ahead', 'behind']);
  expect(edges.to('well')?.state).toBe('good');
  expect(edges.to('nobody')).toBeUndefined();
});
