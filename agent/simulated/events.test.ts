import { expect, it } from 'vitest';
import { CHECKS } from '../../checks/registry.ts';
import type { EventQuery } from '../model/cluster-event.ts';
import { createSimulatedCluster } from './cluster.ts';
import { createSimulatedEvents, createSimulatedRules } from './events.ts';

const NOON = Date.UTC(2026, 0, 1, 12);
const HOUR = 3_600_000;
const cluster = createSimulatedCluster({ count: 50, seed: 1, version: '1.0.0-simulated', originMs: NOON }, CHECKS);
const port = createSimulatedEvents(cluster, () => NOON);
const ask = (query: Partial<EventQuery> = {}) => port.events({ from: NOON - HOUR, to: NOON, limit: 1000, ...query });

it('tells the same of the same time, latest first, and nothing of the future', async () => {
  const { events } = await ask({ to: NOON + HOUR });
  expect(events).toEqual((await ask()).events);
  expect(events.length).toBeGreaterThanOrEqual(118);
  expect(events.map(({ at }) => at)).toEqual(events.map(({ at }) => at).toSorted((a, b) => b - a));
  expect(events.every(({ message, at }) => message.startsWith('simulated: ') && at <= NOON)).toBe(true);
  expect(new Set(events.map(({ uid }) => uid)).size).toBe(events.length);
});

it('gives what is asked for, and says where it is cut', async () => {
  const some = await ask({ type: 'Warning', kind: 'Pod' });
  expect(some.isCut).toBe(false);
  expect(new Set(some.events.map(({ type, kind }) => `${type} ${kind}`))).toEqual(new Set(['Warning Pod']));
  const few = await ask({ limit: 3 });
  expect([few.isCut, few.events.length]).toEqual([true, 3]);
  const { events } = await port.sightings({ from: NOON - HOUR, to: NOON, limit: 5 });
  expect(events.every(({ added }) => added >= 1)).toBe(true);
});

it('has alerts that fire and end, as the rules say', () => {
  const seen = new Set<string>();
  for (let minute = 0; minute < 30; minute += 1) {
    const rules = createSimulatedRules(cluster, () => NOON + minute * 60_000);
    const alerts = rules.alerts();
    const firing = alerts.filter(({ endedAt }) => endedAt === undefined).length;
    expect(rules.rules().reduce((sum, { firing: some }) => sum + some, 0)).toBe(firing);
    expect(new Set(alerts.map(({ fingerprint }) => fingerprint)).size).toBe(alerts.length);
    expect(alerts.every(({ sentence }) => sentence.startsWith('simulated: '))).toBe(true);
    for (const { state } of rules.rules()) seen.add(state);
  }
  expect([...seen].sort()).toEqual(['firing', 'ok', 'unknown']);
});
