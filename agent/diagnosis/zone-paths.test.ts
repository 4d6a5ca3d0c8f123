/** Broken links between two zones are one finding, and only where the zones explain them. */
import { expect, it } from 'vitest';
import type { ClusterState, NodeState } from '../model/cluster-state.ts';
import type { Edge } from '../model/member.ts';
import { statedEdges } from '../model/stated-edges.ts';
import { diagnose } from './diagnose.ts';
import { CATALOGUE, NOW, SINCE, SINCE_MS, type Scene, createScene } from './testing.ts';

const A = ['a1', 'a2', 'a3'];
const B = ['b1', 'b2', 'b3'];
const C = ['c1', 'c2', 'c3', 'c4', 'c5', 'c6'];

const place = (scene: Scene, name: string, zone: string): Scene =>
  scene.describe(name, { place: { uid: `uid-of-${name}`, isControlPlane: false, zone } });

/** Three zones that are named as the nodes in them are. */
const zones = (names: readonly string[] = [...A, ...B, ...C]): Scene =>
  names.reduce((scene, name) => place(scene, name, name.slice(0, 1)), createScene(names));

const say = (scene: Scene, self = 'c1') => diagnose(scene.from(self), NOW, CATALOGUE);
const causes = (scene: Scene): string[] =>
  say(scene).findings.flatMap(({ reason, causedBy }) => (causedBy === undefined ? [reason] : []));

it.each(['a1', 'b3', 'c1'])('is one finding with the links under it, as seen from %s', (self) => {
  const { status, sentence, findings } = say(zones().cut(A, B), self);

  expect(status).toBe('degraded');
  expect(sentence).toBe(
    'Between zone a and zone b 9 of 9 pairs of nodes do not reach each other, within the zones all do (since 14:02:11 UTC).',
  );
  expect(findings[0]).toMatchObject({
    id: 'ZonePathBroken/a1/a and b',
    severity: 'warning',
    nodes: [...A, ...B],
    observers: [...A, ...B],
    since: SINCE,
  });
  expect(findings.slice(1).map(({ reason, causedBy }) => [reason, causedBy])).toEqual(
    A.map(() => ['LinkDown', 'ZonePathBroken/a1/a and b']),
  );
});

it('is one where some pairs are left', () => {
  const scene = zones().cut(['a1', 'a2'], B).cut(['a3'], ['b1', 'b2']);
  expect(say(scene).findings[0]?.sentence).toContain('8 of 9 pairs');
  expect(causes(scene)).toEqual(['ZonePathBroken']);
});

it('is one for links that are broken in one direction', () => {
  const { findings } = say(zones().cut(A, B, { oneWay: true }));
  expect(findings[0]?.sentence).toContain('9 of 9 pairs of nodes do not reach each other both ways');
  expect(findings.filter(({ causedBy }) => causedBy === undefined)).toHaveLength(1);
  expect(findings.map(({ reason }) => reason)).toContain('OneWayLink');
});

it('is one for a zone that does not reach two others', () => {
  const D = C.map((name) => name.replace('c', 'd'));
  const [b, c] = [B.slice(0, 2), C.slice(0, 2)];
  const scene = zones([...A.slice(0, 2), ...b, ...c, ...D]).cut(A.slice(0, 2), [...b, ...c]);
  expect(diagnose(scene.from('d1'), NOW, CATALOGUE).findings[0]).toMatchObject({
    id: 'ZonePathBroken/a1/a, b and c',
    sentence: 'Between zone a and zones b and c 8 of 8 pairs of nodes do not reach each other, within the zones all do',
  });
});

it('began when the most of the links went, and leaves one that was broken long before for itself', () => {
  const stated = (node: NodeState): readonly Edge[] => node.edges?.all() ?? [];
  const long = (node: NodeState, peer: string): NodeState => ({
    ...node,
    edges: statedEdges(
      stated(node).map((edge) => (edge.peer === peer ? { ...edge, sinceMs: SINCE_MS - 600_000 } : edge)),
    ),
  });
  const state: ClusterState = zones().cut(A, B).from('c1');
  const nodes = state.nodes.map((node) => {
    const { node: name } = node.report;
    return name === 'a1' ? long(node, 'b1') : name === 'b1' ? long(node, 'a1') : node;
  });
  const { findings } = diagnose({ ...state, nodes }, NOW, CATALOGUE);
  expect(findings.find(({ reason }) => reason === 'ZonePathBroken')?.since).toBe(SINCE);
  expect(findings.filter(({ causedBy }) => causedBy === undefined).map(({ id }) => id)).toEqual([
    'LinkDown/a1',
    'ZonePathBroken/a1/a and b',
  ]);
});

it.each<[string, Scene]>([
  ['zones are not known', createScene([...A, ...B, ...C]).cut(A, B)],
  [
    'the zone of one end is not known',
    zones()
      .describe('b1', { place: { uid: 'b', isControlPlane: false } })
      .cut(A, B),
  ],
  ['all are in one zone', [...A, ...B].reduce((scene, name) => place(scene, name, 'a'), zones()).cut(A, B)],
  ['one node has them all', zones().cut(['a1'], B)],
  ['one node has nearly all', zones().cut(['a1'], B).cut(['a2'], ['b1'])],
  ['a zone has one node only', zones(['a1', ...B, ...C]).cut(['a1'], B)],
  ['there are two', zones().cut(['a1'], ['b1']).cut(['a2'], ['b2'])],
  ['fewer than 80 % of the pairs are broken', zones().cut(['a1', 'a2'], B).cut(['a3'], ['b1'])],
  ['a link within a zone is down, too', zones().cut(A, B).cut(['a1'], ['a2'])],
])('is none where %s, and the links are told', (_, scene) => {
  const reasons = say(scene).findings.map(({ reason }) => reason);
  expect(reasons).toContain('LinkDown');
  expect(reasons).not.toContain('ZonePathBroken');
});

it.each<[string, Scene]>([
  ['this node has just started', zones().cut(A, B).mesh({ settled: false })],
  ['a zone is lost as a whole', zones().powerOff(...B)],
])('is none while %s', (_, scene) => {
  expect(say(scene).findings.map(({ reason }) => reason)).not.toContain('ZonePathBroken');
});
