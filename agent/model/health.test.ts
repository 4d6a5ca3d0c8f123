import { expect, it } from 'vitest';
import {
  KUBELET_DOWN,
  MIXED_RESULTS,
  NOON,
  aDiagnosis,
  aFinding,
  aProblem,
  aResult,
  aState,
} from '../../test/lib/fixtures.ts';
import { type HealthScope, healthOf } from './health.ts';

const BLIND = aResult({ check: 'conntrack', status: 'unknown', why: 'the kernel offers no nf_conntrack' });
const LOST = aResult({
  check: 'dns',
  status: 'unknown',
  since: NOON - 5000,
  why: 'no result within 2s',
  looked: true,
});
const node = (state = aState([aResult()]), diagnosis = aDiagnosis(), failOn: 'warning' | 'critical' = 'critical') =>
  healthOf('node', state, diagnosis, failOn, NOON);
const check = (id: string, results = MIXED_RESULTS, failOn: 'warning' | 'critical' = 'critical') =>
  healthOf({ check: id }, aState(results), aDiagnosis(), failOn, NOON);

it('is ok when every check looked and found nothing', () => {
  expect(node()).toMatchObject({ verdict: 'ok', line: 'OK 1 check looked' });
});

it('names the gravest finding about this node, with the time it began', () => {
  const { verdict, line, details } = node(aState(MIXED_RESULTS), KUBELET_DOWN, 'warning');

  expect(verdict).toBe('problem');
  expect(line).toBe('PROBLEM KubeletDown since 11:48:00 UTC (+1): The kubelet on node-a refuses co...');
  expect(details).toEqual(['The kubelet on node-a refuses connections.', 'The Node object of node-a is not ready.']);
});

it('does not count findings about other nodes or below the bar', () => {
  const elsewhere = aDiagnosis({ findings: [aFinding({ node: 'node-b' })] });
  const mild = aDiagnosis({ findings: [aFinding({ nodeSeverity: 'warning' })] });

  expect(node(undefined, elsewhere).verdict).toBe('ok');
  expect(node(undefined, mild)).toMatchObject({ verdict: 'ok', line: 'OK 1 check looked; warning: KubeletDown' });
  expect(node(undefined, mild, 'warning').verdict).toBe('problem');
});

it('counts a finding of several nodes for each that says so itself, and for none of those that others lost', () => {
  const several = { node: 'm1', nodes: ['m1', 'node-a'] };
  const ill = aDiagnosis({ findings: [aFinding({ ...several, observers: ['m1', 'node-a'] })] });
  const lost = aDiagnosis({ findings: [aFinding({ ...several, observers: ['m2'] })] });

  expect(node(undefined, ill).verdict).toBe('problem');
  expect(node(undefined, lost).verdict).toBe('ok');
});

it('is unknown while the agent starts, but not when something was seen already', () => {
  const starting = aState([aResult()], { settled: false });

  expect(node(starting)).toMatchObject({ verdict: 'unknown', line: 'UNKNOWN starting: not every check has run yet' });
  expect(node(starting, KUBELET_DOWN).verdict).toBe('problem');
});

it('names a check that never could look and stays ok', () => {
  expect(node(aState([aResult(), BLIND])).line).toBe('OK 1 check looked; conntrack cannot look');
});

it('is unknown when a check lost its sight, and says which and why', () => {
  const { verdict, line, details } = node(aState([aResult(), BLIND, LOST]));

  expect(verdict).toBe('unknown');
  expect(line).toBe('UNKNOWN dns cannot look now: no result within 2s');
  expect(details).toEqual(['conntrack: the kernel offers no nf_conntrack', 'dns: no result within 2s']);
});

it('is unknown when nothing at all was looked at', () => {
  const absent = aResult({ check: 'etcd', status: 'absent' });

  expect(node(aState([BLIND, absent]))).toMatchObject({ verdict: 'unknown', line: 'UNKNOWN no check could look' });
  expect(node(aState([]))).toMatchObject({ verdict: 'unknown' });
  expect(healthOf('node', aState([], { nodes: [] }), aDiagnosis(), 'critical', NOON).verdict).toBe('unknown');
});

it('is unknown when the report stopped growing older results', () => {
  const frozen = aState([], { nodes: [{ report: { ...aState([aResult()]).nodes[0]!.report }, elapsedMs: 60_000 }] });

  expect(node(frozen)).toMatchObject({ verdict: 'unknown', line: 'UNKNOWN disk-space cannot look now: overdue' });
});

it.each([
  ['healthy', 'critical', 'ok', 'OK healthy, 1 of 1 members current'],
  ['degraded', 'critical', 'ok', 'OK degraded: A sentence.'],
  ['degraded', 'warning', 'problem', 'PROBLEM degraded: A sentence.'],
  ['critical', 'critical', 'problem', 'PROBLEM critical: A sentence.'],
  ['unknown', 'critical', 'unknown', 'UNKNOWN A sentence.'],
] as const)('cluster %s, fail on %s: %s', (status, failOn, verdict, line) => {
  const diagnosis = aDiagnosis({ status, sentence: 'A sentence.' });

  expect(healthOf('cluster', aState([aResult()]), diagnosis, failOn, NOON)).toMatchObject({ verdict, line });
});

it('calls a healthy cluster unknown before the view has settled', () => {
  const diagnosis = aDiagnosis({ view: { node: 'node-a', members: 1, current: 1, settled: false } });

  expect(healthOf('cluster', aState([aResult()]), diagnosis, 'critical', NOON).verdict).toBe('unknown');
});

it.each([
  ['disk-space', 'ok', 'OK disk-space looked and found nothing wrong'],
  ['kubelet', 'problem', 'PROBLEM KubeletDown since 11:48:00 UTC: http://127.0.0.1:10248/healthz refuse...'],
  ['memory-pressure', 'unknown', 'UNKNOWN memory-pressure could not look: the kernel offers no /proc/pressure'],
  ['dns', 'unknown', 'UNKNOWN dns is overdue, its last result was ok'],
  ['etcd', 'unknown', 'UNKNOWN etcd is absent here: no manifest, no unit and no data directory'],
  ['pods', 'unknown', 'UNKNOWN pods does not run on this node'],
])('check %s is %s', (id, verdict, line) => {
  expect(check(id)).toMatchObject({ verdict, line });
});

it('answers for a check by the severity of its own problems', () => {
  const results = [aResult({ status: 'problem', problems: [aProblem({ severity: 'warning', message: 'slow' })] })];

  expect(check('disk-space', results)).toMatchObject({
    verdict: 'ok',
    line: 'OK disk-space, below critical: KubeletDown: slow',
  });
  expect(check('disk-space', results, 'warning').verdict).toBe('problem');
});

it('says why a check was left out', () => {
  const state = aState([aResult()], { leftOut: [{ check: 'disk-space', why: 'it blocked the agent', at: NOON }] });

  expect(healthOf({ check: 'disk-space' }, state, aDiagnosis(), 'critical', NOON).line).toBe(
    'UNKNOWN disk-space is left out: it blocked the agent',
  );
  expect(node(state).verdict).toBe('unknown');
});

it('never exceeds 80 bytes of ASCII, whatever the texts', () => {
  const long = '“ungewöhnlich lange” Sätze – '.repeat(20);
  const scopes: HealthScope[] = ['node', 'cluster', { check: 'disk-space' }];
  const state = aState([
    aResult({ status: 'problem', problems: [aProblem({ reason: 'X'.repeat(200), message: long })] }),
  ]);
  const diagnosis = aDiagnosis({ status: 'critical', sentence: long, findings: [aFinding({ sentence: long })] });

  for (const scope of scopes) {
    const { line } = healthOf(scope, state, diagnosis, 'critical', NOON);
    expect(line).toMatch(/^PROBLEM [\u0020-\u007e]{1,72}$/);
  }
});
