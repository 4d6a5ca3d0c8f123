import { expect, it } from 'vitest';
import { createOwnEdges } from './own-edges.ts';

const anybody = { isExpected: () => true, isDoubted: (name: string) => name.startsWith('doubted') };

function edgesTo(...peers: string[]) {
  const edges = createOwnEdges();
  edges.aim(new Set(peers), anybody, 0);
  return edges;
}

/** Ten misses and a look that came to nothing. */
function lose(edges: ReturnType<typeof edgesTo>, peer: string, nowMs: number): void {
  const edge = edges.get(peer);
  edge?.looked('timed-out', nowMs);
  for (let miss = 0; miss < 10; miss += 1)
    edge?.missed({ cause: 'timeout', sentAtMs: nowMs + 250 * miss }, nowMs + 500 + 250 * miss);
}

it('tells each change of state once', () => {
  const edges = edgesTo('b', 'c');
  edges.get('b')?.answered({}, 100);

  expect(edges.takeChanges()).toEqual([{ peer: 'b', from: undefined, to: 'good' }]);
  expect(edges.takeChanges()).toEqual([]);
  lose(edges, 'b', 1000);
  expect(edges.takeChanges()).toEqual([{ peer: 'b', from: 'good', to: 'lost' }]);
});

it('keeps an edge that is no longer needed for ten seconds, then withdraws it', () => {
  const edges = edgesTo('b', 'c');
  edges.get('b')?.answered({}, 100);
  edges.takeChanges();

  edges.aim(new Set(['c']), anybody, 1000);
  edges.aim(new Set(['c']), anybody, 10_999);
  expect(edges.get('b')?.state).toBe('good');
  edges.aim(new Set(['c']), anybody, 11_000);
  expect(edges.get('b')).toBeUndefined();
  expect(edges.takeChanges()).toEqual([{ peer: 'b', from: 'good', to: undefined }]);
});

it('keeps an edge that is no longer needed while it is in doubt, and for ten seconds after it is lost', () => {
  const edges = edgesTo('b');
  edges.get('b')?.answered({}, 100);
  const aimAt = (nowMs: number): void => edges.aim(new Set(), anybody, nowMs);

  aimAt(1000);
  edges.get('b')?.missed({ cause: 'timeout', sentAtMs: 10_400 }, 10_900);
  aimAt(11_000);
  expect(edges.get('b')?.misses).toBe(1);
  lose(edges, 'b', 11_000);
  const lostAtMs = edges.get('b')?.sinceMs ?? 0;
  expect(edges.get('b')?.state).toBe('lost');
  aimAt(lostAtMs + 9999);
  expect(edges.get('b')?.state).toBe('lost');
  aimAt(lostAtMs + 10_000);
  expect(edges.get('b')).toBeUndefined();
});

it('drops an edge to a removed member at once', () => {
  const edges = edgesTo('b');
  edges.aim(new Set(), { ...anybody, isExpected: (name) => name !== 'b' }, 1);

  expect(edges.get('b')).toBeUndefined();
});

it('hands out the same intervals while nothing changes', () => {
  const edges = edgesTo('b', 'c');
  const before = edges.intervals(0, 0);

  expect(edges.intervals(500, 0)).toBe(before);
  edges.get('b')?.missed({ cause: 'timeout', sentAtMs: 500 }, 1000);
  expect([...edges.intervals(1000, 0)]).toEqual([
    ['b', 250],
    ['c', 1000],
  ]);
});

it('probes each edge in haste until so many of its probes have ended', () => {
  const edges = edgesTo('b', 'c');
  edges.get('b')?.answered({}, 10);
  edges.get('b')?.answered({}, 20);

  expect([...edges.intervals(20, 2)]).toEqual([
    ['b', 1000],
    ['c', 250],
  ]);
});

it('does not take its time with a member that others do not reach', () => {
  expect(edgesTo('doubted').intervals(0, 0).get('doubted')).toBe(250);
});

it('shares 32 probes a second among all that are lost for long', () => {
  const peers = Array.from({ length: 100 }, (_, index) => `n${index}`);
  const edges = edgesTo(...peers, 'b');
  edges.get('b')?.answered({}, 0);
  for (const peer of peers) lose(edges, peer, 1000);

  const intervals = edges.intervals(30_000, 0);
  const rate = peers.reduce((sum, peer) => sum + 1000 / (intervals.get(peer) ?? 1), 0);
  expect(rate).toBeCloseTo(32);
  expect(intervals.get('b')).toBe(1000);
});

it('collects the looks that are wanted', () => {
  const edges = edgesTo('b', 'c');
  edges.get('c')?.disconnected();

  expect(edges.takeLooks(10)).toEqual(['c']);
  expect(edges.takeLooks(20)).toEqual([]);
});
