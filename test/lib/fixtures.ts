/** Small, complete values of the model for tests; every helper takes what differs. */
import { Type } from 'typebox';
import { type AnyCheck, defineCheck } from '../../checks/types.ts';
import type { Lateness } from '../../agent/base/lateness.ts';
import type { ClusterState, NodeState } from '../../agent/model/cluster-state.ts';
import type { Diagnosis, Finding } from '../../agent/model/finding.ts';
import type { Scene } from '../../agent/model/scene.ts';
import type { SeriesPoints } from '../../agent/model/history.ts';
import type { CheckResult, NodeReport, RaisedProblem } from '../../agent/model/report.ts';
import type { StoreHealth } from '../../agent/model/store-health.ts';
import type { StoredEvent } from '../../agent/model/timeline.ts';

/** 2026-01-01 12:00:00 UTC, where the fake clock starts. */
export const NOON = Date.UTC(2026, 0, 1, 12, 0, 0);
const MINUTE = 60_000;

/** An event loop that is hardly late. */
export const PUNCTUAL: Lateness = { read: () => ({ median: 0.001, p99: 0.002, max: 0.003 }) };

export const aProblem = (overrides: Partial<RaisedProblem> = {}): RaisedProblem => ({
  reason: 'KubeletDown',
  message: 'http://127.0.0.1:10248/healthz refused the connection',
  severity: 'critical',
  since: NOON - 12 * MINUTE,
  ...overrides,
});

export const aResult = (overrides: Partial<CheckResult> = {}): CheckResult => ({
  check: 'disk-space',
  status: 'ok',
  problems: [],
  since: NOON - 60 * MINUTE,
  ageMs: 4000,
  durationMs: 12,
  intervalMs: 15_000,
  readings: [],
  confirming: false,
  ended: [],
  ...overrides,
});

export const aReport = (results: readonly CheckResult[], overrides: Partial<NodeReport> = {}): NodeReport => ({
  node: 'node-a',
  version: '0.1.0',
  startedAt: NOON - 60 * MINUTE,
  results,
  ...overrides,
});

export const aNodeState = (results: readonly CheckResult[], elapsedMs = 0): NodeState => ({
  report: aReport(results),
  elapsedMs,
});

export const aStore = (overrides: Partial<StoreHealth> = {}): StoreHealth => ({
  directory: '/var/lib/meerkat',
  state: 'ok',
  since: NOON - 60 * MINUTE,
  message: '',
  queuedSamples: 0,
  droppedSamples: 0,
  queuedEvents: 0,
  droppedEvents: 0,
  sizeBytes: 1_048_576,
  ...overrides,
});

export const aState = (results: readonly CheckResult[], overrides: Partial<ClusterState> = {}): ClusterState => ({
  self: 'node-a',
  nodes: [aNodeState(results)],
  store: aStore(),
  leftOut: [],
  settled: true,
  catchingUp: false,
  ...overrides,
});

export const aFinding = (overrides: Partial<Finding> = {}): Finding => ({
  id: 'KubeletDown/node-a',
  reason: 'KubeletDown',
  severity: 'warning',
  nodeSeverity: 'critical',
  node: 'node-a',
  check: 'kubelet',
  sentence: 'The kubelet on node-a refuses connections.',
  since: NOON - 12 * MINUTE,
  observers: ['node-a'],
  dissent: [],
  evidence: ['http://127.0.0.1:10248/healthz refused the connection'],
  alternatives: [],
  next: ['systemctl status kubelet', 'journalctl -u kubelet -n 100'],
  ...overrides,
});

export const aDiagnosis = (overrides: Partial<Diagnosis> = {}): Diagnosis => ({
  status: 'healthy',
  sentence: 'Nothing is wrong on node-a.',
  findings: [],
  view: { node: 'node-a', members: 1, current: 1, settled: true },
  at: NOON - 1000,
  ...overrides,
});

export const aScene = (overrides: Partial<Scene> = {}): Scene => ({
  id: '20260101T115958-0a1b2c',
  at: NOON - 2000,
  node: 'node-a',
  namespace: 'prod',
  pod: 'api-x2k4p',
  container: 'app',
  cause: 'ended',
  run: 4,
  exitCode: 137,
  reason: 'OOMKilled',
  ranMs: 12_000,
  isReduced: false,
  notKept: 0,
  logs: [
    {
      container: 'app',
      run: 4,
      lines: [{ at: NOON - 4000, stream: 'stdout', text: 'working' }],
      isCut: false,
      maskedLines: 0,
      unreadableLines: 0,
    },
  ],
  surroundings: {
    status: 'healthy',
    sentence: 'Nothing is wrong on node-a.',
    findings: [],
    members: 1,
    checks: [],
    readings: [],
    changes: [],
  },
  missing: [],
  ...overrides,
});

/** A node with something of everything: ok, problem, blind, overdue and absent. */
export const MIXED_RESULTS: readonly CheckResult[] = [
  aResult({
    readings: [
      { name: 'used_ratio', subject: '/', value: 0.43 },
      { name: 'free_bytes', subject: '/', value: 32_212_254_720 },
    ],
  }),
  aResult({
    check: 'kubelet',
    status: 'problem',
    problems: [aProblem()],
    since: NOON - 12 * MINUTE,
    ageMs: 2000,
    intervalMs: 5000,
  }),
  aResult({ check: 'memory-pressure', status: 'unknown', why: 'the kernel offers no /proc/pressure' }),
  aResult({ check: 'dns', ageMs: 95_000, intervalMs: 10_000 }),
  aResult({ check: 'etcd', status: 'absent', why: 'no manifest, no unit and no data directory' }),
];

export const KUBELET_DOWN = aDiagnosis({
  status: 'degraded',
  sentence: 'The kubelet on node-a refuses connections, since 11:48:00 UTC.',
  findings: [
    aFinding(),
    aFinding({
      id: 'NodeNotReady/node-a',
      reason: 'NodeNotReady',
      severity: 'info',
      nodeSeverity: 'warning',
      sentence: 'The Node object of node-a is not ready.',
      since: NOON - 11 * MINUTE,
      causedBy: 'KubeletDown/node-a',
      evidence: [],
      next: [],
    }),
  ],
});

const check = (id: string, reasons: AnyCheck['reasons'], readings: AnyCheck['readings'] = {}): AnyCheck =>
  defineCheck({
    id,
    title: `The ${id}`,
    description: `Looks at the ${id}.`,
    intervalMs: 15_000,
    timeoutMs: 2000,
    runsOn: 'every node',
    config: Type.Object({}),
    reasons,
    readings,
    needs: [],
    run: () => Promise.resolve({ status: 'ok' }),
  });

/** The checks that {@link MIXED_RESULTS} are results of. */
export const CHECKS: readonly AnyCheck[] = [
  check(
    'disk-space',
    { DiskFull: { severity: 'critical', summary: 'A file system is full.', remedy: 'du -xh / | sort -h | tail' } },
    {
      used_ratio: { title: 'Used part of the file system', shared: true },
      free_bytes: { title: 'Free space' },
    },
  ),
  check('kubelet', {
    KubeletDown: {
      severity: 'critical',
      summary: 'The kubelet does not answer.',
      remedy: 'systemctl status kubelet; journalctl -u kubelet -n 100',
    },
  }),
  check(
    'memory-pressure',
    { MemoryPressure: { severity: 'warning', summary: 'Memory is short.', remedy: 'ps aux --sort=-rss | head' } },
    { stalled_seconds_total: { title: 'Time tasks waited for memory' }, oom_kills_count: { title: 'Killed tasks' } },
  ),
  check('dns', { DnsBroken: { severity: 'critical', summary: 'DNS does not answer.', remedy: 'dig @10.96.0.10' } }),
  check('etcd', { EtcdMemberDown: { severity: 'critical', summary: 'etcd is down.', remedy: 'crictl ps' } }),
];

export const EVENTS: readonly StoredEvent[] = [
  {
    kind: 'raised',
    sequence: 7,
    at: NOON - 12 * MINUTE,
    node: 'node-a',
    check: 'kubelet',
    reason: 'KubeletDown',
    severity: 'critical',
    message: 'http://127.0.0.1:10248/healthz refused the connection',
  },
  {
    kind: 'changed',
    sequence: 6,
    at: NOON - 50 * MINUTE,
    node: 'node-a',
    check: 'memory-pressure',
    from: 'none',
    to: 'unknown',
    message: 'the kernel offers no /proc/pressure',
  },
  { kind: 'agent-started', sequence: 5, at: NOON - 60 * MINUTE, node: 'node-a', message: 'Meerkat 0.1.0 started' },
];

/** Eight minutes of one reading with a gap of two in the middle. */
export const POINTS: SeriesPoints = {
  key: { node: 'node-a', check: 'disk-space', reading: 'used_ratio', subject: '/' },
  resolution: '1m',
  stepMs: MINUTE,
  times: [8, 7, 6, 5, 4, 3, 2, 1].map((minutes) => NOON - minutes * MINUTE),
  averages: [0.4, 0.41, 0.42, null, null, 0.5, 0.61, 0.43],
  minima: [0.4, 0.4, 0.41, null, null, 0.45, 0.6, 0.42],
  maxima: [0.4, 0.42, 0.43, null, null, 0.55, 0.62, 0.44],
};
