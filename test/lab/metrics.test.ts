/** Prometheus' own linter on what the agent exports. Needs promtool (Debian: prometheus). */
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHECKS } from '../../checks/registry.ts';
import type { CheckResult } from '../../agent/model/report.ts';
import { createMetrics } from '../../agent/http/metrics.ts';
import { METRICS, readingMetrics } from '../../agent/http/metric-table.ts';
import { aResult, aState, aProblem } from '../lib/fixtures.ts';
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

describe.skipIf(!hasPromtool)(`metrics${hasPromtool ? '' : ' (skipped: promtool is missing)'}`, () => {
  let server: FixtureServer;
  beforeAll(async () => {
    const metrics = createMetrics({ node: 'node-a', version: '0.1.0', checks: CHECKS });
    server = await startFixtureServer({}, { checks: CHECKS, state: () => aState(EVERYTHING), metrics });
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
