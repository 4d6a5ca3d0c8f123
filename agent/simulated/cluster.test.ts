import { expect, it } from 'vitest';
import { CHECKS } from '../../checks/registry.ts';
import { diagnose } from '../diagnosis/diagnose.ts';
import { type SimulatedCluster, createSimulatedCluster } from './cluster.ts';
import { createSimulatedHistory } from './history.ts';

const NOON = Date.UTC(2026, 0, 1, 12);
const MINUTE = 60_000;
const CATALOGUE = { title: (check: string) => check, reason: () => undefined, isProgram: () => false };

const aCluster = (count: number, seed = 1): SimulatedCluster =>
  createSimulatedCluster({ count, seed, version: '1.0.0-simulated', originMs: NOON - MINUTE }, CHECKS);

it('is the same for the same seed and time, and another one for another seed', () => {
  const [one, same, other] = [aCluster(50), aCluster(50), aCluster(50, 2)].map((cluster) =>
    JSON.stringify(cluster.state(NOON)),
  );

  expect(one).toBe(same);
  expect(one).not.toBe(other);
});

it.each([1, 2, 3, 16, 17, 500])('gives %i nodes that the diagnosis can read, whatever breaks', (count) => {
  const cluster = aCluster(count);
  const statuses = new Set<string>();
  for (let minute = 0; minute < 60; minute += 1) {
    const now = NOON + minute * MINUTE + 30_000;
    const state = cluster.state(now);
    const { status, findings, view } = diagnose(state, now, CATALOGUE);
    statuses.add(status);
    expect(state.nodes).toHaveLength(count);
    expect(view).toMatchObject({ members: count, settled: true });
    expect(new Set(findings.map(({ id }) => id)).size).toBe(findings.length);
  }

  expect([...statuses]).toContain('healthy');
  expect(statuses.size).toBeGreaterThan(1);
});

it('heals completely at the end of every ten minutes', () => {
  const cluster = aCluster(500);

  for (let cycle = 1; cycle <= 20; cycle += 1) {
    const end = NOON + cycle * 10 * MINUTE - 1;
    expect(diagnose(cluster.state(end), end, CATALOGUE)).toMatchObject({ status: 'healthy', findings: [] });
  }
});

it('breaks one node at most once at a time', () => {
  for (const count of [1, 5, 8, 99, 500]) {
    const { plan } = aCluster(count);
    for (let second = 0; second < 3600; second += 7) {
      const places = plan.at(NOON + second * 1000).map(({ place }) => place);
      expect(new Set(places).size).toBe(places.length);
      expect(Math.max(0, ...places)).toBeLessThan(count);
    }
  }
});

it('names every node as what it is', () => {
  const { names } = aCluster(500);

  expect(names).toHaveLength(new Set(names).size);
  expect(names.every((name) => /^sim-[mw]\d+$/.test(name))).toBe(true);
  expect([names[0], names[3], names.at(-1)]).toEqual(['sim-m1', 'sim-w001', 'sim-w497']);
});

it('remembers in its timeline what is broken now', async () => {
  const cluster = aCluster(500);
  const now = NOON + 5 * MINUTE;
  const history = createSimulatedHistory(cluster, () => now);
  const answer = await history.timeline({ from: now - 10 * MINUTE, to: now + MINUTE, limit: 1000 });
  const events = answer.kind === 'answer' ? answer.value : [];

  const broken = cluster.plan.at(now);
  expect(broken.length).toBeGreaterThan(0);
  for (const { from } of broken) expect(events.map(({ at }) => at)).toContain(from);
  expect(events.every(({ at }) => at <= now)).toBe(true);
  expect(events.map(({ sequence }) => sequence)).toEqual(
    events.map(({ sequence }) => sequence).toSorted((a, b) => b - a),
  );
  expect(new Set(events.map(({ sequence }) => sequence)).size).toBe(events.length);
});

it('answers series with the points that were asked for, and none of the future', async () => {
  const history = createSimulatedHistory(aCluster(5), () => NOON);
  const query = { node: 'sim-w1', check: 'disk-space', from: NOON - 86_400_000, to: NOON + 86_400_000, maxPoints: 100 };
  const answer = await history.series(query);
  const series = answer.kind === 'answer' ? answer.value : [];

  expect(series.length).toBeGreaterThan(0);
  for (const { times, averages, minima, maxima, resolution } of series) {
    expect(resolution).toBe('15m');
    expect([averages.length, minima.length, maxima.length]).toEqual([times.length, times.length, times.length]);
    expect(times.length).toBeGreaterThan(10);
    expect(times.length).toBeLessThanOrEqual(101);
    expect(times.every((time) => time < NOON)).toBe(true);
  }
  expect(await history.series({ ...query, node: 'another' })).toEqual({ kind: 'answer', value: [] });
});
