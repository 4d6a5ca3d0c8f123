/** Faults of a generated cluster, each as its nodes would tell of it. */
import { NOW, NOW_MS, STORE } from '../../../agent/diagnosis/testing.ts';
import type { ClusterState } from '../../../agent/model/cluster-state.ts';
import type { KubeState } from '../../../agent/model/kube-state.ts';
import type { LeavingReason, Member } from '../../../agent/model/member.ts';
import type { MeshState, Misdeed } from '../../../agent/model/mesh-state.ts';
import type { CheckResult, EndedProblem, RaisedProblem } from '../../../agent/model/report.ts';
import type { PeerStore, StoreHealth } from '../../../agent/model/store-health.ts';
import { CHECKS } from '../../../checks/registry.ts';
import type { Random } from '../../lib/random.ts';
import { randomSignals } from './signals.ts';
import { plainText } from './texts.ts';

export type Fault =
  | { readonly kind: 'host'; readonly node: string; readonly how: 'powerOff' | 'kill' | 'freeze' }
  | { readonly kind: 'cut'; readonly node: string; readonly other: string; readonly oneWay: boolean }
  | { readonly kind: 'problem'; readonly node: string; readonly check: string; readonly problem: RaisedProblem }
  | { readonly kind: 'ended'; readonly node: string; readonly check: string; readonly problem: EndedProblem }
  /** A check that cannot look, or has not for long. */
  | {
      readonly kind: 'blind';
      readonly node: string;
      readonly check: string;
      readonly result: Partial<CheckResult> & Pick<CheckResult, 'status'>;
    }
  | { readonly kind: 'store'; readonly node: string; readonly store: PeerStore }
  | { readonly kind: 'clock'; readonly node: string; readonly aheadMs: number }
  | { readonly kind: 'version'; readonly node: string }
  | { readonly kind: 'leave'; readonly node: string; readonly reason: LeavingReason }
  | { readonly kind: 'member'; readonly node: string; readonly more: Partial<Member> }
  | { readonly kind: 'mesh'; readonly node: string; readonly more: Partial<MeshState> }
  | { readonly kind: 'kube'; readonly node: string; readonly more: Partial<KubeState> }
  /** Of the agent that looks. */
  | { readonly kind: 'own'; readonly node: string; readonly more: Partial<ClusterState> };

/** Kinds that the checks' words alone make up; the mesh is as it should be. */
export const WORDS_ONLY: ReadonlySet<Fault['kind']> = new Set(['problem', 'ended', 'blind', 'version']);

/** The API servers' own addresses, on the control-plane nodes and beside them. */
export const addressOf = (node: string): string => `${node}.example:6443`;
const ELSEWHERE = '192.0.2.1:6443';

const MINUTE = 60_000;
const STORES: readonly StoreHealth['state'][] = ['opening', 'stalled', 'full', 'read-only', 'failed'];
const MISDEEDS: readonly Misdeed[] = ['forged', 'malformed', 'flood'];
const MOUNTS = ['/', '/var/lib', '/var/lib/meerkat', '/var/lib/kubelet'];

/** @param self the node that looks, whose host works */
export function randomFault(random: Random, names: readonly string[], self: string): Fault {
  const node = random.pick(names);
  const others = names.filter((name) => name !== node);
  const roll = random.next();
  if (roll < 0.55) return problemOn(random, node, names);
  if (roll < 0.62) return { ...problemOn(random, node, names), ...endedOn(random, node, names) };
  if (roll < 0.7) return blindOn(random, node);
  if (roll < 0.73) return { kind: 'store', node, store: storeOf(random) };
  if (roll < 0.75) return { kind: 'clock', node, aheadMs: random.pick([-5000, 400, 2000]) };
  if (roll < 0.76) return { kind: 'version', node };
  if (roll < 0.77) return ownFault(random, self);
  if (node === self || others.length === 0)
    return random.chance(0.5) ? meshFault(random, names) : kubeFault(random, names);
  if (roll < 0.86) return { kind: 'host', node, how: random.pick(['powerOff', 'powerOff', 'kill', 'freeze']) };
  if (roll < 0.9) return { kind: 'cut', node, other: random.pick(others), oneWay: random.chance(0.3) };
  if (roll < 0.91) return { kind: 'leave', node, reason: random.pick(['restart', 'shutdown', 'removed']) };
  if (roll < 0.94) return { kind: 'member', node, more: memberOf(random) };
  return random.chance(0.6) ? meshFault(random, names) : kubeFault(random, names);
}

const sinceOf = (random: Random): number => NOW - random.pick([3000, 30_000, 90_000, 5 * MINUTE, 20 * MINUTE]);

export type ProblemFault = Fault & { readonly kind: 'problem' };

function problemOn(random: Random, node: string, names: readonly string[]): ProblemFault {
  const [check, reason] = randomReason(random);
  return problemOf(random, { node, check, reason }, names);
}

/** With a subject that such a problem has, and words that may fit or not. */
export function problemOf(
  random: Random,
  { node, check, reason }: { readonly node: string; readonly check: string; readonly reason: string },
  names: readonly string[],
): ProblemFault {
  const severity = CHECKS.find(({ id }) => id === check)?.reasons[reason]?.severity ?? 'warning';
  const subject = subjectFor(random, check, node, names);
  const since = sinceOf(random) - random.pick([0, 0, random.integer(10_000)]);
  const message = plainText(random);
  return {
    kind: 'problem',
    node,
    check,
    problem: { reason, severity, message, since, ...(subject !== undefined && { subject }) },
  };
}

function endedOn(random: Random, node: string, names: readonly string[]): Fault & { readonly kind: 'ended' } {
  const { check, problem } = problemOn(random, node, names);
  return { kind: 'ended', node, check, problem: { ...problem, endedMs: random.integer(40_000) } };
}

/** Half of them are reasons that explanations speak of: parts of a control plane, disks and runtimes. */
function randomReason(random: Random): readonly [check: string, reason: string] {
  const often = [
    'etcd',
    'apiserver',
    'apiserver-address',
    'disk-space',
    'container-runtime',
    'dns',
    'overlay',
    'kubelet',
  ];
  const checks = random.chance(0.5) ? CHECKS.filter(({ id }) => often.includes(id)) : CHECKS;
  const { id, reasons } = random.pick(checks.filter((one) => Object.keys(one.reasons).length > 0));
  return [id, random.pick(Object.keys(reasons))];
}

function subjectFor(random: Random, check: string, node: string, names: readonly string[]): string | undefined {
  const other = random.pick(names.filter((name) => name !== node));
  switch (check) {
    case 'reachability':
    case 'overlay':
    case 'clock':
      return other;
    case 'apiserver-address':
      return random.chance(0.2) ? ELSEWHERE : addressOf(random.pick(names.filter((name) => name.startsWith('m'))));
    case 'disk-space':
      return random.pick(MOUNTS);
    case 'dns':
      return '10.96.0.10';
    default:
      return random.chance(0.3) ? random.pick(['a', 'b', '/etc/kubernetes/pki/kubelet.crt']) : undefined;
  }
}

function blindOn(random: Random, node: string): Fault {
  const check = random.pick(CHECKS).id;
  const why = plainText(random);
  const result = random.pick<Partial<CheckResult> & Pick<CheckResult, 'status'>>([
    { status: 'unknown', why },
    { status: 'unknown', why, looked: true },
    { status: 'unknown', why, cutShort: 'timeout' },
    { status: 'absent', why },
    { status: 'ok', ageMs: 5 * MINUTE },
  ]);
  return { kind: 'blind', node, check, result };
}

const storeOf = (random: Random): PeerStore => ({
  state: random.pick(STORES),
  since: sinceOf(random),
  message: plainText(random),
});

const memberOf = (random: Random): Partial<Member> =>
  random.pick<Partial<Member>>([
    { state: 'suspect', inComponent: false, sinceMs: NOW_MS - MINUTE },
    { state: 'unreachable', judged: false, inComponent: false, testimony: [] },
    { state: 'unreachable', inComponent: false, testimony: [] },
    { state: 'agent-down', inComponent: false, testimony: [] },
    { state: 'left', inComponent: false },
    { flapping: { falls: 4, sinceMs: NOW_MS - MINUTE, isOwn: random.chance(0.5) } },
    { connectedSinceMs: NOW_MS - 2000 },
    { state: 'agent-unresponsive', inComponent: false, graceUntilMs: NOW_MS + MINUTE },
  ]);

function meshFault(random: Random, names: readonly string[]): Fault {
  const [node, other] = [random.pick(names), random.pick(names)];
  const [since, sinceMs] = [sinceOf(random), NOW_MS - random.integer(10 * MINUTE)];
  const reason = plainText(random);
  const more = random.pick<Partial<MeshState>>([
    { conflicts: [{ kind: 'name', name: node, claimants: ['12D3a', '12D3b'], since }] },
    { conflicts: [{ kind: 'address', node, address: '10.0.0.9:7576', found: other, since }] },
    {
      outages: [
        { node, from: since, to: since + 1000, observers: random.chance(0.5) ? [other] : [], lostByItself: [other] },
      ],
    },
    { outages: [{ node, from: since, to: since + 1000, observers: [other], lostByItself: [], bootedAt: since }] },
    { isolated: { sinceMs, witnesses: random.chance(0.5) ? ['gateway 10.0.0.1'] : [] } },
    { unmetSeeds: [{ address: '10.0.0.7:7576', refusesKey: random.chance(0.5), sinceMs }] },
    {
      keys: {
        own: ['a1'],
        members: [{ node, ids: ['b2'] }],
        refusals: [{ node: other, address: '10.0.0.8:7576', sinceMs }],
      },
    },
    {
      misbehaving: [
        {
          node: random.chance(0.7) ? node : undefined,
          peerId: '12D3c',
          addresses: ['10.0.0.5'],
          misdeeds: { [random.pick(MISDEEDS)]: 3 },
          sinceMs,
          refusedUntilMs: NOW_MS + MINUTE,
        },
      ],
    },
    { removing: [{ node, why: 'tainted x', isAnnounced: random.chance(0.5), sinceMs }] },
    { maintenance: [{ node, by: other, reason, sinceMs, untilMs: NOW_MS + 10 * MINUTE }] },
  ]);
  return { kind: 'mesh', node, more };
}

function kubeFault(random: Random, names: readonly string[]): Fault {
  const node = random.pick(names);
  const unchangedForMs = random.integer(5 * MINUTE);
  const more = random.pick<Partial<KubeState>>([
    { roster: { reader: node, ageMs: random.integer(MINUTE), isCurrent: random.chance(0.5), nodes: 9, omitted: 0 } },
    { withoutAgent: [{ node: 'w-new', sinceMs: NOW_MS - 20 * MINUTE }] },
    { leases: [{ node, kind: random.pick(['renewed', 'stale', 'none']), unchangedForMs }] },
    {
      controllers: [
        {
          name: random.pick(['kube-scheduler', 'kube-controller-manager']),
          kind: random.pick(['renewed', 'stale', 'stale']),
          unchangedForMs,
          holder: `${node}_leaderElection`,
        },
      ],
    },
  ]);
  return { kind: 'kube', node, more };
}

function ownFault(random: Random, self: string): Fault {
  const [why, since] = [plainText(random), sinceOf(random)];
  const more = random.pick<Partial<ClusterState>>([
    { meshFault: { why, since } },
    { leftOut: [{ check: 'disk-space', why, at: since }] },
    { store: { ...STORE, setAside: { path: '/var/lib/meerkat/old.db', why: 'corrupt', at: since } } },
    { catchingUp: true, resumedAtMs: NOW_MS - 1000 },
    { settled: false },
    { signals: randomSignals(random, [self], plainText) },
  ]);
  return { kind: 'own', node: self, more };
}

/** A control plane in trouble: one follows from the other, or might. The author has something to say of it as well. */
export function entangled(random: Random, names: readonly string[], author: string): readonly Fault[] {
  const node = random.pick(names.filter((name) => name.startsWith('m')));
  const since = sinceOf(random);
  const problem = (where: string, check: string, reason: string, subject?: string): Fault => {
    const message = plainText(random);
    const raised = { reason, severity: 'critical' as const, message, since, ...(subject !== undefined && { subject }) };
    return random.chance(0.8)
      ? { kind: 'problem', node: where, check, problem: raised }
      : { kind: 'ended', node: where, check, problem: { ...raised, endedMs: 5000 } };
  };
  const all = [
    problem(node, 'apiserver', random.pick(['ApiserverDown', 'ApiserverHung', 'ApiserverNotReady'])),
    problem(node, 'etcd', random.pick(['EtcdDown', 'EtcdHung', 'EtcdNoLeader'])),
    problem(node, 'scheduler', 'SchedulerDown'),
    problem(node, 'etcd', 'EtcdSlow'),
    ...names.map((name) => problem(name, 'etcd', 'EtcdNoLeader')).filter((one) => one.node.startsWith('m')),
    problem(node, 'disk-space', 'DiskFull', '/'),
    problem(node, 'container-start', 'ContainersCannotStart'),
    problem(node, 'container-runtime', 'RuntimeDown'),
    problem(author, 'apiserver-address', 'ApiserverUnreachable', addressOf(node)),
    meshFaultOf(node, author, since),
  ];
  return all.filter(() => random.chance(0.5));
}

/** The author says that somebody works there. */
const meshFaultOf = (node: string, by: string, since: number): Fault => ({
  kind: 'mesh',
  node,
  more: {
    maintenance: [{ node, by, reason: 'x', sinceMs: since - NOW + NOW_MS, untilMs: NOW_MS + 10 * MINUTE }],
  },
});

/** Of the node that looks. */
export const ownStore = (store: PeerStore): StoreHealth => ({ ...STORE, ...store });
