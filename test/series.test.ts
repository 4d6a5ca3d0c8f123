/** How many series an agent exports: a Prometheus pays for each of them, from every node. */
import { expect, it } from 'vitest';
import { createCatalogue } from '../agent/catalogue.ts';
import { diagnose } from '../agent/diagnosis/diagnose.ts';
import { MESH_FIGURES, type MeshFigures } from '../agent/http/mesh-metrics.ts';
import { createMetrics } from '../agent/http/metrics.ts';
import { MAX_NEIGHBOURS, createRings } from '../agent/mesh/membership/rings.ts';
import type { ClusterState } from '../agent/model/cluster-state.ts';
import type { Edge } from '../agent/model/member.ts';
import { statedEdges } from '../agent/model/stated-edges.ts';
import { createSimulatedCluster } from '../agent/simulated/cluster.ts';
import { CHECKS } from '../checks/registry.ts';
import { NOON, PUNCTUAL } from './lib/fixtures.ts';

const MINUTE = 60_000;
const CATALOGUE = createCatalogue(CHECKS);
const FIGURES = Object.fromEntries(MESH_FIGURES.map((name, index) => [name, index])) as MeshFigures;

/** The simulated cluster, in which the first node has the neighbours that the rings give it and knows all of each. */
function withNeighbours(state: ClusterState): ClusterState {
  const neighbours = createRings(state.mesh?.members.map(({ name }) => name) ?? []).neighbours(state.self);
  const edges = neighbours.map((peer): Edge => ({
    peer,
    state: 'good',
    sinceMs: 0,
    rttMs: 0.4,
    lossTo: 0,
    lossFrom: 0.1,
  }));
  const [own, ...others] = state.nodes;
  return own === undefined ? state : { ...state, nodes: [{ ...own, edges: statedEdges(edges) }, ...others] };
}

interface Count {
  readonly most: number;
  /** All that were there at any time, without those of a neighbour or a cause. */
  readonly lasting: ReadonlySet<string>;
}

/** What a control-plane node of a cluster with faults exports over ten minutes. */
function countSeries(members: number): Count {
  const options = { count: members, seed: 7, version: '0.1.0', originMs: NOON - 10 * MINUTE };
  const cluster = createSimulatedCluster(options, CHECKS);
  const node = cluster.names[0] ?? '';
  const metrics = createMetrics({ node, version: '0.1.0', checks: CHECKS }, PUNCTUAL);
  const lasting = new Set<string>();
  let most = 0;
  for (let minute = 0; minute < 10; minute += 1) {
    const now = NOON + minute * MINUTE + 30_000;
    const state = withNeighbours(cluster.state(now));
    const text = metrics.render({ state, diagnosis: diagnose(state, now, CATALOGUE), now, mesh: FIGURES });
    const series = text.match(/^meerkat_\S+(?= )/gm) ?? [];
    most = Math.max(most, series.length);
    for (const name of series) if (!/^meerkat_(cause|peer_)/.test(name)) lasting.add(name);
  }
  return { most, lasting };
}

const SMALL = countSeries(8);
const LARGE = countSeries(1000);
/** Six states, the round trip, and the loss each way. */
const OF_A_NEIGHBOUR = 9;
/** While there are that many. */
const OF_CAUSES = 52;

it('is less than a thousand', () => {
  process.stdout.write(`One agent exports ${SMALL.most} series with 8 members, ${LARGE.most} with 1,000.\n`);
  expect(SMALL.most).toBeGreaterThan(300);
  expect(LARGE.most).toBeLessThan(1000);
});

it('grows with the number of neighbours, which has an end, and not with that of members', () => {
  expect([...LARGE.lasting].toSorted()).toEqual([...SMALL.lasting].toSorted());
  expect(LARGE.most - SMALL.most).toBeLessThanOrEqual((MAX_NEIGHBOURS - 7) * OF_A_NEIGHBOUR + OF_CAUSES);
});
