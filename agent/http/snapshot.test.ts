import { expect, it } from 'vitest';
import type { ClusterState } from '../model/cluster-state.ts';
import { CHECKS, KUBELET_DOWN, MIXED_RESULTS, aNodeState, aProblem, aResult, aState } from '../../test/lib/fixtures.ts';
import { snapshot } from './snapshot.ts';

it('leaves behind what was known, and when', () => {
  const { text, json } = snapshot(aState(MIXED_RESULTS), KUBELET_DOWN, CHECKS);

  expect(text).toMatch(/^DEGRADED {2}The kubelet on node-a refuses connections/);
  expect(text).toMatch(/\nWritten 2026-01-01T11:59:59.000Z by Meerkat; the agent may have stopped since.\n$/);
  expect(JSON.parse(json)).toMatchObject({
    status: { status: 'degraded', at: '2026-01-01T11:59:59.000Z' },
    nodes: [{ node: 'node-a', checks: [{}, {}, {}, {}, {}] }],
  });
});

it('leaves behind the checks of this node and of a hundred at most, those that are not fine first', () => {
  const nodeOf = (
    name: string,
    results: ClusterState['nodes'][number]['report']['results'],
  ): ClusterState['nodes'][number] => {
    const node = aNodeState(results);
    return { ...node, report: { ...node.report, node: name } };
  };
  const quiet = Array.from({ length: 200 }, (_, index) => nodeOf(`quiet-${index}`, [aResult()]));
  const broken = nodeOf('z-broken', [aResult({ status: 'problem', problems: [aProblem()] })]);
  const state = aState([aResult()]);

  const { json, text } = snapshot({ ...state, nodes: [...quiet, broken, ...state.nodes] }, KUBELET_DOWN, CHECKS);

  const { nodes } = JSON.parse(json) as { nodes: { node: string; checks?: unknown[] }[] };
  const detailed = nodes.filter(({ checks }) => checks !== undefined).map(({ node }) => node);
  expect(nodes).toHaveLength(202);
  expect(detailed).toHaveLength(100);
  expect(detailed).toEqual(expect.arrayContaining(['node-a', 'z-broken', 'quiet-0']));
  expect(text).toContain('202 nodes');
});
