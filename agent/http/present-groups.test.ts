import { expect, it } from 'vitest';
import { Value } from 'typebox/value';
import { NOW, createScene, failing } from '../diagnosis/testing.ts';
import type { ClusterState } from '../model/cluster-state.ts';
import type { Edge } from '../model/member.ts';
import { statedEdges } from '../model/stated-edges.ts';
import { GroupMatrixSchema } from './contract/links.ts';
import { presentGroups } from './present-groups.ts';
import { renderGroups } from './text-groups.ts';

const UNDERLAY = { network: 'underlay', from: undefined, to: undefined } as const;
const ZONES = ['eu-1a', 'eu-1b'];

/** Every other worker is in another zone. */
function aCluster(count: number) {
  const names = ['m1', ...Array.from({ length: count - 1 }, (_, index) => `w${index + 1}`)];
  const scene = createScene(names);
  names.forEach((name, index) =>
    scene.describe(name, { place: { uid: name, isControlPlane: index === 0, zone: ZONES[index % 2]! } }),
  );
  return scene;
}

const withEdges = (state: ClusterState, change: (from: string, edge: Edge) => Edge): ClusterState => ({
  ...state,
  nodes: state.nodes.map((node) => ({
    ...node,
    edges: statedEdges((node.edges?.all() ?? []).map((edge) => change(node.report.node, edge))),
  })),
});

it('adds up what groups see of each other, their own links included', () => {
  const state = aCluster(5).powerOff('w4').from('m1');
  const matrix = presentGroups(state, UNDERLAY);

  expect([...Value.Errors(GroupMatrixSchema, matrix)]).toEqual([]);
  expect(matrix.groups.map(({ id, nodes, connected }) => [id, nodes, connected])).toEqual([
    ['control-plane', 1, 1],
    ['worker/eu-1a', 2, 1],
    ['worker/eu-1b', 2, 2],
  ]);
  const path = (from: string, to: string) => matrix.paths.find((one) => one.from === from && one.to === to);
  expect(path('worker/eu-1b', 'worker/eu-1a')).toMatchObject({ links: 4, bad: 2 });
  expect(path('worker/eu-1b', 'worker/eu-1b')).toMatchObject({ links: 2, bad: 0 });
  // w4 is off, and says nothing any more.
  expect(path('worker/eu-1a', 'worker/eu-1b')).toMatchObject({ links: 2, bad: 0 });
  expect(matrix.worst).toMatchObject([{ to: 'w4', state: 'lost', observers: 4, from: ['m1', 'w1', 'w2', 'w3'] }]);
  expect(renderGroups(matrix, NOW)).toMatch(/^to w4 +lost +since 14:02:11 UTC \(2m 49s\) +from m1, w1, w2 and w3$/m);
});

it('says that a link is bad one way only, and which loses probes', () => {
  const cut = aCluster(5).cut(['w1'], ['w2'], { oneWay: true }).from('m1');
  const state = withEdges(cut, (from, edge) =>
    from === 'w3' && edge.peer === 'w4' ? { ...edge, lossTo: 0.3, lossFrom: 0 } : edge,
  );
  const { worst } = presentGroups(state, UNDERLAY);

  expect(worst.filter(({ state: seen }) => seen === 'good')).toMatchObject([
    { to: 'w4', observers: 1, lossRatio: 0.3 },
  ]);
  expect(worst.filter(({ oneWay }) => oneWay === true).length).toBeLessThanOrEqual(1);
});

it('tells the median and the longest round trip, and the slowest links', () => {
  const state = withEdges(aCluster(5).from('m1'), (from, edge) => ({
    ...edge,
    rttMs: from === 'w1' && edge.peer === 'w3' ? 80 : 1,
  }));
  const { paths, slowest } = presentGroups(state, UNDERLAY);

  expect(paths.find(({ from, to }) => from === 'worker/eu-1b' && to === 'worker/eu-1b')).toMatchObject({
    rttSeconds: 0.08,
    rttWorstSeconds: 0.08,
  });
  expect(slowest[0]).toMatchObject({ from: 'w1', to: 'w3', rttSeconds: 0.08 });
});

it('narrows to one path', () => {
  const state = aCluster(9).powerOff('w4', 'w5').from('m1');
  const { paths, worst } = presentGroups(state, { ...UNDERLAY, from: 'worker/eu-1a', to: 'worker/eu-1b' });

  expect(paths.map(({ from, to }) => [from, to])).toEqual([['worker/eu-1a', 'worker/eu-1b']]);
  expect(worst.map(({ to }) => to)).toEqual(['w5']);
});

it('stays short in a large cluster: all that is bad is counted, figures are of some', () => {
  const names = Array.from({ length: 600 }, (_, index) => `n${index}`);
  const state = createScene(names)
    .powerOff(...names.slice(100, 300))
    .from('n0');
  const matrix = presentGroups(state, UNDERLAY);

  expect(matrix.read).toBeLessThanOrEqual(250);
  expect(matrix.paths).toHaveLength(1);
  expect(matrix.paths[0]).toMatchObject({ links: 400 * 8 });
  expect(matrix.worst.length).toBe(Math.min(100, matrix.worst.length + matrix.worstLeftOut));
  expect(JSON.stringify(matrix).length).toBeLessThan(40_000);
});

it('knows of the overlay only what is broken', () => {
  const broken = failing('overlay', 'OverlayPathBroken', 'no answer', { subject: 'w2', severity: 'warning' });
  const state = aCluster(4).report('w1', broken).from('m1');
  const { paths, worst } = presentGroups(state, { ...UNDERLAY, network: 'overlay' });

  expect(paths).toEqual([{ from: 'worker/eu-1b', to: 'worker/eu-1a', bad: 1 }]);
  expect(worst).toMatchObject([{ to: 'w2', state: 'lost', from: ['w1'] }]);
});
