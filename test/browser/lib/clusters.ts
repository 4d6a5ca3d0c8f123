/** Clusters as the survivors see them: five nodes of which three are dead, and hundreds. */
import type { ApiCheck, ApiMember, ApiNode } from '../../../agent/http/contract.ts';
import type { ApiLink, ApiMatrix } from '../../../agent/http/contract/links.ts';
import type { ApiEvent } from '../../../agent/http/contract/history.ts';
import { absentChecks, ago, areas, check, event, finding, goodChecks, node, problem, status } from './parts.ts';
import type { Scenario } from './scenarios.ts';

const HOUR = 3600;
/** When the masters of {@link threeDead} went. */
const DEAD_FOR = 284;
const DEAD = ['m1', 'm2', 'm3'] as const;

const CONTROL_PLANE = new Set(['etcd', 'scheduler', 'controller-manager']);

/** The checks of a node without control plane, with some replaced. */
function workerChecks(...changed: readonly ApiCheck[]): ApiCheck[] {
  const byId = new Map(changed.map((entry) => [entry.check, entry]));
  return [...goodChecks(), ...absentChecks()].map(
    (entry) =>
      byId.get(entry.check) ??
      (CONTROL_PLANE.has(entry.check)
        ? { ...entry, status: 'absent', why: 'This node has no control plane.', readings: [] }
        : entry),
  );
}

/** A result that is not believed any more, as the agent says it. */
const disbelieved = (entry: ApiCheck): ApiCheck => ({
  ...entry,
  status: 'unknown',
  lastStatus: entry.status,
  why: `its node is not connected; the last result was ${entry.status}${entry.why === undefined ? '' : `: ${entry.why}`}`,
});

const deadMaster = (name: string): ApiNode =>
  node(
    name,
    [...goodChecks(), ...absentChecks()].map((entry) => ({
      ...disbelieved(name === 'm2' && entry.check === 'disk-latency' ? slowDisk(DEAD_FOR + 40) : entry),
      ageSeconds: DEAD_FOR + 1 + (entry.ageSeconds ?? 0),
      overdue: entry.intervalSeconds * 3 < DEAD_FOR,
    })),
    {
      status: 'unknown',
      role: 'control-plane',
      zone: 'eu-1a',
      sentence: `The report of ${name} is history.`,
      ageSeconds: DEAD_FOR + 1,
      freshness: 'stale',
      member: name === 'm3' ? 'agent-down' : 'unreachable',
      memberSince: ago(DEAD_FOR),
    },
  );

const slowDisk = (since: number): ApiCheck =>
  check('disk-latency', 'Disk latency', {
    status: 'problem',
    since: ago(since),
    problems: [
      problem('DiskSlow', 'Writes to /var/lib/meerkat took 412 ms (99 of 100) for 45 s.', {
        severity: 'warning',
        since: ago(since),
      }),
    ],
  });

/** What a worker sees when no master is left. */
const orphaned = (): ApiCheck[] => [
  check('apiserver', 'API server', {
    status: 'problem',
    intervalSeconds: 3,
    since: ago(DEAD_FOR - 3),
    problems: [
      problem('ApiserverDown', '10.0.0.11:6443, 10.0.0.12:6443 and 10.0.0.13:6443 do not answer.', {
        since: ago(DEAD_FOR - 3),
      }),
    ],
  }),
  check('service-ip', 'API server by its service address', {
    status: 'problem',
    intervalSeconds: 30,
    since: ago(DEAD_FOR - 9),
    confirming: true,
    problems: [
      problem('ServiceIpBroken', '10.96.0.1:443 does not answer; nor do the addresses behind it.', {
        severity: 'warning',
        since: ago(DEAD_FOR - 9),
      }),
    ],
  }),
  check('pods', 'Pods', { status: 'unknown', why: 'No API server answers.', since: ago(DEAD_FOR - 3), ageSeconds: 4 }),
];

const survivor = (name: string, changes: Partial<ApiNode> = {}): ApiNode =>
  node(name, [...workerChecks(...orphaned()), ...orphaned().filter(({ check: id }) => id === 'pods')], {
    member: 'alive',
    memberSince: ago(51 * HOUR),
    status: 'problem',
    severity: 'critical',
    role: 'worker',
    ...changes,
  });

function deadLinks(): ApiLink[] {
  const alive = ['w1', 'w2'];
  const link = (from: string, to: string): ApiLink => {
    if (DEAD.some((name) => name === from)) {
      return { from, to, state: 'good', since: ago(51 * HOUR), rttSeconds: 0.0004, stale: true };
    }
    if (to === 'm3') return { from, to, state: 'refused', since: ago(DEAD_FOR), lossTo: 1, lossFrom: 1 };
    if (!alive.includes(to)) return { from, to, state: 'lost', since: ago(DEAD_FOR - 1), lossTo: 1, lossFrom: 1 };
    const figures = {
      rttSeconds: 0.00038,
      lossTo: 0,
      lossFrom: 0,
      clockOffsetSeconds: from === 'w1' ? 0.0012 : -0.0012,
    };
    return { from, to, state: 'good', since: ago(51 * HOUR), ...figures };
  };
  const names = [...DEAD, ...alive];
  return names.flatMap((from) => names.filter((to) => to !== from).map((to) => link(from, to)));
}

function deadMembers(): ApiMember[] {
  const dead = DEAD.map((name): ApiMember => {
    const state = name === 'm3' ? 'refused' : 'lost';
    return {
      node: name,
      state: name === 'm3' ? 'agent-down' : 'unreachable',
      since: ago(DEAD_FOR),
      judged: true,
      inComponent: false,
      freshness: 'stale',
      place: { uid: `uid-of-${name}`, controlPlane: true, zone: 'eu-1a' },
      testimony: ['w1', 'w2'].map((observer) => ({ observer, state })),
    };
  });
  const alive = ['w1', 'w2'].map((name): ApiMember => ({
    node: name,
    state: 'alive',
    since: ago(51 * HOUR),
    judged: true,
    inComponent: true,
    testimony: [{ observer: name === 'w1' ? 'w2' : 'w1', state: 'good' }],
  }));
  return [...dead, ...alive];
}

const deadFindings = () => [
  finding('NodesLost', '3 of 5 nodes cannot be reached from w1 and w2: m1, m2 and m3.', {
    severity: 'critical',
    node: 'm1',
    nodes: [...DEAD],
    since: ago(DEAD_FOR),
    observers: ['w1', 'w2'],
    evidence: [
      'm1 and m2: neither probes nor TCP connections get through, 2 of 2 observers.',
      'm3: its host refuses the port of the agent, 2 of 2 observers.',
    ],
    alternatives: ['m1 and m2 are powered off.', 'm1 and m2 run, and are cut off from w1 and w2.'],
    next: [
      'Look at the power and the switch of m1 and m2.',
      'On m3: `systemctl status kubelet`, then `crictl ps -a --name meerkat`.',
    ],
  }),
  finding('EtcdQuorumLost', 'etcd has no quorum as seen from here: all 3 members are on nodes that are lost.', {
    severity: 'critical',
    node: 'm1',
    nodes: [...DEAD],
    since: ago(DEAD_FOR),
    causedBy: 'NodesLost',
    observers: ['w1', 'w2'],
  }),
  finding('ApiserverDown', 'No API server answers: 10.0.0.11, 10.0.0.12 and 10.0.0.13 are lost.', {
    severity: 'critical',
    node: 'w1',
    nodes: ['w1', 'w2'],
    check: 'apiserver',
    since: ago(DEAD_FOR - 3),
    causedBy: 'NodesLost',
    observers: ['w1', 'w2'],
    evidence: ['10.0.0.11:6443: no route to host, 94 runs in a row.'],
  }),
];

const clusterEvents = (): ApiEvent[] => [
  event(45, DEAD_FOR - 3, {
    node: 'w1',
    kind: 'raised',
    check: 'apiserver',
    reason: 'ApiserverDown',
    severity: 'critical',
    message: '10.0.0.11:6443, 10.0.0.12:6443 and 10.0.0.13:6443 do not answer.',
  }),
  event(44, DEAD_FOR - 2, {
    node: 'm1',
    kind: 'concluded',
    reason: 'NodesLost',
    severity: 'critical',
    message: '3 of 5 nodes cannot be reached from w1 and w2: m1, m2 and m3.',
  }),
  event(43, DEAD_FOR + 40, {
    node: 'm2',
    kind: 'raised',
    check: 'disk-latency',
    reason: 'DiskSlow',
    severity: 'warning',
    message: 'Writes to /var/lib/meerkat took 412 ms (99 of 100) for 45 s.',
  }),
  event(42, 5 * HOUR, {
    node: 'w2',
    kind: 'resolved',
    reason: 'LinkDown',
    severity: 'warning',
    message: 'w2 and m1 see each other again.',
  }),
  event(41, 51 * HOUR, { node: 'w1', kind: 'agent-started', message: 'Meerkat 0.1.0 started.' }),
];

/** Seen from w1, with w2: every master is dead. */
export const threeDead = (): Scenario => {
  const own = survivor('w1');
  return {
    status: status(
      'critical',
      'Three of five nodes are lost since 4 minutes, all masters among them: etcd has no quorum and no API server answers.',
      {
        view: { node: 'w1', members: 5, current: 2, component: 2, settled: true },
        findings: deadFindings(),
        areas: areas({
          'control-plane': {
            status: 'problem',
            looked: 0,
            of: 3,
            findings: ['NodesLost', 'EtcdQuorumLost', 'ApiserverDown'],
          },
          workers: { looked: 2, of: 2 },
          network: { looked: 2, of: 2 },
          dns: { status: 'unknown', looked: 1, of: 2 },
        }),
        elsewhere: [
          { node: 'w2', connected: true, urls: ['http://10.0.0.22:7575/'] },
          { node: 'm1', connected: false, urls: ['http://10.0.0.11:7575/'] },
          { node: 'm2', connected: false, urls: ['http://10.0.0.12:7575/', 'http://[fd00::12]:7575/'] },
        ],
      },
    ),
    node: own,
    peers: [...DEAD.map(deadMaster), survivor('w2', { freshness: 'current', ageSeconds: 1.8 })],
    members: { node: 'w1', digest: '5f2a77c01b3e', members: deadMembers() },
    matrix: { node: 'w1', nodes: [...DEAD, 'w1', 'w2'], links: deadLinks() },
    events: clusterEvents(),
  };
};

/** Three masters and workers; some have problems, some are gone, one has never been heard. */
export function manyNodes(count: number): Scenario {
  const names = [
    'master-1',
    'master-2',
    'master-3',
    ...Array.from({ length: count - 3 }, (_, index) => `worker-${String(index + 1).padStart(3, '0')}`),
  ];
  const all = names.map((name, index) => oneOfMany(name, index));
  const [own, ...peers] = all;
  const gone = all.filter(({ freshness }) => freshness === 'stale').map(({ node: name }) => name);
  return {
    status: status('degraded', `worker-007 and ${gone.length - 1} other nodes are unreachable since 7 minutes.`, {
      view: {
        node: 'master-1',
        members: count,
        current: count - gone.length - 1,
        component: count - gone.length,
        settled: true,
      },
      findings: [
        finding('NodesLost', `${gone.length} of ${count} nodes are unreachable.`, {
          node: gone[0] ?? 'worker-007',
          nodes: gone,
          since: ago(420),
          observers: names.slice(0, 9),
          dissent: ['worker-101'],
          evidence: ['9 of 10 observers lost each of them.'],
        }),
      ],
      areas: areas(
        { workers: { status: 'problem', looked: count - 3 - gone.length, findings: ['NodesLost'] } },
        { 'control-plane': 3, workers: count - 3, network: count - gone.length, dns: count - gone.length },
      ),
    }),
    node: own!,
    peers,
    members: { node: 'master-1', digest: 'c0ffee', members: all.map((entry) => memberOf(entry, names)) },
    matrix: ringMatrix(names, new Set(gone)),
    events: clusterEvents().map((entry) => ({ ...entry, node: 'worker-007' })),
  };
}

function oneOfMany(name: string, index: number): ApiNode {
  const place = { role: index < 3 ? 'control-plane' : 'worker', zone: `eu-1${'abc'[index % 3]}` } as const;
  const alive = { member: 'alive', memberSince: ago(51 * HOUR), ...place } as const;
  if (index === 0) return node(name, [...goodChecks(), ...absentChecks()], alive);
  const fresh = { ...alive, freshness: 'current', ageSeconds: 2.5 } as const;
  if (index < 3) return node(name, [...goodChecks(), ...absentChecks()], fresh);
  if (index % 97 === 9) {
    return node(name, workerChecks().map(disbelieved), {
      ...place,
      status: 'unknown',
      freshness: 'stale',
      member: 'unreachable',
      memberSince: ago(420),
      ageSeconds: 421,
    });
  }
  if (index % 31 === 7) return node(name, workerChecks(slowDisk(900 + index)), { ...fresh, severity: 'warning' });
  if (index === 42) {
    const {
      version: _version,
      startedAt: _startedAt,
      ...silent
    } = node(name, [], {
      member: 'suspect',
      memberSince: ago(30),
      status: 'unknown',
      ageSeconds: null,
    });
    return silent;
  }
  return node(name, workerChecks(), fresh);
}

function memberOf(entry: ApiNode, names: readonly string[]): ApiMember {
  const isGone = entry.freshness === 'stale';
  return {
    node: entry.node,
    state: entry.member ?? 'alive',
    since: entry.memberSince ?? ago(0),
    judged: true,
    inComponent: !isGone,
    testimony: names.slice(0, 8).map((observer) => ({ observer, state: isGone ? 'lost' : 'good' })),
  };
}

/** Every node looks at its four neighbours on each side. */
function ringMatrix(names: readonly string[], gone: ReadonlySet<string>): ApiMatrix {
  const links = names.flatMap((from, index) =>
    [-4, -3, -2, -1, 1, 2, 3, 4].map((step): ApiLink => {
      const to = names.at((index + step) % names.length) ?? from;
      const isStale = gone.has(from);
      const state = gone.has(to) && !isStale ? 'lost' : 'good';
      return {
        from,
        to,
        state,
        since: ago(state === 'lost' ? 421 : 51 * HOUR),
        ...(state === 'good' && {
          rttSeconds: 0.0003 + 0.0001 * Math.abs(step),
          lossTo: from === 'master-2' && step === 1 ? 0.3 : 0,
          lossFrom: 0,
        }),
        ...(isStale && { stale: true }),
      };
    }),
  );
  return { node: names[0] ?? '', nodes: [...names], links };
}
