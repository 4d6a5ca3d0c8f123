import { expect, it } from 'vitest';
import type { Edge, EdgeState } from '../../model/member.ts';
import type { WireEdge } from '../codec/edge.ts';
import { testKeys } from '../envelope/testing.ts';
import { prefixOf } from '../identity/peer-id.ts';
import { countSightings } from './name-sightings.ts';

const [old, fresh] = [testKeys(100), testKeys(101)];
const holder = { name: 'x', peerId: old.peerId, generation: 1 };
const claim = { name: 'x', peerId: fresh.peerId, generation: 2 };
const [toHolder, toClaimant, toOther] = [old, fresh, testKeys(102)].map(({ author }) => prefixOf(author));

type Seen = Readonly<Record<string, EdgeState | 'unknown'>>;

/** What observers state by the keys of others; `n1` is who counts. */
function count(
  stated: readonly Seen[],
  own: EdgeState | undefined,
  observers = ['n1', 'n2', 'n3', 'n4', 'n9', 'x', 'y'],
) {
  const nodes = [...stated, {}, {}].map((_, index) => ({ ...testKeys(index + 2), name: `n${index + 2}` }));
  const others = nodes.slice(0, stated.length).map((node, index) => ({ node, seen: stated[index] ?? {} }));
  const known = (name: string, { peerId, author }: typeof old) => ({
    name,
    peerId,
    author,
    prefix: prefixOf(author),
    generation: 1,
  });
  const everything = { [`${toHolder}`]: 'good', [`${toClaimant}`]: 'good' } as const;
  return countSightings(claim, holder, {
    self: { name: 'n1', peerId: testKeys(1).peerId },
    directory: {
      byName: (name) =>
        [...others.map(({ node }) => known(node.name, node)), known('x', old), known('y', fresh)].find(
          (node) => node.name === name,
        ),
    },
    readLatest(author) {
      const seen = others.find(({ node }) => node.author === author)?.seen ?? everything;
      const edges = Object.entries(seen).map(([peer, state]): WireEdge => ({
        peer,
        network: 'underlay',
        forMs: 0,
        ...(state !== 'unknown' && { state }),
      }));
      const striking = edges.filter(({ state }) => state !== 'good');
      return {
        edges: {
          peers: Object.keys(seen),
          striking,
          all: () => edges,
          overlay: () => [],
          to: () => [],
        },
      };
    },
    step: {
      observersOf: () => observers,
      edges: () => (own === undefined ? [] : [{ peer: 'x', state: own, sinceMs: 0 } satisfies Edge]),
    },
  });
}

it('each observer sees the one that it reaches, and neither of the two speaks for itself', () => {
  const [sees, knows, other] = [`${toHolder}`, `${toClaimant}`, `${toOther}`];

  expect(count([{ [sees]: 'good' }, { [knows]: 'udp-blocked' }, { [other]: 'good' }], 'good')).toEqual({
    holder: 2,
    claimant: 1,
    neither: 0,
  });
  expect(count([{ [sees]: 'lost', [knows]: 'good' }, { [sees]: 'refused' }], 'lost')).toEqual({
    holder: 0,
    claimant: 1,
    neither: 2,
  });
});

it('whoever says that it sees both sees neither, and what is unknown is nothing', () => {
  const [sees, knows] = [`${toHolder}`, `${toClaimant}`];

  expect(count([{ [sees]: 'good', [knows]: 'good' }, { [sees]: 'unknown' }, {}], undefined)).toEqual({
    holder: 0,
    claimant: 0,
    neither: 1,
  });
});

it('only observers of the name count', () => {
  expect(count([{ [`${toClaimant}`]: 'good' }, { [`${toClaimant}`]: 'good' }], undefined, ['n1', 'n3'])).toEqual({
    holder: 0,
    claimant: 1,
    neither: 0,
  });
});
