import { describe, expect, it } from 'vitest';
import {
  CHECKS,
  KUBELET_DOWN,
  MIXED_RESULTS,
  NOON,
  PUNCTUAL,
  aDiagnosis,
  aFinding,
  aProblem,
  aResult,
  aState,
  aStore,
} from '../../test/lib/fixtures.ts';
import { createScene } from '../diagnosis/testing.ts';
import type { ClusterState } from '../model/cluster-state.ts';
import type { Finding } from '../model/finding.ts';
import type { Edge } from '../model/member.ts';
import { statedEdges } from '../model/stated-edges.ts';
import { renderExposition } from './exposition.ts';
import { MESH_FIGURES, type MeshFigures } from './mesh-metrics.ts';
import { METRICS, readingMetrics } from './metric-table.ts';
import { createMetrics } from './metrics.ts';

const create = () => createMetrics({ node: 'node-a', version: '0.1.0', checks: CHECKS }, PUNCTUAL);
const render = (metrics = create(), state = aState(MIXED_RESULTS), now = NOON): string[] =>
  metrics.render({ state, diagnosis: KUBELET_DOWN, now }).split('\n');
const starting = (lines: readonly string[], prefix: string): string[] =>
  lines.filter((line) => line.startsWith(prefix));

it('prefixes every series and describes each family once', () => {
  const lines = render().filter((line) => line !== '');
  const helps = starting(lines, '# HELP ').map((line) => line.split(' ')[2]);

  expect(lines.filter((line) => !/^(# (HELP|TYPE) )?meerkat_/.test(line))).toEqual([]);
  expect(new Set(helps).size).toBe(helps.length);
});

it('has one state of a check at 1, and unknown for what is overdue', () => {
  const ones = starting(render(), 'meerkat_check_status').filter((line) => line.endsWith(' 1'));

  expect(ones).toEqual([
    'meerkat_check_status{check="disk-space",status="ok"} 1',
    'meerkat_check_status{check="kubelet",status="problem"} 1',
    'meerkat_check_status{check="memory-pressure",status="unknown"} 1',
    'meerkat_check_status{check="dns",status="unknown"} 1',
    'meerkat_check_status{check="etcd",status="absent"} 1',
  ]);
});

it('says 0 problems only of checks that looked, and counts subjects', () => {
  const problems = ['/', '/data'].map((subject) => aProblem({ reason: 'DiskFull', subject }));
  const state = aState([...MIXED_RESULTS.slice(1), aResult({ status: 'problem', problems })]);

  expect(starting(render(undefined, state), 'meerkat_problem')).toEqual([
    'meerkat_problem{check="kubelet",reason="KubeletDown",severity="critical"} 1',
    'meerkat_problem{check="disk-space",reason="DiskFull",severity="critical"} 2',
  ]);
  expect(starting(render(), 'meerkat_problem{check="disk-space"')).toEqual([
    'meerkat_problem{check="disk-space",reason="DiskFull",severity="critical"} 0',
  ]);
});

it('exports readings under their own names while they are recent', () => {
  const readings = [
    { name: 'used_ratio', subject: '/', value: 0.5 },
    { name: 'used_ratio', subject: '/', value: 0.6 },
    { name: 'used_ratio', subject: '/"\\\n', value: 0.7 },
    { name: 'free_bytes', value: Number.NaN },
    { name: 'undeclared', value: 1 },
  ];
  const fresh = render(undefined, aState([aResult({ readings })]));
  const overdue = render(undefined, aState([aResult({ readings, ageMs: 60_000 })]));

  expect(starting(fresh, 'meerkat_disk_space')).toEqual([
    'meerkat_disk_space_used_ratio{subject="/"} 0.5',
    'meerkat_disk_space_used_ratio{subject="/\\"\\\\\\n"} 0.7',
  ]);
  expect(starting(overdue, 'meerkat_disk_space')).toEqual([]);
});

it('bounds the subjects of a reading', () => {
  const readings = Array.from({ length: 40 }, (_, index) => ({ name: 'used_ratio', subject: `/${index}`, value: 1 }));

  expect(starting(render(undefined, aState([aResult({ readings })])), 'meerkat_disk_space')).toHaveLength(16);
});

it('forgets a subject that is gone', () => {
  const metrics = create();
  const withSubject = (subject: string) => aState([aResult({ readings: [{ name: 'used_ratio', subject, value: 1 }] })]);
  render(metrics, withSubject('/old'));

  expect(starting(render(metrics, withSubject('/new')), 'meerkat_disk_space')).toEqual([
    'meerkat_disk_space_used_ratio{subject="/new"} 1',
  ]);
});

it('counts runs from 0', () => {
  const metrics = create();
  metrics.onRun({ check: 'dns', outcome: 'ok', durationMs: 5, timedOut: false });
  metrics.onRun({ check: 'dns', outcome: 'unknown', durationMs: 2000, timedOut: true });
  metrics.onRun({ check: 'not-ours', outcome: 'ok', durationMs: 1, timedOut: false });
  const lines = render(metrics);

  expect(starting(lines, 'meerkat_check_runs_total{check="dns"')).toEqual([
    'meerkat_check_runs_total{check="dns",outcome="ok"} 1',
    'meerkat_check_runs_total{check="dns",outcome="problem"} 0',
    'meerkat_check_runs_total{check="dns",outcome="unknown"} 1',
    'meerkat_check_runs_total{check="dns",outcome="absent"} 0',
  ]);
  expect(starting(lines, 'meerkat_check_timeouts_total{check="dns"')).toEqual([
    'meerkat_check_timeouts_total{check="dns"} 1',
  ]);
  expect(lines.join('\n')).not.toContain('not-ours');
});

it('keeps the stamp of a run while its age is measured anew', () => {
  const metrics = create();
  const stamp = (ageMs: number, now: number): string | undefined =>
    starting(render(metrics, aState([aResult({ ageMs })]), now), 'meerkat_check_last_run')[0];

  const first = stamp(4000, NOON);
  expect(first).toBe('meerkat_check_last_run_timestamp_seconds{check="disk-space"} 1767268796');
  expect(stamp(5007, NOON + 1000)).toBe(first);
  expect(stamp(1000, NOON + 12_000)).toBe('meerkat_check_last_run_timestamp_seconds{check="disk-space"} 1767268811');
});

it('shows the store and the cluster', () => {
  const lines = render(undefined, aState([], { store: aStore({ state: 'read-only', droppedSamples: 7 }) }));

  expect(lines).toContain('meerkat_store_state{state="read-only"} 1');
  expect(lines).toContain('meerkat_store_state{state="ok"} 0');
  expect(lines).toContain('meerkat_store_dropped_samples_total 7');
  expect(lines).toContain('meerkat_cluster_status{status="degraded"} 1');
  expect(lines).toContain('meerkat_findings{severity="warning"} 1');
  expect(lines).toContain('meerkat_event_loop_delay_seconds{statistic="p99"} 0.002');
});

it('names the nodes that causes are about, the gravest first, and not those of plans', () => {
  const nodes = (...findings: readonly Finding[]): string[] =>
    starting(
      create()
        .render({ state: aState([]), diagnosis: aDiagnosis({ findings }), now: NOON })
        .split('\n'),
      'meerkat_cause_node',
    );
  const labels = 'reason="KubeletDown",severity="warning"';

  expect(nodes(aFinding({ node: 'w1' }), aFinding({ id: 'b', node: 'w2', causedBy: 'a' }))).toEqual([
    `meerkat_cause_node{${labels},node="w1"} 1`,
  ]);
  expect(nodes(aFinding({ node: 'w1', nodes: ['w1', 'w3'] }), aFinding({ id: 'b', node: 'w3' }))).toEqual([
    `meerkat_cause_node{${labels},node="w1"} 1`,
    `meerkat_cause_node{${labels},node="w3"} 1`,
  ]);
  expect(nodes(aFinding({ severity: 'info' }))).toEqual([]);
  const many = Array.from({ length: 100 }, (_, index) => `w${index}`);
  expect(nodes(aFinding({ nodes: many }))).toHaveLength(6);
  expect(nodes(...many.map((node) => aFinding({ node, reason: `Reason${node}` })))).toHaveLength(32);
});

it('counts causes by reason, and not what follows from them', () => {
  const causes = (...findings: readonly Finding[]): string[] =>
    starting(
      create()
        .render({ state: aState([]), diagnosis: aDiagnosis({ findings }), now: NOON })
        .split('\n'),
      'meerkat_causes',
    );

  expect(starting(render(), 'meerkat_causes')).toEqual(['meerkat_causes{reason="KubeletDown",severity="warning"} 1']);
  expect(causes(aFinding({ id: 'a' }), aFinding({ id: 'b' }), aFinding({ id: 'c', severity: 'critical' }))).toEqual([
    'meerkat_causes{reason="KubeletDown",severity="warning"} 2',
    'meerkat_causes{reason="KubeletDown",severity="critical"} 1',
  ]);
  expect(causes()).toEqual([]);
  expect(causes(...Array.from({ length: 100 }, (_, index) => aFinding({ reason: `Reason${index}` })))).toHaveLength(64);
});

it('gives every metric of the table a name of its own, in base units', () => {
  const names = [...Object.values(METRICS), ...readingMetrics(CHECKS)].map(({ name }) => name);

  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => !/^meerkat_[a-z0-9_]+$/.test(name) || /_(ms|count|percent)$/.test(name))).toEqual([]);
});

it('names a counter of a check as one, and drops the suffix that Prometheus keeps for histograms', () => {
  const specs = readingMetrics(CHECKS).filter(({ check }) => check === 'memory-pressure');

  expect(specs.map(({ name, type }) => [name, type])).toEqual([
    ['meerkat_memory_pressure_stalled_seconds_total', 'counter'],
    ['meerkat_memory_pressure_oom_kills', 'gauge'],
  ]);
});

it('writes numbers that are none as Prometheus does', () => {
  const family = { name: 'x', type: 'gauge', help: 'a\\b\nc' } as const;
  const samples = [Number.NaN, Number.POSITIVE_INFINITY, -1e-7].map((value) => ({ family, labels: {}, value }));

  expect(renderExposition(samples)).toBe('# HELP x a\\\\b\\nc\n# TYPE x gauge\nx NaN\nx +Inf\nx -1e-7\n');
});

describe('with a mesh', () => {
  const withEdges = (state: ClusterState, edges: readonly Edge[]): ClusterState => ({
    ...state,
    nodes: state.nodes.map((node) => (node.freshness === undefined ? { ...node, edges: statedEdges(edges) } : node)),
  });
  const scrape = (state: ClusterState, mesh?: Partial<MeshFigures>): string[] =>
    create().render({ state, diagnosis: KUBELET_DOWN, now: NOON, mesh }).split('\n');

  it('counts members by state, without those that left', () => {
    const scene = createScene(['a', 'b', 'c', 'd']).powerOff('b').kill('c').member('d', { state: 'left' });

    expect(starting(scrape(scene.from('a')), 'meerkat_member_states')).toEqual([
      'meerkat_member_states{state="alive"} 1',
      'meerkat_member_states{state="suspect"} 0',
      'meerkat_member_states{state="unreachable"} 1',
      'meerkat_member_states{state="agent-down"} 1',
      'meerkat_member_states{state="agent-unresponsive"} 0',
      'meerkat_member_states{state="leaving"} 0',
    ]);
  });

  it('exports own links to neighbours that are members, the round trip only while they answer', () => {
    const state = createScene(['a', 'b', 'c', 'd', 'e']).member('d', { state: 'left' }).from('a');
    const edges: readonly Edge[] = [
      { peer: 'b', state: 'good', sinceMs: 0, rttMs: 0.25, lossTo: 0.1, lossFrom: 0 },
      { peer: 'c', sinceMs: 0, rttMs: 0.3 },
      { peer: 'd', state: 'good', sinceMs: 0, rttMs: 1 },
      { peer: 'e', state: 'good', sinceMs: 0, rttMs: 1, sampled: true },
      { peer: 'gone', state: 'lost', sinceMs: 0 },
    ];
    const lines = starting(scrape(withEdges(state, edges)), 'meerkat_peer').filter((line) => !line.endsWith(' 0'));

    expect(lines).toEqual([
      'meerkat_peer_state{peer="b",state="good"} 1',
      'meerkat_peer_state{peer="c",state="unknown"} 1',
      'meerkat_peer_rtt_seconds{peer="b"} 0.00025',
      'meerkat_peer_loss_ratio{peer="b",direction="to"} 0.1',
    ]);
  });

  it('has a bounded number of peers', () => {
    const names = Array.from({ length: 100 }, (_, index) => `n${index}`);
    const edges = names.slice(1).map((peer): Edge => ({ peer, state: 'good', sinceMs: 0 }));
    const lines = scrape(withEdges(createScene(names).from('n0'), edges));

    expect(starting(lines, 'meerkat_peer_state{').filter((line) => line.includes('"good"'))).toHaveLength(32);
  });

  it('exports what the mesh counts, and nothing that it does not', () => {
    const lines = scrape(createScene(['a']).from('a'), { refusedStrangers: 3, stormBrake: 1, droppedForged: 2 });

    expect(starting(lines, 'meerkat_mesh')).toEqual([
      'meerkat_mesh_connections_refused_total{reason="stranger"} 3',
      'meerkat_mesh_storm_brake 1',
      'meerkat_mesh_datagrams_dropped_total{reason="forged"} 2',
    ]);
    expect(starting(render(), 'meerkat_mesh')).toEqual([]);
    expect(starting(render(), 'meerkat_member')).toEqual([]);
  });

  it('gives every figure a series of its own', () => {
    const figures = Object.fromEntries(MESH_FIGURES.map((name) => [name, 1]));
    const series = starting(scrape(createScene(['a']).from('a'), figures), 'meerkat_mesh');

    expect(new Set(series).size).toBe(MESH_FIGURES.length);
  });
});
