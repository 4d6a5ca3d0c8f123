/** What the fixture server says, by name: good days, bad nights, and what a stranger might put into a name. */
import type { ApiFinding, ApiMembers, ApiNode, ApiStatus } from '../../../agent/http/contract.ts';
import type { ApiMatrix } from '../../../agent/http/contract/links.ts';
import type { ApiEvent } from '../../../agent/http/contract/history.ts';
import { absentChecks, ago, areas, check, event, finding, goodChecks, node, problem, status } from './parts.ts';

export interface Scenario {
  readonly status: ApiStatus;
  /** The node that answers. */
  readonly node: ApiNode;
  /** The others, where there are several. */
  readonly peers?: readonly ApiNode[];
  readonly members?: ApiMembers;
  readonly matrix?: ApiMatrix;
  /** Newest first. */
  readonly events: readonly ApiEvent[];
  /** The store does not answer: series and timeline are 503. */
  readonly storeUnavailable?: boolean;
  /** The stream is refused, so that the page has to poll. */
  readonly streamRefused?: boolean;
  /** What the log tells of earlier times, Unix ms; by default nothing. */
  readonly past?: (at: number) => ApiStatus;
  /** Every question without this token is answered with 401. */
  readonly token?: string;
  /** Every question is answered with 401 and this message. */
  readonly refusal?: string;
}

/** Good checks, with those of the same ids replaced. */
function checksWith(...changed: readonly ReturnType<typeof check>[]): ReturnType<typeof goodChecks> {
  const byId = new Map([...goodChecks(), ...absentChecks(), ...changed].map((entry) => [entry.check, entry]));
  return [...byId.values()];
}

const quietEvents = (): ApiEvent[] => [
  event(8, 7 * 3600, {
    kind: 'cleared',
    check: 'disk-latency',
    reason: 'DiskSlow',
    severity: 'warning',
    message: 'Writes take 3.1 ms again (99 of 100).',
  }),
  event(7, 7 * 3600 + 312, {
    kind: 'raised',
    check: 'disk-latency',
    reason: 'DiskSlow',
    severity: 'warning',
    message: 'Writes to /var/lib/meerkat took 412 ms (99 of 100) for 45 s.',
  }),
  event(5, 50 * 3600, {
    kind: 'changed',
    check: 'dns',
    from: 'unknown',
    to: 'ok',
    message: 'The cluster DNS answers.',
  }),
  event(4, 51 * 3600 - 4, {
    kind: 'changed',
    check: 'overlay',
    from: 'none',
    to: 'absent',
    message: 'No overlay responder was seen on this node.',
  }),
  event(3, 51 * 3600 - 3, {
    kind: 'changed',
    check: 'dns',
    from: 'none',
    to: 'unknown',
    message: 'The address of the cluster DNS is not known yet.',
  }),
  event(2, 51 * 3600, { kind: 'agent-started', message: 'Meerkat 0.1.0 started.' }),
  event(1, 51 * 3600 + 30, { kind: 'agent-stopped', message: 'Asked to stop by SIGTERM.' }),
];

export const healthy = (): Scenario => ({
  status: status(
    'healthy',
    'Everything that could be looked at on master-1 is fine: 20 checks, 2 have nothing to look at.',
    { areas: areas({ workers: { status: 'absent', looked: 0, of: 0 } }) },
  ),
  node: node('master-1', checksWith()),
  events: quietEvents(),
});

const etcdDown = (): ApiFinding[] => [
  finding('EtcdMemberDown', 'etcd on master-1 does not answer on its client port: connection refused.', {
    severity: 'critical',
    check: 'etcd',
    since: ago(185),
    evidence: [
      'https://127.0.0.1:2379/health: connection refused, 62 runs in a row.',
      'No process named etcd runs on this node.',
      'The static manifest /etc/kubernetes/manifests/etcd.yaml is there, so it is expected.',
    ],
    alternatives: ['The manifest was just changed, and the kubelet has not started it again yet.'],
    next: [
      'Look for its container: `crictl ps -a --name etcd`, then `crictl logs --tail 50 ID`.',
      'journalctl -u kubelet --since -10min | grep etcd',
    ],
  }),
  finding('ApiserverNotReady', 'The API server on master-1 is alive and not ready: etcd fails.', {
    check: 'apiserver',
    causedBy: 'EtcdMemberDown',
    since: ago(182),
    evidence: ['readyz: [-]etcd failed: reason withheld.'],
  }),
  finding('ControllerManagerDown', 'The controller manager on master-1 lost its Lease and exits.', {
    check: 'controller-manager',
    causedBy: 'ApiserverNotReady',
    since: ago(168),
    nodeSeverity: 'warning',
  }),
  finding('SchedulerDown', 'The scheduler on master-1 lost its Lease and exits.', {
    check: 'scheduler',
    causedBy: 'ApiserverNotReady',
    since: ago(166),
    nodeSeverity: 'warning',
  }),
  finding('DiskFull', 'The file system /var/lib/containerd on master-1 is 97.4 % full: 5.2 GiB of 200 GiB are left.', {
    severity: 'warning',
    nodeSeverity: 'warning',
    check: 'disk-space',
    subject: '/var/lib/containerd',
    since: ago(9 * 3600 + 240),
    evidence: ['statfs: 5.2 GiB available to normal users, 3 % of the inodes free.'],
    next: [
      'Free space now: `crictl rmi --prune`, then find what takes it with `du -xh --max-depth=2 /var/lib/containerd | sort -h | tail -20`.',
    ],
  }),
];

export const critical = (): Scenario => ({
  status: status(
    'critical',
    'etcd on master-1 is down since 3 minutes, so the only control plane cannot serve: the API server is not ready.',
    {
      findings: etcdDown(),
      areas: areas({
        'control-plane': {
          status: 'problem',
          looked: 0,
          findings: ['EtcdMemberDown', 'ApiserverNotReady', 'ControllerManagerDown', 'SchedulerDown', 'DiskFull'],
        },
        workers: { status: 'absent', looked: 0, of: 0 },
        network: { status: 'unknown', looked: 0 },
      }),
    },
  ),
  node: node(
    'master-1',
    checksWith(
      check('etcd', 'etcd', {
        status: 'problem',
        intervalSeconds: 3,
        since: ago(185),
        durationSeconds: 0.0004,
        problems: [
          problem('EtcdDown', 'https://127.0.0.1:2379 refuses the connection.', {
            since: ago(185),
            summary: 'The etcd member of this node is down.',
            remedy:
              'Look for its container with `crictl ps -a --name etcd` and at its log with `crictl logs --tail 50 ID`.',
          }),
        ],
      }),
      check('apiserver', 'API server', {
        status: 'problem',
        intervalSeconds: 3,
        since: ago(182),
        durationSeconds: 0.0121,
        problems: [
          problem('ApiserverNotReady', 'readyz says 500: etcd failed.', { severity: 'critical', since: ago(182) }),
        ],
        readings: [{ name: 'readyz_seconds', subject: '10.0.0.11:6443', value: 0.0127 }],
      }),
      check('controller-manager', 'Controller manager', {
        status: 'problem',
        since: ago(168),
        problems: [
          problem('ControllerManagerDown', '127.0.0.1:10257 refuses the connection.', {
            severity: 'warning',
            since: ago(168),
          }),
        ],
      }),
      check('scheduler', 'Scheduler', {
        status: 'problem',
        since: ago(166),
        confirming: true,
        problems: [
          problem('SchedulerDown', '127.0.0.1:10259 refuses the connection.', { severity: 'warning', since: ago(166) }),
        ],
      }),
      check('disk-space', 'Disk space', {
        status: 'problem',
        since: ago(9 * 3600 + 240),
        intervalSeconds: 15,
        problems: [
          problem('DiskFull', '/var/lib/containerd is 97.4 % full: 5.2 GiB of 200 GiB are left.', {
            severity: 'warning',
            subject: '/var/lib/containerd',
            since: ago(9 * 3600 + 240),
          }),
          problem('InodesFull', '/var/lib/containerd has 3 % of its inodes left.', {
            severity: 'warning',
            subject: '/var/lib/containerd',
            since: ago(8 * 3600),
          }),
        ],
        readings: [
          { name: 'used_ratio', subject: '/', value: 0.412 },
          { name: 'used_ratio', subject: '/var/lib/etcd', value: 0.155 },
          { name: 'used_ratio', subject: '/var/lib/containerd', value: 0.974 },
          { name: 'available_bytes', subject: '/', value: 44_346_312_000 },
          { name: 'available_bytes', subject: '/var/lib/containerd', value: 5_583_457_485 },
        ],
      }),
      check('pods', 'Pods', {
        status: 'unknown',
        why: 'The API server does not answer: 500.',
        since: ago(178),
        ageSeconds: 4,
        durationSeconds: 1.002,
      }),
      check('node-object', 'Node object', { overdue: true, since: ago(3600), ageSeconds: 52, intervalSeconds: 15 }),
    ),
  ),
  events: [
    event(15, 166, {
      kind: 'raised',
      check: 'scheduler',
      reason: 'SchedulerDown',
      severity: 'warning',
      message: '127.0.0.1:10259 refuses the connection.',
    }),
    event(14, 168, {
      kind: 'raised',
      check: 'controller-manager',
      reason: 'ControllerManagerDown',
      severity: 'warning',
      message: '127.0.0.1:10257 refuses the connection.',
    }),
    event(13, 178, {
      kind: 'changed',
      check: 'pods',
      from: 'ok',
      to: 'unknown',
      message: 'The API server does not answer: 500.',
    }),
    event(12, 182, {
      kind: 'raised',
      check: 'apiserver',
      reason: 'ApiserverNotReady',
      severity: 'critical',
      message: 'readyz says 500: etcd failed.',
    }),
    event(11, 185, {
      kind: 'raised',
      check: 'etcd',
      reason: 'EtcdDown',
      severity: 'critical',
      message: 'https://127.0.0.1:2379 refuses the connection.',
    }),
    event(10, 4100, {
      kind: 'cleared',
      check: 'etcd',
      reason: 'EtcdSlow',
      severity: 'warning',
      message: 'Syncs take 4.2 ms again (99 of 100).',
    }),
    event(9, 5400, {
      kind: 'raised',
      check: 'etcd',
      reason: 'EtcdSlow',
      severity: 'warning',
      message: 'Syncs took 214 ms (99 of 100) for 30 s.',
    }),
    event(6, 9 * 3600 + 240, {
      kind: 'raised',
      check: 'disk-space',
      reason: 'DiskFull',
      subject: '/var/lib/containerd',
      severity: 'warning',
      message: '/var/lib/containerd is 95.1 % full: 9.8 GiB of 200 GiB are left.',
    }),
    ...quietEvents(),
  ],
});

export const starting = (): Scenario => ({
  status: status('unknown', 'The agent on master-1 started 3 seconds ago: 14 of 22 checks have not run yet.', {
    view: { node: 'master-1', members: 1, current: 1, settled: false },
    findings: [
      finding('AgentStarted', 'The agent on master-1 was started 3 seconds ago.', {
        severity: 'info',
        nodeSeverity: 'info',
        since: ago(3),
        forSeconds: 3,
      }),
    ],
  }),
  node: node(
    'master-1',
    checksWith().map((entry, index) =>
      index % 3 === 0
        ? { ...entry, since: ago(2) }
        : {
            ...entry,
            status: 'unknown',
            overdue: false,
            why: 'It has not run yet.',
            ageSeconds: null,
            durationSeconds: null,
            since: ago(3),
            readings: [],
          },
    ),
    { status: 'unknown', startedAt: ago(3) },
  ),
  events: [event(1, 3, { kind: 'agent-started', message: 'Meerkat 0.1.0 started.' })],
});

export const storeDown = (): Scenario => ({
  ...healthy(),
  status: status(
    'degraded',
    'The disk under /var/lib/meerkat on master-1 does not take writes since 41 seconds; history is not kept.',
    {
      findings: [
        finding('DiskStalled', 'A write to /var/lib/meerkat on master-1 has not come back for 41 s.', {
          check: 'disk-latency',
          since: ago(41),
          forSeconds: 41,
          next: ['Look at the device under /var/lib/meerkat: dmesg | tail; iostat -x 1 3; cat /proc/pressure/io'],
        }),
      ],
    },
  ),
  storeUnavailable: true,
});

const LONG = 'ip-10-128-200-142.eu-central-1.compute.aws';

export const longNames = (): Scenario => {
  const base = critical();
  return {
    status: {
      ...base.status,
      view: { ...base.status.view, node: LONG },
      findings: base.status.findings.map((entry) => ({
        ...entry,
        node: LONG,
        observers: [LONG, `${LONG}-b`],
        dissent: [`${LONG}-c`],
      })),
    },
    node: { ...base.node, node: LONG },
    events: base.events.map((entry) => ({
      ...entry,
      node: LONG,
      message: `${entry.message} /var/lib/kubelet/pods/0f5c2bb6-6d3e-4f0e-9d2b-7b8d6f0e2a11/volumes/kubernetes.io~projected`,
    })),
  };
};

export const HOSTILE = '<img src=x onerror="document.title=\'owned\'">';

export const hostile = (): Scenario => ({
  status: status('degraded', `${HOSTILE} is broken.`, {
    view: { node: 'master-1', members: 1, current: 1, settled: true },
    findings: [
      finding(HOSTILE, `${HOSTILE} says javascript:alert(1)`, {
        check: HOSTILE,
        subject: HOSTILE,
        evidence: [HOSTILE],
        alternatives: [HOSTILE],
        next: [`\`${HOSTILE}\``],
        observers: [HOSTILE],
      }),
    ],
  }),
  node: node(
    'master-1',
    [
      check(HOSTILE, HOSTILE, {
        status: 'problem',
        problems: [problem(HOSTILE, HOSTILE, { subject: HOSTILE, summary: HOSTILE, remedy: `\`${HOSTILE}\`` })],
        readings: [{ name: HOSTILE, subject: HOSTILE, value: 1 }],
      }),
      check('etcd', 'etcd', { status: 'unknown', why: HOSTILE }),
    ],
    { version: HOSTILE, sentence: HOSTILE },
  ),
  events: [
    event(1, 5, {
      kind: 'raised',
      check: HOSTILE,
      reason: HOSTILE,
      subject: HOSTILE,
      severity: 'critical',
      message: HOSTILE,
    }),
  ],
});

export const polling = (): Scenario => ({ ...healthy(), streamRefused: true });

export const REFUSAL = 'Reading needs the bearer token of this agent (http.access is token).';
export const refused = (): Scenario => ({ ...healthy(), refusal: REFUSAL });

export const SCENARIOS = { healthy, critical, starting, storeDown, longNames, hostile, polling } as const;
export type ScenarioName = keyof typeof SCENARIOS;
