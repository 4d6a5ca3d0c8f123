import { expect, it } from 'vitest';
import type { ApiLink } from '../../agent/http/contract/links.ts';
import { countLinks, groupBad, indexLinks, isBad, linkOf, linksOf, linkWords } from './links.ts';

const link = (from: string, to: string, changes: Partial<ApiLink> = {}): ApiLink => ({
  from,
  to,
  state: 'good',
  since: '2026-11-20T02:00:00Z',
  ...changes,
});
const unknown = ({ state: _state, ...rest }: ApiLink): ApiLink => rest;

it('calls bad what a connected node sees so, also a link that loses probes one way', () => {
  expect(isBad(link('a', 'b'))).toBe(false);
  expect(isBad(link('a', 'b', { state: 'lost' }))).toBe(true);
  expect(isBad(link('a', 'b', { lossFrom: 0.3 }))).toBe(true);
  expect(isBad(link('a', 'b', { lossTo: 0.1 }))).toBe(false);
  expect(isBad(link('a', 'b', { state: 'lost', stale: true }))).toBe(false);
  expect(isBad(unknown(link('a', 'b')))).toBe(false);
  expect(linkWords(unknown(link('a', 'b')))).toEqual({ sign: 'unknown', word: 'not known' });
});

it('counts history apart', () => {
  const links = [link('a', 'b'), link('a', 'c', { state: 'lost' }), link('c', 'a', { stale: true })];
  expect(countLinks(links)).toEqual({ looked: 2, bad: 1, stale: 1 });
});

it('groups what is not good by who is seen so and how', () => {
  const links = [
    link('a', 'x', { lossTo: 0.5 }),
    link('b', 'z', { state: 'lost', since: '2026-11-20T02:00:05Z' }),
    link('a', 'z', { state: 'lost' }),
    link('c', 'z', { state: 'refused' }),
    link('a', 'b'),
  ];
  const groups = groupBad(links).map(({ to, links: members }) => [to, members.map(({ from }) => from)]);
  expect(groups).toEqual([
    ['z', ['a', 'b']],
    ['x', ['a']],
    ['z', ['c']],
  ]);
});

it('keeps the two directions of a link apart', () => {
  const index = indexLinks([link('a', 'b', { state: 'lost' }), link('b', 'a')]);
  expect(linkOf(index, 'a', 'b')?.state).toBe('lost');
  expect(linkOf(index, 'b', 'a')?.state).toBe('good');
  expect(linkOf(index, 'a', 'c')).toBeUndefined();
});

it('pairs the links of a node: what is not good first, history last', () => {
  const pairs = linksOf('a', [
    link('a', 'w10'),
    link('a', 'w9'),
    link('w9', 'a'),
    link('w11', 'a', { state: 'udp-blocked' }),
    link('w1', 'a', { stale: true }),
    link('w1', 'w2', { state: 'lost' }),
  ]);
  expect(pairs.map(({ peer }) => peer)).toEqual(['w11', 'w9', 'w10', 'w1']);
  expect(pairs[1]).toMatchObject({ out: { to: 'w9' }, back: { from: 'w9' } });
  expect(pairs[0]?.out).toBeUndefined();
});
