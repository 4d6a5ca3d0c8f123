import { expect, it } from 'vitest';
import { Value } from 'typebox/value';
import type { NodeState } from '../model/cluster-state.ts';
import {
  CHECKS,
  EVENTS,
  KUBELET_DOWN,
  MIXED_RESULTS,
  NOON,
  POINTS,
  aNodeState,
  aProblem,
  aResult,
  aState,
} from '../../test/lib/fixtures.ts';
import { CatalogueSchema, NodeSchema, NodesSchema, StatusSchema } from './contract.ts';
import { SeriesSchema, TimelineSchema } from './contract/history.ts';
import { type KnownNode, presentNode, presentNodes } from './present-nodes.ts';
import { catalogueOf, presentCatalogue, presentSeries, presentStatus, presentTimeline } from './present.ts';
import { unitOf } from './units.ts';

const known = (node: NodeState): KnownNode => ({ name: node.report.node, node });
const CATALOGUE = catalogueOf(CHECKS);
const MIXED = aState(MIXED_RESULTS);
const present = (results = MIXED_RESULTS) => {
  const state = aState(results);
  return presentNode(known(aNodeState(results)), state, CATALOGUE, NOON);
};

it.each([
  ['Status', StatusSchema, presentStatus(KUBELET_DOWN, NOON)],
  ['Nodes', NodesSchema, presentNodes(MIXED, NOON)],
  ['Node', NodeSchema, present()],
  ['Catalogue', CatalogueSchema, presentCatalogue(CHECKS)],
  ['Series', SeriesSchema, presentSeries([POINTS])],
  ['Timeline', TimelineSchema, presentTimeline(EVENTS)],
])('%s is what its schema says', (_, schema, value) => {
  expect([...Value.Errors(schema, JSON.parse(JSON.stringify(value)))]).toEqual([]);
});

it('gives every status of a check its own word, with its age and its reason', () => {
  const checks = present().checks.map(({ check, status, overdue, ageSeconds, why }) => [
    check,
    status,
    overdue,
    ageSeconds,
    why,
  ]);

  expect(checks).toEqual([
    ['disk-space', 'ok', false, 4, undefined],
    ['kubelet', 'problem', false, 2, undefined],
    ['memory-pressure', 'unknown', false, 4, 'the kernel offers no /proc/pressure'],
    ['dns', 'unknown', true, 95, 'the last result is too old to be believed; it was ok'],
    ['etcd', 'absent', false, 4, 'no manifest, no unit and no data directory'],
  ]);
});

it('says of a check that never ran that it never ran', () => {
  const { ageMs: _, durationMs: __, ...result } = aResult({ status: 'unknown', since: 0 });

  expect(present([result]).checks[0]).toMatchObject({
    status: 'unknown',
    ageSeconds: null,
    durationSeconds: null,
    why: 'it has not run yet',
    since: '2026-01-01T11:00:00.000Z',
  });
});

it('brings the catalogue to a problem, and does without it', () => {
  const unlisted = aResult({ check: 'own', status: 'problem', problems: [aProblem({ reason: 'Own' })] });

  expect(present().checks[1]?.problems[0]).toMatchObject({
    since: '2026-01-01T11:48:00.000Z',
    summary: 'The kubelet does not answer.',
    remedy: 'systemctl status kubelet; journalctl -u kubelet -n 100',
  });
  expect(present([unlisted]).checks[0]).toMatchObject({ title: 'own', problems: [{ summary: 'Own', remedy: '' }] });
});

it.each([
  ['problem', MIXED_RESULTS, 'KubeletDown; dns cannot look now: overdue.'],
  ['ok', [aResult()], 'Every check that can look found nothing wrong.'],
  [
    'ok',
    [aResult(), aResult({ check: 'conntrack', status: 'unknown', why: 'no nf_conntrack' })],
    'Every check that can look found nothing wrong; conntrack cannot look here.',
  ],
  ['unknown', [aResult(), aResult({ check: 'dns', ageMs: 95_000 })], 'dns cannot look now: overdue.'],
  ['unknown', [], 'no check could look.'],
] as const)('a node is %s: %#', (status, results, sentence) => {
  expect(presentNodes(aState(results), NOON).nodes[0]).toMatchObject({ status, sentence });
});

it('names a few problems and counts the others', () => {
  const problems = ['/', '/data', '/var', '/srv', '/tmp'].map((subject) => aProblem({ reason: 'DiskFull', subject }));
  const [node] = presentNodes(aState([aResult({ status: 'problem', problems })]), NOON).nodes;

  expect(node?.sentence).toBe('DiskFull (/), DiskFull (/data), DiskFull (/var) and 2 more.');
});

it('calls its own node unknown while it starts', () => {
  const [node] = presentNodes(aState([aResult()], { settled: false }), NOON).nodes;

  expect(node).toMatchObject({ status: 'unknown', sentence: 'the agent is starting.' });
});

it('shows what a node said last that is not connected, as history', () => {
  const gone = { ...aNodeState(MIXED_RESULTS, 300_000), freshness: 'stale' as const };
  const node = presentNode(known(gone), aState([aResult()], { self: 'node-b' }), CATALOGUE, NOON);

  expect(node).toMatchObject({
    status: 'unknown',
    sentence: 'Not connected; 5m ago it said: KubeletDown.',
    ageSeconds: 300,
    counts: { ok: 0, problem: 0, unknown: 5, absent: 0 },
  });
  expect(node.checks[1]).toMatchObject({
    status: 'unknown',
    why: 'its node is not connected; the last result was problem',
    lastStatus: 'problem',
    problems: [{ reason: 'KubeletDown' }],
  });
});

it('names all nodes that a finding is about, where they are several', () => {
  const [finding] = KUBELET_DOWN.findings;
  const findings = finding === undefined ? [] : [finding, { ...finding, nodes: ['node-a', 'node-b'] }];
  const status = presentStatus({ ...KUBELET_DOWN, findings }, NOON);

  expect(status.findings.map(({ nodes }) => nodes)).toEqual([undefined, ['node-a', 'node-b']]);
  expect([...Value.Errors(StatusSchema, status)]).toEqual([]);
});

it('counts how long a finding has lasted, and never backwards', () => {
  expect(presentStatus(KUBELET_DOWN, NOON).findings[0]?.forSeconds).toBe(720);
  expect(presentStatus(KUBELET_DOWN, NOON - 3_600_000).findings[0]?.forSeconds).toBe(0);
});

it('survives a stamp that no calendar has', () => {
  expect(presentStatus({ ...KUBELET_DOWN, at: Number.NaN }, NOON).at).toBe('1970-01-01T00:00:00.000Z');
});

it.each([
  ['fsync_p99_seconds', 'seconds'],
  ['free_bytes', 'bytes'],
  ['used_ratio', 'ratio'],
  ['stalled_seconds_total', 'seconds'],
  ['oom_kills_total', 'count'],
  ['entries_count', 'count'],
  ['plain', 'count'],
])('%s is measured in %s', (reading, unit) => {
  expect(unitOf(reading)).toBe(unit);
});
