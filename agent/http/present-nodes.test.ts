import { expect, it } from 'vitest';
import { Value } from 'typebox/value';
import { NOW, aResult, createScene, failing } from '../diagnosis/testing.ts';
import type { ClusterState } from '../model/cluster-state.ts';
import type { Member } from '../model/member.ts';
import type { ApiNodeSummary } from './contract.ts';
import { NodeSchema, NodesSchema } from './contract.ts';
import { findKnown, gistOfPeer, knownPeers, presentFew, presentNode, presentNodes } from './present-nodes.ts';

const NAMES = ['m1', 'm2', 'm3', 'w1', 'w2'];
const summaries = (state: ClusterState): Record<string, ApiNodeSummary> =>
  Object.fromEntries(presentNodes(state, NOW).nodes.map((node) => [node.node, node]));
const show = (state: ClusterState, name: string) => {
  const known = findKnown(state, name);
  if (known === undefined) throw new Error(`${name} is not known`);
  return presentNode(known, state, new Map(), NOW);
};
const withoutReportOf = (state: ClusterState, name: string): ClusterState => ({
  ...state,
  nodes: state.nodes.filter(({ report }) => report.node !== name),
});
const withFreshness = (state: ClusterState, freshness: 'current' | 'lagging' | 'stale'): ClusterState => ({
  ...state,
  nodes: state.nodes.map((node) => (node.freshness === undefined ? node : { ...node, freshness })),
});

it('calls a node that is lost unknown, and says what it said last', () => {
  const state = createScene(NAMES)
    .report('m2', failing('kubelet', 'KubeletDown', 'refused'))
    .powerOff('m1', 'm2')
    .kill('m3')
    .from('w1');
  const nodes = summaries(state);

  expect(nodes['m1']).toEqual({
    node: 'm1',
    status: 'unknown',
    role: 'control-plane',
    sentence: 'Unreachable since 14:02:11 UTC; 2m 52s ago it said: no problem.',
    version: '1.0.0',
    startedAt: '2026-01-01T13:05:00.000Z',
    ageSeconds: 172,
    freshness: 'stale',
    member: 'unreachable',
    memberSince: '2026-01-01T14:02:11.000Z',
    counts: { ok: 0, problem: 0, unknown: 4, absent: 0 },
  });
  expect(nodes['m2']).toMatchObject({ status: 'unknown', sentence: expect.stringMatching(/it said: KubeletDown\.$/) });
  expect(nodes['m3']?.sentence).toBe(
    'No agent runs since 14:02:11 UTC, its host answers; 2m 52s ago it said: no problem.',
  );
  expect(nodes['w1']).toMatchObject({ status: 'ok', member: 'alive', ageSeconds: 0 });
  expect(nodes['w2']).toMatchObject({ status: 'ok', member: 'alive', freshness: 'current' });
  expect([...Value.Errors(NodesSchema, presentNodes(state, NOW))]).toEqual([]);
});

it('never calls a member green that is down, also while its report still counts as current', () => {
  const base = withFreshness(createScene(NAMES).from('w1'), 'current');
  for (const state of ['unreachable', 'agent-down', 'agent-unresponsive'] as const satisfies Member['state'][]) {
    const members = base.mesh?.members.map((one) => (one.name === 'm1' ? { ...one, state } : one)) ?? [];
    const down = { ...base, mesh: { ...base.mesh!, members } };

    expect(summaries(down)['m1']).toMatchObject({ status: 'unknown', freshness: 'stale' });
    expect(show(down, 'm1').checks.map(({ status }) => status)).not.toContain('ok');
  }
});

it('lists a member that no report has come of, and says so', () => {
  const scene = createScene(NAMES).kill('m3');
  const state = withoutReportOf(withoutReportOf(scene.from('w1'), 'w2'), 'm3');

  expect(summaries(state)['w2']).toEqual({
    node: 'w2',
    status: 'unknown',
    sentence: 'Connected; no report of it has come yet, so nothing is known of its checks.',
    ageSeconds: null,
    member: 'alive',
    memberSince: '2026-01-01T13:05:00.000Z',
    counts: { ok: 0, problem: 0, unknown: 0, absent: 0 },
  });
  expect(summaries(state)['m3']?.sentence).toMatch(/^No agent runs since 14:02:11 UTC, its host answers; no report/);
  expect(show(state, 'w2').checks).toEqual([]);
  expect([...Value.Errors(NodeSchema, show(state, 'w2'))]).toEqual([]);
});

it('says of what was known before the start that it was', () => {
  const state = createScene(NAMES).powerOff('m1').member('m1', { judged: false, sinceMs: -90_000 }).from('w1');

  expect(summaries(state)['m1']?.sentence).toBe(
    'Unreachable since 13:03:30 UTC (known from before this agent started); 2m 52s ago it said: no problem.',
  );
});

it.each([
  ['restart', 'Its agent restarts since 14:02:11 UTC; '],
  ['shutdown', 'Its agent was told to stop since 14:02:11 UTC; '],
  ['removed', 'It is being removed since 14:02:11 UTC; '],
] as const)('says of a member that leaves why: %s', (reason, start) => {
  const state = createScene(NAMES).leave('w2', reason).from('w1');

  expect(summaries(state)['w2']?.sentence.startsWith(start)).toBe(true);
});

it('shows who left only to whoever asks for it', () => {
  const state = createScene(NAMES).powerOff('w2').member('w2', { state: 'left' }).from('w1');

  expect(Object.keys(summaries(state))).toEqual(['m1', 'm2', 'm3', 'w1']);
  expect(show(state, 'w2').sentence).toMatch(/^Left the cluster, 14:02:11 UTC; /);
  expect(findKnown(state, 'w9')).toBeUndefined();
});

it('believes problems in a late report, and not that nothing is wrong', () => {
  const scene = createScene(NAMES).report('w2', failing('kubelet', 'KubeletDown', 'refused'));
  const nodes = summaries(withFreshness(scene.from('w1'), 'lagging'));
  const late = 'a later report is known of and has not come yet.';

  expect(nodes['w2']).toMatchObject({ status: 'problem', sentence: `KubeletDown; ${late}` });
  expect(nodes['m1']).toMatchObject({ status: 'unknown', sentence: late });
});

it('says what a check was where that is not believed any more', () => {
  const late = aResult('disk-space', { ageMs: 100_000 });
  const scene = createScene(NAMES).report('w2', late).powerOff('m1');
  const state = scene
    .report(
      'm1',
      failing('kubelet', 'KubeletDown', 'refused'),
      aResult('dns', { status: 'unknown', why: 'no resolver' }),
    )
    .from('w1');
  const shown = (node: string) =>
    show(state, node).checks.map(({ check, lastStatus, why }) => [check, lastStatus, why]);

  expect(shown('m1')).toEqual([
    ['disk-space', 'ok', 'its node is not connected; the last result was ok'],
    ['etcd', 'ok', 'its node is not connected; the last result was ok'],
    ['apiserver', 'ok', 'its node is not connected; the last result was ok'],
    ['kubelet', 'problem', 'its node is not connected; the last result was problem'],
    ['dns', undefined, 'its node is not connected; the last result was unknown: no resolver'],
  ]);
  expect(shown('w2')).toContainEqual(['disk-space', 'ok', 'the last result is too old to be believed; it was ok']);
  expect(shown('w2')).toContainEqual(['kubelet', undefined, undefined]);
});

it('notices that the same report grows old, and that its node is lost', () => {
  const state = createScene(NAMES).from('w1');
  const later = (elapsedMs: number, freshness: 'current' | 'stale' = 'current') => ({
    ...state,
    nodes: state.nodes.map((node) => (node.report.node === 'w2' ? { ...node, elapsedMs, freshness } : node)),
  });
  const statusAt = (elapsedMs: number, freshness?: 'stale') => summaries(later(elapsedMs, freshness))['w2']?.status;

  expect([statusAt(3000), statusAt(89_000), statusAt(89_001), statusAt(3000), statusAt(3000, 'stale')]).toEqual([
    'ok',
    'ok',
    'unknown',
    'ok',
    'unknown',
  ]);
});

it('tells states of a peer apart by what a reader would see, not by ages', () => {
  const gists = (state: ClusterState) => knownPeers(state).map(gistOfPeer);
  const scene = createScene(NAMES);
  const first = scene.from('w1');
  const older = { ...first, nodes: first.nodes.map((node) => ({ ...node, elapsedMs: node.elapsedMs + 5000 })) };
  const troubled = scene.report('m1', failing('kubelet', 'KubeletDown', 'refused')).from('w1');

  expect(gists(older)).toEqual(gists(first));
  expect(gists(first)).toHaveLength(4);
  expect(gists(troubled).filter((gist, index) => gist !== gists(first)[index])).toHaveLength(1);
  expect(gists(scene.powerOff('m2').from('w1'))[1]).not.toBe(gists(troubled)[1]);
});

it('tells role and zone by the last report, and how grave the gravest problem is', () => {
  const state = createScene(NAMES)
    .describe('w2', { place: { uid: 'u', isControlPlane: false, zone: 'eu-1b' } })
    .describe('m1', { place: { uid: 'v', isControlPlane: true, zone: 'eu-1a' } })
    .report(
      'w2',
      failing('kubelet', 'KubeletDown', 'refused'),
      failing('dns', 'DnsSlow', 'slow', { severity: 'warning' }),
    )
    .report('m3', failing('dns', 'DnsSlow', 'slow', { severity: 'warning' }))
    .powerOff('m1')
    .from('w1');
  const nodes = summaries(withoutReportOf(state, 'm2'));
  const shown = NAMES.map((name) => [nodes[name]?.role, nodes[name]?.zone, nodes[name]?.severity]);

  expect(shown).toEqual([
    ['control-plane', 'eu-1a', undefined],
    [undefined, undefined, undefined],
    ['control-plane', undefined, 'warning'],
    ['worker', undefined, undefined],
    ['worker', 'eu-1b', 'critical'],
  ]);
  const labelled = { ...state, mesh: { ...state.mesh!, controlPlane: ['m2', 'w1'] } };
  expect(summaries(withoutReportOf(labelled, 'm2'))).toMatchObject({
    m2: { role: 'control-plane' },
    w1: { role: 'control-plane' },
  });
});

it('names only those against which nothing is known, by role and zone', () => {
  const state = createScene(['m1', 'm2', 'w1', 'w2', 'w3', 'w4', 'w5'])
    .describe('w1', { place: { uid: 'u', isControlPlane: false, zone: 'eu-1a' } })
    .report('w3', failing('kubelet', 'KubeletDown', 'refused'))
    .powerOff('w4')
    .member('w5', { state: 'suspect' })
    .from('m1');
  const few = presentFew(state, NOW);

  expect([...Value.Errors(NodesSchema, few)]).toEqual([]);
  expect(few.fine).toEqual([
    { role: 'control-plane', nodes: ['m1', 'm2'] },
    { role: 'worker', zone: 'eu-1a', nodes: ['w1'] },
    { role: 'worker', nodes: ['w2'] },
  ]);
  expect(few.nodes.map(({ node }) => node)).toEqual(['w3', 'w4', 'w5']);
  const late = presentFew(withFreshness(state, 'lagging'), NOW);
  expect(late.fine).toEqual([{ role: 'control-plane', nodes: ['m1'] }]);
});
