/** The fixtures are what the contract says: a page that passes against them would pass against an agent. */
import { Value } from 'typebox/value';
import { expect, it } from 'vitest';
import { CatalogueSchema, MembersSchema, NodeSchema, StatusSchema } from '../../agent/http/contract.ts';
import { MatrixSchema } from '../../agent/http/contract/links.ts';
import { SeriesSchema, TimelineSchema } from '../../agent/http/contract/history.ts';
import { manyNodes, threeDead } from './lib/clusters.ts';
import { catalogue } from './lib/parts.ts';
import { pastNight } from './lib/pasts.ts';
import { type ScenarioName, SCENARIOS } from './lib/scenarios.ts';
import { historyOf } from './lib/series.ts';

it.each(Object.keys(SCENARIOS) as ScenarioName[])('the scenario "%s"', (name) => {
  const { status, node, events } = SCENARIOS[name]();
  expect(Value.Errors(StatusSchema, status)).toEqual([]);
  expect(Value.Errors(NodeSchema, node)).toEqual([]);
  expect(Value.Errors(TimelineSchema, { events })).toEqual([]);
  expect(Value.Errors(CatalogueSchema, catalogue(node.checks))).toEqual([]);
  for (const check of node.checks) {
    expect(Value.Errors(SeriesSchema, historyOf(node.node, check, 0, 3_600_000))).toEqual([]);
  }
});

it.each([threeDead, () => manyNodes(120)])('the cluster %#', (cluster) => {
  const { status, node, peers = [], members, matrix, events } = cluster();
  expect(Value.Errors(StatusSchema, status)).toEqual([]);
  expect([node, ...peers].flatMap((one) => Value.Errors(NodeSchema, one))).toEqual([]);
  expect(Value.Errors(MembersSchema, members)).toEqual([]);
  expect(Value.Errors(MatrixSchema, matrix)).toEqual([]);
  expect(Value.Errors(TimelineSchema, { events })).toEqual([]);
});

it('the night of which the log tells', () => {
  const { scenario, fineAt, deadAt, goneAt } = pastNight(Date.now());
  const told = [fineAt, deadAt, goneAt].map((at) => scenario.past?.(at));
  expect(told.flatMap((status) => Value.Errors(StatusSchema, status))).toEqual([]);
  expect(told.map((status) => status?.status)).toEqual(['healthy', 'critical', 'unknown']);
});
