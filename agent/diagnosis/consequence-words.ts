/** What consequences are called in the one sentence, which has room for a few words on each: `API server m2 not ready`. */
import type { Finding } from '../model/finding.ts';
import { isOfDns } from './pod-causes.ts';
import { bySeverity } from './rule.ts';
import { formatNames } from './words.ts';

/** @param place ` on m2`, empty where it is the node of the cause, which is named already */
type Words = (nodes: readonly string[], place: string, findings: readonly Finding[]) => string;

/** `API server m2 not ready`, `API servers m1 and m2 not ready`. */
const each =
  (what: string, state: string): Words =>
  (nodes) =>
    `${what}${nodes.length > 1 ? 's' : ''} ${formatNames(nodes)} ${state}`;

/** `containers cannot start on w1`. */
const there =
  (what: string): Words =>
  (_, place) =>
    `${what}${place}`;

/** Of the cluster, wherever it was seen. */
const everywhere =
  (what: string): Words =>
  () =>
    what;

/** `DNS pods restarting`, `kube-scheduler-m1 restarting`, `pods restarting on w1`. */
const pods =
  (state: string): Words =>
  (_, place, findings) => {
    const [only = '', ...more] = findings.map(({ subject = '' }) => subject);
    const isOne = more.length === 0 && only.includes('/');
    const who = findings.every(isOfDns) ? 'DNS pods' : isOne ? only.replace(/^.*\//, '') : 'pods';
    return `${who} ${state}${place}`;
  };

/** By the reasons that can be a consequence. What most people notice comes first. */
const WORDS: Readonly<Record<string, Words>> = {
  NoControlPlaneFromHere: everywhere('no control plane from here'),
  EtcdQuorumLost: everywhere('etcd without a quorum'),
  ClusterDnsDown: everywhere('the cluster’s DNS down'),
  ApiserverDown: each('API server', 'not serving'),
  ApiserverNotReady: each('API server', 'not ready'),
  NodeStatusUnknown: each('node', 'unknown to the control plane'),
  NodeNotReady: each('node', 'not ready'),
  NodeNetworkUnavailable: each('node', 'without a network for pods'),
  KubeletDown: each('kubelet', 'down'),
  KubeletUnhealthy: each('kubelet', 'not healthy'),
  RuntimeDown: each('container runtime', 'down'),
  SchedulerDown: everywhere('no scheduler'),
  ControllerManagerDown: everywhere('no controller manager'),
  ServiceUnreachable: there('the API not reached by its Service'),
  DnsDown: there('no DNS'),
  PodsCrashing: pods('restarting'),
  PodsNotReady: pods('not ready'),
  ContainersCannotStart: there('containers cannot start'),
  PodNetworkFails: there('new pods without a network'),
  EtcdSlow: each('etcd member', 'slow'),
  EtcdMemberDown: each('etcd member', 'failing'),
  EtcdRevisionWentBack: everywhere('data of etcd older than they were'),
  EtcdUnhealthy: each('etcd member', 'not healthy'),
  EtcdLeaderFlapping: everywhere('etcd changes its leader'),
  ApiserverAddressBroken: there('an API server not reached'),
  LinkDown: (_, __, findings) => `broken links at ${formatNames(namesOf(findings))}`,
  OneWayLink: (_, __, findings) => `one-way links at ${formatNames(namesOf(findings))}`,
  PacketLoss: there('packets lost'),
  PathMtuBroken: there('long packets lost'),
  OverlayMtuBroken: there('long packets between pods lost'),
  OutOfMemory: there('processes killed for want of memory'),
  NodeLeaseStale: there('no Lease renewed'),
  NodeDiskPressure: there('disk pressure'),
  NodeMemoryPressure: there('memory pressure'),
  NodePidPressure: there('process id pressure'),
  DiskStalled: there('disk stalled'),
  DiskSlow: there('disk slow'),
  StoreUnavailable: there('history not kept'),
  NoStandby: everywhere('no standby'),
  AgentImpaired: there('agent impaired'),
};

const ORDER = Object.keys(WORDS);

/** The reasons that have words. */
export const NAMED: ReadonlySet<string> = new Set(ORDER);

/** @returns a few words for each reason, the gravest first, and of those what most people notice */
export function wordsFor(cause: Finding, consequences: readonly Finding[]): readonly string[] {
  const known = new Set(cause.nodes ?? [cause.node]);
  const rankOf = (reason: string): number => (NAMED.has(reason) ? ORDER.indexOf(reason) : ORDER.length);
  const sorted = consequences.toSorted(
    (a, b) => bySeverity(a.severity, b.severity) || rankOf(a.reason) - rankOf(b.reason),
  );
  return [...Map.groupBy(sorted, ({ reason }) => reason)].map(([reason, findings]) => {
    const nodes = [...new Set(findings.flatMap(({ node, nodes: all }) => all ?? [node]))].sort();
    const place = nodes.every((node) => known.has(node)) ? '' : ` on ${formatNames(nodes)}`;
    return (WORDS[reason] ?? there(reason))(nodes, place, findings);
  });
}

const namesOf = (findings: readonly Finding[]): readonly string[] =>
  [...new Set(findings.map(({ node }) => node))].sort();
