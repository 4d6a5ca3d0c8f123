import { quorumHolders } from '../etcd-quorum.ts';
import { living } from '../instances.ts';
import type { MeshEvidence } from '../mesh-evidence.ts';
import { type Draft, type Evidence, type Rule, type SeenProblem, claimed, draftFor, evidenceLine } from '../rule.ts';
import { formatNames } from '../words.ts';

const CLAIMS = ['etcd/EtcdNoLeader'];
/**
 * A majority that lives elects a leader within a second or two; where packets get lost it needs some rounds, and with
 * `--election-timeout=5000`, as k3s and Kubespray set it, up to ten seconds.
 */
const ELECTION_MS = 15_000;
const FEWEST_TO_ELECT = 3;
/** It takes part in no election. */
const DEAD = ['etcd/EtcdDown', 'etcd/EtcdHung'];
/** Nobody listens where the member belongs: the port refuses, or the process is gone. */
const GONE = ['etcd/EtcdDown'];

export const etcdQuorumLost: Rule = {
  reason: 'EtcdQuorumLost',
  severity: 'critical',
  concludes: 'The etcd cluster has no quorum: nothing can be written to the Kubernetes API.',
  from: 'A member whose serializable read succeeds and whose linearizable read failed in two runs, while no other member serves one; or a majority of the members each positively lost: its port refuses, its process is gone, or its host is unreachable.',
  sound:
    'A serializable read is answered by the member alone; a linearizable one needs a round trip to a quorum. From lost members it is concluded as seen from here: the other side of a cut may have the quorum.',
  silentWhen:
    'The member itself is down or hangs, or it alone misses the majority, which others have: that is EtcdMemberDown and says nothing about the others. A member that is unknown, overdue, late, or whose agent alone is down is never counted as lost. Only an info for 15 s while no half of three or more members is dead or lost, as when the leader has ended: they elect one.',
  claims: CLAIMS,
  find(evidence) {
    const seen = claimed(evidence, CLAIMS);
    const [missing, ended] = [living(seen), seen.filter(({ endedMs }) => endedMs !== undefined)];
    const lost = lostMajority(evidence);
    const isHeld = missing.length > 0 && quorumHolders(evidence).length > 0;
    const told = fromReaders(evidence, isHeld ? [] : missing, lost)?.map((draft) =>
      isElection(evidence, missing) ? { ...draft, severity: 'info' as const } : draft,
    );
    return [
      ...(told ?? (lost === undefined ? [] : [fromLosses(evidence, lost)])),
      // One of several that missed the majority for itself had lost no quorum.
      ...(2 * ended.length < evidence.roles.having('etcd').length ? [] : ended).map((problem) =>
        readerDraft(evidence, problem, [problem.node]),
      ),
    ];
  },
};

/** While they elect, some miss the majority, and others have not looked again. */
function isElection(evidence: Evidence, missing: readonly SeenProblem[]): boolean {
  const { now, roles, mesh } = evidence;
  const members = roles.having('etcd');
  const dead = new Set(living(claimed(evidence, DEAD)).map(({ node }) => node));
  const able = members.filter((name) => !dead.has(name) && mesh?.lost.has(name) !== true);
  const since = Math.min(...missing.map(({ problem }) => problem.since));
  return members.length >= FEWEST_TO_ELECT && 2 * able.length > members.length && now - since < ELECTION_MS;
}

interface LostMajority {
  readonly members: readonly string[];
  readonly lost: readonly string[];
  readonly since: number;
  readonly observers: readonly string[];
  readonly evidence: readonly string[];
}

/** One finding however many members say so; undefined when none does. */
function fromReaders(
  evidence: Evidence,
  seen: readonly SeenProblem[],
  lost: LostMajority | undefined,
): Draft[] | undefined {
  const { self } = evidence.state;
  const sorted = [...seen].sort(
    (a, b) => Number(b.node === self) - Number(a.node === self) || (a.node < b.node ? -1 : 1),
  );
  const [first] = sorted;
  if (first === undefined) return undefined;
  const readers = sorted.map(({ node }) => node);
  const draft = readerDraft(evidence, first, readers);
  return [
    {
      ...draft,
      ...(lost !== undefined && { nodes: lost.lost }),
      since: Math.min(...sorted.map(({ problem }) => problem.since)),
      observers: readers,
      evidence: [...sorted.map(evidenceLine), ...(lost?.evidence ?? [])],
    },
  ];
}

const readerDraft = (evidence: Evidence, seen: SeenProblem, readers: readonly string[]): Draft =>
  draftFor(
    evidence,
    seen,
    'EtcdQuorumLost',
    'critical',
    `etcd has lost its quorum as seen from ${formatNames(readers)}`,
  );

function lostMajority(evidence: Evidence): LostMajority | undefined {
  const { mesh } = evidence;
  if (mesh === undefined || mesh.expected.length + mesh.lost.size < 2) return undefined;
  const gone = new Map(
    claimed(evidence, GONE)
      .filter(({ endedMs, node }) => endedMs === undefined && isCurrent(mesh, node))
      .map((seen) => [seen.node, seen]),
  );
  const losses = mesh.etcd.flatMap((name) => {
    const host = mesh.lost.get(name);
    if (host !== undefined) {
      return [{ name, since: host.since, observers: host.observers, text: `the host of ${name} is unreachable` }];
    }
    const member = gone.get(name);
    if (member === undefined) return [];
    return [
      { name, since: member.problem.since, observers: [name], text: `etcd on ${name}: ${member.problem.message}` },
    ];
  });
  if (2 * losses.length <= mesh.etcd.length) return undefined;
  const since = losses.map((loss) => loss.since).sort((a, b) => a - b)[Math.floor(mesh.etcd.length / 2)];
  return {
    members: mesh.etcd,
    lost: losses.map(({ name }) => name),
    // The moment at which the majority was gone.
    since: since ?? evidence.now,
    observers: [...new Set(losses.flatMap(({ observers }) => observers))].sort(),
    evidence: losses.map(({ text }) => text),
  };
}

const isCurrent = ({ reports }: MeshEvidence, node: string): boolean => {
  const freshness = reports.get(node)?.freshness;
  return freshness === undefined || freshness === 'current';
};

function fromLosses(
  { state: { self }, catalogue }: Evidence,
  { members, lost, since, observers, evidence }: LostMajority,
): Draft {
  const { remedy } = catalogue.reason('etcd', 'EtcdNoLeader') ?? {};
  return {
    reason: 'EtcdQuorumLost',
    severity: 'critical',
    nodeSeverity: 'info',
    node: self,
    nodes: lost,
    check: 'etcd',
    sentence: `etcd has lost its quorum as seen from here: ${lost.length} of its ${members.length} members are lost, ${formatNames(lost)}`,
    since,
    observers,
    dissent: [],
    evidence,
    alternatives: [],
    next: [
      'Bring one of them back first: with a majority etcd heals by itself, without data loss',
      ...(remedy === undefined ? [] : [remedy]),
    ],
    intervalMs: 3000,
  };
}
