import { describe, expect, it } from 'vitest';
import type { Edge, Member } from './member.ts';
import { peerEdges, whyNobody } from './peer-edges.ts';

const NOW_MS = 100_000;
const member = (name: string, more: Partial<Member> = {}): Member => ({
  name,
  state: 'alive',
  sinceMs: 0,
  judged: true,
  inComponent: true,
  connectedSinceMs: 40_000,
  testimony: [],
  ...more,
});
const edge = (peer: string, more: Partial<Edge> = {}): Edge => ({ peer, state: 'good', sinceMs: 10_000, ...more });
const seen = (edges: readonly Edge[], ...members: readonly Member[]) =>
  peerEdges('n1', edges, [member('n1'), ...members], NOW_MS);

it('says what is seen, in times until now', () => {
  const offset = { offsetMs: 3, uncertaintyMs: 1 };
  const fullSize = { bytes: 1500, misses: 2 };
  const one = edge('n2', { lossTo: 0.1, lossFrom: 0.2, rttMs: 0.4, offset, fullSize, answeredAtMs: 99_000 });
  expect(seen([one], member('n2'))).toEqual({
    kind: 'known',
    peers: [
      {
        node: 'n2',
        state: 'good',
        forMs: 90_000,
        connectedForMs: 60_000,
        lossTo: 0.1,
        lossFrom: 0.2,
        rttMs: 0.4,
        clock: offset,
        fullSize,
      },
    ],
  });
  expect(seen([{ peer: 'n2', sinceMs: 0 }], member('n2'))).toMatchObject({ peers: [{ node: 'n2', forMs: NOW_MS }] });
});

it('leaves out samples, and nodes that were removed or are not known', () => {
  const edges = [edge('n2', { sampled: true }), edge('n3'), edge('n4'), edge('n5')];
  expect(seen(edges, member('n2'), member('n3', { state: 'left' }), member('n4'))).toMatchObject({
    kind: 'known',
    peers: [{ node: 'n4' }],
  });
});

describe('is nobody where there is nobody else', () => {
  it.each<[string, readonly Member[]]>([
    ['known', []],
    ['left', [member('n2', { state: 'left' })]],
  ])('%s', (_, members) => {
    expect(seen([edge('n2')], ...members)).toBeUndefined();
  });
});

it.each<[string, Partial<Member>, number | undefined]>([
  ['alive', {}, 60_000],
  ['suspect: somebody does not reach it', { state: 'suspect' }, 60_000],
  ['on the other side of a cut', { state: 'unreachable', inComponent: false }, undefined],
  ['without an agent', { state: 'agent-down' }, undefined],
  ['leaving', { state: 'leaving' }, undefined],
  ['coming and going', { flapping: { falls: 3, sinceMs: 0, isOwn: true } }, undefined],
])('says for how long others reach one that is %s', (_, more, connectedForMs) => {
  const view = seen([edge('n2', { state: 'lost' })], member('n2', more));
  expect(view?.kind === 'known' && view.peers[0]?.connectedForMs).toBe(connectedForMs);
});

it('says why there is nobody', () => {
  expect(whyNobody({ settled: false })).toMatchObject({ kind: 'unknown' });
  expect(whyNobody({ settled: true })).toEqual({ kind: 'none', why: 'no other agent is known' });
  const seed = { address: '10.0.0.7:7576', refusesKey: false, sinceMs: 0 };
  expect(whyNobody({ settled: true, unmetSeeds: [seed] })).toEqual({
    kind: 'unknown',
    why: 'no other agent was met, neither at 10.0.0.7:7576 nor elsewhere',
  });
});
