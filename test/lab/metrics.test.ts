/** Prometheus' own linter on what the agent exports. Needs promtool (Debian: prometheus). */
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHECKS } from '../../checks/registry.ts';
import type { CheckResult } from '../../agent/model/report.ts';
import { MESH_FIGURES, type MeshFigures } from '../../agent/http/mesh-metrics.ts';
import { createMetrics } from '../../agent/http/metrics.ts';
import { METRICS, readingMetrics } from '../../agent/http/metric-table.ts';
import type { ClusterState } from '../../agent/model/cluster-state.ts';
import type { Member } from '../../agent/model/member.ts';
import type { NotificationsPort } from '../../agent/model/notifications.ts';
import { statedEdges } from '../../agent/model/stated-edges.ts';
import { PUNCTUAL, aDiagnosis, aFinding, aNodeState, aProblem, aResult, aState } from '../lib/fixtures.ts';
import { aRuleAlert, aRuleState, fakeRules } from '../lib/events.ts';
import { type FixtureServer, startFixtureServer } from '../lib/http-server.ts';

const hasPromtool = spawnSync('promtool', ['--version']).error === undefined;

/** Every check of the registry with a problem, every reading measured: the most that one node exports. */
const EVERYTHING: readonly CheckResult[] = CHECKS.map((check) =>
  aResult({
    check: check.id,
    status: 'problem',
    problems: Object.keys(check.reasons).map((reason) => aProblem({ reason })),
    readings: Object.keys(check.readings).flatMap((name) => [
      { name, value: 1.5 },
      { name, subject: '/with "quotes" and \\', value: 2 },
    ]),
  }),
);

const member = (name: string): Member => ({
  name,
  state: 'alive',
  sinceMs: 0,
  judged: true,
  inComponent: true,
  testimony: [],
});

/** With a neighbour of which everything is known. */
const MESHED: ClusterState = {
  ...aState(EVERYTHING, {
    nodes: [
      {
        ...aNodeState(EVERYTHING),
        edges: statedEdges([{ peer: 'node-b', state: 'good', sinceMs: 0, rttMs: 0.4, lossTo: 0.1, lossFrom: 0 }]),
      },
    ],
  }),
  mesh: {
    members: [member('node-a'), member('node-b')],
    originMs: 0,
    settled: true,
    controlPlane: [],
    removing: [],
    conflicts: [],
    outages: [],
    digest: '',
  },
};

/** With a receiver. */
const NOTIFYING: NotificationsPort = {
  state: () => ({
    receivers: [{ name: 'ops', kind: 'webhook', waiting: 1, counts: { sent: 3, failed: 2, refused: 1 } }],
    told: [],
    silenced: [],
    silences: [],
    duplicates: 0,
  }),
  silences: () => [],
  silence: () => ({ kind: 'not-settled' }),
  endSilence: () => ({ kind: 'not-settled' }),
};

const FIGURES = Object.fromEntries(MESH_FIGURES.map((name, index) => [name, index])) as MeshFigures;

describe.skipIf(!hasPromtool)(`metrics${hasPromtool ? '' : ' (skipped: promtool is missing)'}`, () => {
  let server: FixtureServer;
  beforeAll(async () => {
    const metrics = createMetrics({ node: 'node-a', version: '0.1.0', checks: CHECKS }, PUNCTUAL);
    const diagnosis = () =>
      aDiagnosis({
        findings: [aFinding()],
        view: { node: 'node-a', members: 2, current: 2, component: 2, settled: true },
      });
    server = await startFixtureServer(
      {},
      {
        checks: CHECKS,
        state: () => MESHED,
        diagnosis,
        metrics,
        meshCounts: () => FIGURES,
        notifications: NOTIFYING,
        rules: fakeRules([aRuleAlert()], [aRuleState()]),
      },
    );
  });
  afterAll(() => server.stop());

  it('follow every convention that Prometheus checks', async () => {
    const response = await fetch(`${server.url}/metrics`);
    const text = await response.text();
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });

    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(`${stdout}${stderr}`).toBe('');
    expect(status).toBe(0);
  });

  it('are all in the table, and the table has no other', async () => {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    const exported = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => `${name} ${type}`);
    const table = [...Object.values(METRICS), ...readingMetrics(CHECKS)].map(({ name, type }) => `${name} ${type}`);

    expect(exported.toSorted()).toEqual(table.toSorted());
  });
});
