import { expect, it } from 'vitest';
import { Value } from 'typebox/value';
import { NOW, aResult, createScene, failing } from '../diagnosis/testing.ts';
import { MatrixSchema } from './contract/links.ts';
import { statedEdges } from '../model/stated-edges.ts';
import { presentOverlay } from './present-overlay.ts';
import { renderMatrix } from './text-mesh.ts';

const NAMES = ['m1', 'w1', 'w2', 'w3'];
const path = (to: string, reason = 'OverlayPathBroken') =>
  failing('overlay', reason, `no answer from ${to}`, { subject: to, severity: 'warning' });
const pairs = (matrix: ReturnType<typeof presentOverlay>) =>
  matrix.links.map(({ from, to, state, shortOnly }) => [from, to, state, shortOnly]);

it('tells of others what they say is broken, and calls nothing good that nobody measured', () => {
  const state = createScene(NAMES)
    .report('w1', aResult('overlay'))
    .report('w2', path('w3'))
    .report('w3', path('w2', 'OverlayMtuBroken'))
    .from('m1');
  const matrix = presentOverlay(state);

  expect([...Value.Errors(MatrixSchema, matrix)]).toEqual([]);
  expect(pairs(matrix)).toEqual([
    ['w2', 'w3', 'lost', undefined],
    ['w3', 'w2', 'good', true],
  ]);
  expect(matrix.responders?.map(({ node, status }) => [node, status])).toEqual([
    ['w1', 'ok'],
    ['w2', 'problem'],
    ['w3', 'problem'],
  ]);
  expect(renderMatrix(matrix, NOW)).toContain('to w2  only short datagrams pass  since 14:02:11 UTC');
});

it('has the figures of paths that are told, and does not know of one that was never answered', () => {
  const told = [
    { peer: 'm1', lossRatio: 0.1, rttMs: 0.4 },
    { peer: 'w2', lossRatio: 1, rttMs: 1 },
    { peer: 'w3', lossRatio: 1 },
  ];
  const scene = createScene(NAMES).report('w1', path('w2')).from('m1');
  const nodes = scene.nodes.map((node) =>
    node.report.node === 'w1' ? { ...node, edges: statedEdges(node.edges?.all() ?? [], told) } : node,
  );
  const { links } = presentOverlay({ ...scene, nodes });

  expect(links.map(({ since: _since, ...rest }) => rest)).toEqual([
    { from: 'w1', to: 'm1', state: 'good', rttSeconds: 0.0004, lossRatio: 0.1 },
    { from: 'w1', to: 'w2', state: 'lost', lossRatio: 1 },
    { from: 'w1', to: 'w3', lossRatio: 1 },
  ]);
});

it('says that a node is cut off without inventing whom it pings', () => {
  const cutOff = failing('overlay', 'OverlayCutOff', 'No pod answers on any of 3 nodes.');
  const matrix = presentOverlay(createScene(NAMES).report('w2', cutOff).from('m1'));

  expect(matrix.responders).toEqual([
    { node: 'w2', status: 'problem', cutOff: true, since: '2026-01-01T14:02:11.000Z' },
  ]);
  expect(matrix.links).toEqual([]);
});

it('marks what a lost node said as history, and leaves out what is too old to be believed', () => {
  const old = { ...path('w3'), ageMs: 3_600_000 };
  const state = createScene(NAMES).report('w1', old).report('w2', path('w3')).powerOff('w2').from('m1');
  const matrix = presentOverlay(state);

  expect(matrix.links.map(({ from, stale }) => [from, stale])).toEqual([['w2', true]]);
  expect(matrix.responders).toMatchObject([
    { node: 'w1', status: 'unknown' },
    { node: 'w2', status: 'unknown', stale: true },
  ]);
  expect(presentOverlay(state, 'm1').links).toEqual([]);
});
