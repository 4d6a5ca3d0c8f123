/** Building blocks of the scenarios: what an agent says, shaped as its contract says. */
import type {
  ApiCatalogue,
  ApiCheck,
  ApiFinding,
  ApiNode,
  ApiProblem,
  ApiStatus,
} from '../../../agent/http/contract.ts';
import type { ApiEvent } from '../../../agent/http/contract/history.ts';
import { type ApiArea, AREAS } from '../../../agent/http/contract/overview.ts';

/** So many seconds before now, as an instant. */
export const ago = (seconds: number): string => new Date(Date.now() - seconds * 1000).toISOString();

const HOUR = 3600;
const GIB = 1024 ** 3;

export function check(id: string, title: string, changes: Partial<ApiCheck> = {}): ApiCheck {
  return {
    check: id,
    title,
    status: 'ok',
    overdue: false,
    confirming: false,
    since: ago(51 * HOUR),
    ageSeconds: 1.4,
    durationSeconds: 0.0034,
    intervalSeconds: 5,
    problems: [],
    readings: [],
    ...changes,
  };
}

export function problem(reason: string, message: string, changes: Partial<ApiProblem> = {}): ApiProblem {
  return {
    reason,
    severity: 'critical',
    message,
    since: ago(185),
    summary: 'The component does not do its work.',
    remedy: 'Look at its log with `journalctl -u kubelet -n 50`.',
    ...changes,
  };
}

export function finding(id: string, sentence: string, changes: Partial<ApiFinding> = {}): ApiFinding {
  return {
    id,
    reason: id,
    severity: 'warning',
    nodeSeverity: 'critical',
    node: 'master-1',
    sentence,
    since: ago(185),
    forSeconds: 185,
    observers: ['master-1'],
    dissent: [],
    evidence: [],
    alternatives: [],
    next: [],
    ...changes,
  };
}

export function event(sequence: number, secondsAgo: number, changes: Partial<ApiEvent>): ApiEvent {
  return { sequence, at: ago(secondsAgo), node: 'master-1', kind: 'agent-notice', message: '', ...changes };
}

/** The parts of a cluster, all of them fine but for what differs. */
export function areas(
  changes: Partial<Record<ApiArea['area'], Partial<ApiArea>>> = {},
  of: Partial<Record<ApiArea['area'], number>> = {},
): ApiArea[] {
  return AREAS.map((area) => {
    const nodes = of[area] ?? 1;
    return { area, status: 'ok', findings: [], looked: nodes, of: nodes, ...changes[area] };
  });
}

/** The checks of a control-plane node on a good day. */
export const goodChecks = (): ApiCheck[] => [
  check('etcd', 'etcd', {
    intervalSeconds: 3,
    readings: [
      { name: 'fsync_p99_seconds', value: 0.0042 },
      { name: 'commit_p99_seconds', value: 0.0061 },
      { name: 'database_bytes', value: 0.31 * GIB },
      { name: 'database_used_ratio', value: 0.155 },
      { name: 'leader_changes_total', value: 3 },
    ],
  }),
  check('apiserver', 'API server', {
    intervalSeconds: 3,
    readings: [{ name: 'readyz_seconds', subject: '10.0.0.11:6443', value: 0.0127 }],
  }),
  check('scheduler', 'Scheduler', { readings: [{ name: 'healthz_seconds', value: 0.0021 }] }),
  check('controller-manager', 'Controller manager', { readings: [{ name: 'healthz_seconds', value: 0.0019 }] }),
  check('kubelet', 'Kubelet', { readings: [{ name: 'healthz_seconds', value: 0.0011 }] }),
  check('kube-proxy', 'kube-proxy', { readings: [{ name: 'livez_seconds', value: 0.0008 }] }),
  check('container-runtime', 'Container runtime', {
    intervalSeconds: 10,
    readings: [{ name: 'ping_seconds', value: 0.0009 }],
  }),
  check('container-start', 'Container start', {
    intervalSeconds: 60,
    ageSeconds: 34,
    durationSeconds: 0.94,
    readings: [
      { name: 'start_seconds', value: 0.41 },
      { name: 'create_seconds', value: 0.12 },
      { name: 'remove_seconds', value: 0.09 },
    ],
  }),
  check('dns', 'Cluster DNS', {
    intervalSeconds: 10,
    readings: [
      { name: 'answer_seconds', subject: '10.96.0.10 UDP', value: 0.0015 },
      { name: 'answer_seconds', subject: '10.96.0.10 TCP', value: 0.0022 },
    ],
  }),
  check('service-ip', 'API server by its service address', { intervalSeconds: 30, ageSeconds: 12 }),
  check('disk-space', 'Disk space', {
    intervalSeconds: 15,
    readings: [
      { name: 'used_ratio', subject: '/', value: 0.412 },
      { name: 'used_ratio', subject: '/var/lib/etcd', value: 0.155 },
      { name: 'used_ratio', subject: '/var/lib/containerd', value: 0.688 },
      { name: 'available_bytes', subject: '/', value: 41.3 * GIB },
      { name: 'available_bytes', subject: '/var/lib/etcd', value: 6.8 * GIB },
      { name: 'available_bytes', subject: '/var/lib/containerd', value: 61.9 * GIB },
    ],
  }),
  check('disk-latency', 'Disk latency', {
    intervalSeconds: 10,
    readings: [{ name: 'sync_write_p99_seconds', subject: '/var/lib/meerkat', value: 0.0031 }],
  }),
  check('memory-pressure', 'Memory pressure', { readings: [{ name: 'available_ratio', value: 0.437 }] }),
  check('cpu-pressure', 'CPU pressure', { readings: [{ name: 'some_pressure_ratio', value: 0.021 }] }),
  check('pids', 'Process ids', { readings: [{ name: 'used_ratio', value: 0.0123 }] }),
  check('conntrack', 'Connection tracking', { readings: [{ name: 'used_ratio', value: 0.0711 }] }),
  check('file-handles', 'File handles', { readings: [{ name: 'used_ratio', value: 0.0034 }] }),
  check('clock', 'Clock', { readings: [{ name: 'offset_seconds', value: -0.00031 }] }),
  check('certificates', 'Certificates', {
    intervalSeconds: 600,
    ageSeconds: 411,
    readings: [{ name: 'expires_in_seconds', subject: '/etc/kubernetes/pki/apiserver.crt', value: 201 * 24 * HOUR }],
  }),
  check('kernel', 'Kernel', { readings: [{ name: 'oom_kills_total', value: 0 }] }),
];

export const absentChecks = (): ApiCheck[] => [
  check('systemd', 'systemd units', { status: 'absent', why: 'No units are named in the configuration.' }),
  check('overlay', 'Overlay network', { status: 'absent', why: 'No overlay responder was seen on this node.' }),
];

export function node(name: string, checks: readonly ApiCheck[], changes: Partial<ApiNode> = {}): ApiNode {
  const count = (state: ApiCheck['status']): number => checks.filter((entry) => entry.status === state).length;
  return {
    node: name,
    status: count('problem') > 0 ? 'problem' : 'ok',
    sentence: 'All checks are fine.',
    version: '0.1.0',
    startedAt: ago(51 * HOUR),
    ageSeconds: 0.2,
    counts: { ok: count('ok'), problem: count('problem'), unknown: count('unknown'), absent: count('absent') },
    checks: [...checks],
    ...changes,
  };
}

export function status(word: ApiStatus['status'], sentence: string, changes: Partial<ApiStatus> = {}): ApiStatus {
  return {
    status: word,
    sentence,
    at: ago(1),
    view: { node: 'master-1', members: 1, current: 1, settled: true },
    findings: [],
    ...changes,
  };
}

export const catalogue = (checks: readonly ApiCheck[]): ApiCatalogue => ({
  checks: checks.map((entry) => ({
    check: entry.check,
    title: entry.title,
    description: `Looks at ${entry.title} on this node and says what it finds.`,
    intervalSeconds: entry.intervalSeconds,
    readings: TITLES.filter(([name]) => entry.readings.some((reading) => reading.name === name)).map(
      ([name, title]) => ({
        name,
        title,
        unit: name.split('_').at(-1) ?? '',
      }),
    ),
    reasons: [],
  })),
});

const TITLES = [
  ['fsync_p99_seconds', 'Write-ahead log sync, p99'],
  ['commit_p99_seconds', 'Backend commit, p99'],
  ['database_bytes', 'Database size'],
  ['database_used_ratio', 'Database quota used'],
  ['leader_changes_total', 'Leader changes seen'],
  ['readyz_seconds', 'Time to answer readyz'],
  ['used_ratio', 'Used'],
  ['available_bytes', 'Available'],
  ['available_ratio', 'Available'],
  ['sync_write_p99_seconds', 'Own write and sync, p99'],
  ['start_seconds', 'Time to start'],
] as const;
