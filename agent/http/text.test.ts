import { expect, it } from 'vitest';
import {
  CHECKS,
  EVENTS,
  KUBELET_DOWN,
  MIXED_RESULTS,
  NOON,
  POINTS,
  aDiagnosis,
  aFinding,
  aNodeState,
  aProblem,
  aResult,
  aState,
} from '../../test/lib/fixtures.ts';
import { diagnose } from '../diagnosis/diagnose.ts';
import {
  CATALOGUE as DIAGNOSIS_CATALOGUE,
  NOW,
  createScene,
  failing,
  aResult as scratch,
} from '../diagnosis/testing.ts';
import type { ClusterState } from '../model/cluster-state.ts';
import { findKnown, presentNode, presentNodes } from './present-nodes.ts';
import { catalogueOf, presentCatalogue, presentSeries, presentStatus, presentTimeline } from './present.ts';
import { renderCatalogue, renderSeries, renderTimeline } from './text-history.ts';
import { renderCheck, renderNode, renderNodes } from './text-nodes.ts';
import { formatValue } from './text-values.ts';
import { renderStatus } from './text.ts';

const node = (results = MIXED_RESULTS) =>
  presentNode({ name: 'node-a', node: aNodeState(results) }, aState(results), catalogueOf(CHECKS), NOON);
const status = (diagnosis = KUBELET_DOWN, results = MIXED_RESULTS) =>
  renderStatus(presentStatus(diagnosis, NOON), { own: node(results), all: [node(results)] }, NOON);

it('says what is broken, since when, why and what to do, then the state of every check', () => {
  expect(status()).toBe(`DEGRADED  The kubelet on node-a refuses connections, since 11:48:00 UTC.

- The kubelet on node-a refuses connections.
  warning, critical for the node itself: KubeletDown since 11:48:00 UTC (12m),
  seen by node-a
  evidence  http://127.0.0.1:10248/healthz refused the connection
  next      systemctl status kubelet
            journalctl -u kubelet -n 100

    > The Node object of node-a is not ready.
      info, warning for the node itself: NodeNotReady since 11:49:00 UTC (11m),
      seen by node-a

Checks on node-a: 1 problem, 2 unknown, 1 ok, 1 absent

CHECK            STATUS   AGE     WHAT
kubelet          PROBLEM  2s      KubeletDown: http://127.0.0.1:10248/healthz
                                  refused the connection
memory-pressure  UNKNOWN  4s      the kernel offers no /proc/pressure
dns              OVERDUE  1m 35s  the last result is too old to be believed; it
                                  was ok
disk-space       ok       4s      used 43 % (/), free 30.0 GiB (/)
etcd             absent   4s      no manifest, no unit and no data directory

Seen from node-a: 1 of 1 members.
`);
});

it('is short when nothing is wrong', () => {
  expect(status(aDiagnosis(), [aResult()])).toBe(`HEALTHY  Nothing is wrong on node-a.

Checks on node-a: 1 ok

CHECK       STATUS  AGE  WHAT
disk-space  ok      4s

Seen from node-a: 1 of 1 members.
`);
});

it('says that it is starting', () => {
  const diagnosis = aDiagnosis({
    status: 'unknown',
    sentence: 'The agent on node-a is starting.',
    view: { node: 'node-a', members: 1, current: 1, settled: false },
  });

  expect(renderStatus(presentStatus(diagnosis, NOON), { own: undefined, all: [] }, NOON))
    .toBe(`UNKNOWN  The agent on node-a is starting.

Seen from node-a: 1 of 1 members. This agent is starting: not every check has run yet.
`);
});

it('shows alternatives and dissent, and an orphaned consequence as a cause', () => {
  const finding = aFinding({
    causedBy: 'gone',
    severity: 'critical',
    evidence: [],
    next: [],
    alternatives: ['powered off', 'cut off from node-b'],
    observers: ['node-a', 'node-c'],
    dissent: ['node-b'],
  });

  expect(status(aDiagnosis({ findings: [finding] }), [])).toContain(`
- The kubelet on node-a refuses connections.
  critical: KubeletDown since 11:48:00 UTC (12m), seen by node-a, node-c, denied
  by node-b
  could be  powered off
            cut off from node-b
`);
});

const NAMES = ['m1', 'm2', 'm3', 'w1', 'w2'];
const statusOf = (state: ClusterState): string =>
  renderStatus(
    presentStatus(diagnose(state, NOW, DIAGNOSIS_CATALOGUE), NOW),
    { own: undefined, all: presentNodes(state, NOW).nodes },
    NOW,
  );

it('says of several nodes how each is, and on how much all of it rests', () => {
  const scene = createScene(NAMES).report('m2', failing('kubelet', 'KubeletDown', 'refused'));
  const state = scene.powerOff('m1', 'm2', 'm3').from('w1');
  const lines = statusOf(state).split('\n');

  expect(lines[0]).toMatch(
    /^CRITICAL {2}No control plane from here: m1, m2 and m3 do not answer w1 and w2 \(since 14:02:11 UTC\)/,
  );
  expect(lines.slice(1, 4)).toEqual([
    '',
    '- m1, m2 and m3 do not answer w1 and w2',
    '  critical: NodesLost since 14:02:11 UTC (2m 49s), seen by w1, w2',
  ]);
  expect(lines).toContain('    > No control plane from here: m1, m2 and m3 do not answer w1 and w2');
  expect(lines.slice(lines.indexOf('5 nodes:')).join('\n')).toBe(`5 nodes:

NODE  STATUS   AGE     WHAT
m1    UNKNOWN  2m 52s  Unreachable since 14:02:11 UTC; 2m 52s ago it said: no
                       problem.
m2    UNKNOWN  2m 52s  Unreachable since 14:02:11 UTC; 2m 52s ago it said:
                       KubeletDown.
m3    UNKNOWN  2m 52s  Unreachable since 14:02:11 UTC; 2m 52s ago it said: no
                       problem.
w1    ok       0s      2 ok, 2 absent
w2    ok       3s      2 ok, 2 absent

Seen from w1: 2 of 5 members connected; the last reports of m1, m2 and m3 are 2m
52s old.
One node with its checks: meerkat nodes NODE
`);
});

it('counts many nodes, and names those that need a person', () => {
  const names = Array.from({ length: 30 }, (_, index) => `n${index}`);
  const scene = createScene(names)
    .report('n3', failing('kubelet', 'KubeletDown', 'refused'))
    .kill('n20')
    .powerOff('n9');
  const lines = statusOf(scene.from('n1')).split('\n');

  expect(lines.slice(lines.indexOf('30 nodes:')).join('\n')).toBe(`30 nodes:

STATUS   NODES
PROBLEM  1      n3
UNKNOWN  2      n9, n20
ok       27

Seen from n1: 28 of 30 members connected; the last reports of n9 and n20 are 2m
52s old.
One node with its checks: meerkat nodes NODE
`);
  const broken = lines.slice(1).filter((line) => line.length > 80 && !/^ {2}(next| {4}) {6}/.test(line));
  expect(broken).toEqual([]);
});

it('says of whom nothing has come yet, and who is late', () => {
  const state = createScene(NAMES).from('w1');
  const nodes = state.nodes
    .filter(({ report }) => report.node !== 'm1')
    .map((one) => (one.report.node === 'm2' ? { ...one, freshness: 'lagging' as const } : one));

  expect(statusOf({ ...state, nodes })).toContain(
    'Seen from w1: 5 of 5 members connected; a later report of m2 is known of and has\nnot come yet; no report of m1 has come yet.\n',
  );
});

it('folds many consequences of one cause, and counts many causes', () => {
  const cause = (index: number) => aFinding({ id: `c${index}`, reason: 'Cause', evidence: [], next: [] });
  const consequences = Array.from({ length: 8 }, (_, index) =>
    aFinding({ id: `r${index}`, reason: index < 7 ? 'Result' : 'Other', causedBy: 'c0', evidence: [], next: [] }),
  );
  const others = Array.from({ length: 20 }, (_, index) => cause(index + 1));
  const text = status(aDiagnosis({ findings: [cause(0), ...consequences, ...others] }), []);

  expect(text.match(/^ {4}> The kubelet/gm)).toHaveLength(5);
  expect(text).toContain('    > and 3 more: Result and Other\n');
  expect(text.match(/^- The kubelet/gm)).toHaveLength(15);
  expect(text).toContain('\n- and 6 more: meerkat status --json\n');
});

it('shows a node that is lost as it was', () => {
  const state = createScene(NAMES)
    .report(
      'm1',
      failing('kubelet', 'KubeletDown', 'refused'),
      scratch('dns', { status: 'unknown', why: 'no resolver' }),
    )
    .powerOff('m1')
    .from('w1');
  const known = findKnown(state, 'm1')!;

  expect(renderNode(presentNode(known, state, new Map(), NOW), NOW)).toBe(
    `UNKNOWN  m1: Unreachable since 14:02:11 UTC; 2m 52s ago it said: KubeletDown.

CHECK       STATUS       AGE     WHAT
kubelet     was PROBLEM  2m 53s  KubeletDown: refused
dns         was UNKNOWN  2m 53s  no resolver
disk-space  was ok       2m 53s
etcd        was ok       2m 53s
apiserver   was ok       2m 53s

Meerkat 1.0.0, started 13:05:00 UTC.
`,
  );
  expect(renderNode(presentNode({ name: 'm1', member: known.member! }, state, new Map(), NOW), NOW)).toBe(
    'UNKNOWN  m1: Unreachable since 14:02:11 UTC; no report of it has come yet, so nothing is known of its checks.\n',
  );
});

it('shows members beside nodes', () => {
  const state = createScene(['m1', 'w1']).kill('m1').from('w1');

  expect(renderNodes(presentNodes(state, NOW))).toMatch(
    /^NODE {2}STATUS {3}AGE {5}MEMBER {6}VERSION {2}WHAT\nm1 {4}UNKNOWN {2}2m 52s {2}agent-down {2}1\.0\.0/,
  );
});

it('lists nodes', () => {
  expect(renderNodes(presentNodes(aState(MIXED_RESULTS), NOON))).toBe(`NODE    STATUS   AGE  VERSION  WHAT
node-a  PROBLEM  0s   0.1.0    KubeletDown; dns cannot look now: overdue.
`);
});

it('shows one node', () => {
  const lines = renderNode(node(), NOON).split('\n');

  expect(lines[0]).toBe('PROBLEM  node-a: KubeletDown; dns cannot look now: overdue.');
  expect(lines.at(-2)).toBe('Meerkat 0.1.0, started 11:00:00 UTC; 1 problem, 2 unknown, 1 ok, 1 absent.');
});

it('shows one check with every problem and reading', () => {
  const results = [
    aResult({
      check: 'kubelet',
      status: 'problem',
      since: NOON - 720_000,
      problems: [aProblem(), aProblem({ reason: 'Other', subject: '/data', severity: 'warning', message: 'odd' })],
      readings: [{ name: 'latency_seconds', value: 0.0123 }],
      confirming: true,
    }),
  ];
  const [check] = node(results).checks;

  expect(renderCheck(check!, 'node-a', NOON)).toBe(
    `PROBLEM  kubelet on node-a: KubeletDown: http://127.0.0.1:10248/healthz refused the connection (+1 more) (the last run says otherwise and is being confirmed)

- critical  KubeletDown: http://127.0.0.1:10248/healthz refused the connection
  since 11:48:00 UTC (12m)
  The kubelet does not answer.
  next  systemctl status kubelet; journalctl -u kubelet -n 100

- warning  Other (/data): odd
  since 11:48:00 UTC (12m)
  Other

READING          SUBJECT  VALUE
latency_seconds           12.3ms

problem since 11:48:00 UTC (12m); last looked 4s ago, every 15s.
`,
  );
});

it('says of a check that never ran that it never ran', () => {
  const { ageMs: _, ...result } = aResult({ status: 'unknown', since: 0 });
  const [check] = node([result]).checks;

  expect(renderCheck(check!, 'node-a', NOON)).toBe(`UNKNOWN  disk-space on node-a: it has not run yet

unknown since 11:00:00 UTC (1h); has not run yet, every 15s.
`);
});

it.each([
  ['used_ratio', 0.4321, '43.2 %'],
  ['used_ratio', 1, '100 %'],
  ['wait_seconds', 0.00042, '0.42ms'],
  ['wait_seconds', 2.5, '2.5s'],
  ['wait_seconds', 3723, '1h 2m'],
  ['free_bytes', 3_435_973_837, '3.2 GiB'],
  ['temperature_celsius', 41.5, '41.5 °C'],
  ['entries_count', 12_345.6, '12346'],
  ['load', 0.123456, '0.123'],
])('%s %d reads %s', (reading, value, text) => {
  expect(formatValue(reading, value)).toBe(text);
});

it('draws a series with its gap', () => {
  expect(renderSeries(presentSeries([POINTS]), NOON)).toBe(`disk-space used_ratio (/) on node-a
  lowest 40 %, average 46.2 %, highest 62 %, last 43 %
  ▁▁▂··▆█▂
  11:52:00 UTC to 11:59:00 UTC (over 7m, 1m)
`);
});

it('draws a long series in 60 columns and keeps its peak', () => {
  const count = 600;
  const times = Array.from({ length: count }, (_, index) => NOON - (count - index) * 1000);
  const values = times.map((_, index) => (index === 333 ? 9 : 1));
  const text = renderSeries(
    presentSeries([{ ...POINTS, times, averages: values, minima: values, maxima: values }]),
    NOON,
  );

  expect(text.split('\n')[2]?.trim()).toMatch(/^▁{33}█▁{26}$/);
});

it('draws what hardly moves flat', () => {
  const values = [100, 100.2, 100.1, 100, 100.3, 100, 100, 100.2];

  expect(
    renderSeries(presentSeries([{ ...POINTS, averages: values, minima: values, maxima: values }]), NOON),
  ).toContain('\n  ▁▁▁▁▁▁▁▁\n');
});

it('says when there is nothing to draw', () => {
  const empty = { ...POINTS, times: [NOON], averages: [null], minima: [null], maxima: [null] };

  expect(renderSeries({ series: [] }, NOON)).toBe('Nothing was measured in this time.\n');
  expect(renderSeries(presentSeries([empty]), NOON)).toContain('nothing was measured in this time');
});

it('lists what changed, the newest last', () => {
  expect(renderTimeline(presentTimeline(EVENTS)))
    .toBe(`2026-01-01 11:00:00Z  node-a  agent-started  Meerkat 0.1.0 started
2026-01-01 11:10:00Z  node-a  changed  memory-pressure  none -> unknown  the kernel offers no /proc/pressure
2026-01-01 11:48:00Z  node-a  raised  kubelet  KubeletDown, critical  http://127.0.0.1:10248/healthz refused the connection
`);
  const conclusion = {
    at: '2026-01-01T11:50:00.500Z',
    node: 'm1',
    reason: 'NodeUnreachable',
    severity: 'warning',
    message: 'm1 does not answer w1 and w2',
  } as const;
  const events = [
    { ...conclusion, sequence: 9, kind: 'resolved' },
    { ...conclusion, sequence: 8, kind: 'concluded' },
    ...presentTimeline(EVENTS.slice(2)).events,
  ] as const;
  expect(renderTimeline({ events: [...events] }))
    .toBe(`2026-01-01 11:00:00Z  node-a  agent-started  Meerkat 0.1.0 started
2026-01-01 11:50:00Z  m1      concluded: m1 does not answer w1 and w2 (NodeUnreachable, warning)
2026-01-01 11:50:00Z  m1      over: m1 does not answer w1 and w2 (NodeUnreachable)
`);
  expect(renderTimeline({ events: [] })).toBe('Nothing changed in this time.\n');
});

it('lists the checks', () => {
  expect(renderCatalogue(presentCatalogue(CHECKS.slice(1, 2)))).toBe(`kubelet  The kubelet, every 15s
  Looks at the kubelet.
  KubeletDown (critical): The kubelet does not answer.
`);
});
