/**
 * What explains that pods of the cluster itself crash or do not become ready. A pod's evidence is its name and how its container
 * ended; what that does not name is left out:
 * - The overlay explains no crash: a pod reaches API servers by their hosts' addresses, which no tunnel is on the way to.
 * - A container runtime that is gone leaves containers running, and starts none: that is no crash.
 * - kube-proxy that is gone leaves the rules that it wrote; where Services fail, that is a finding, and that one explains.
 * - DNS: who asks the API has its address from the environment, and no name to look up.
 */
import { type Explanation, byService, says, wordsOf } from './explanation.ts';
import type { Draft } from './rule.ts';

/** Where clusters keep what is their own; a name alone may be anybody's. */
const OWN = /^(?:kube-[\w-]+|[\w-]+-system|tigera-operator)\//;
/** Of Kubernetes, kubespray and RKE2. */
const DNS_SERVER = /\/(?:rke2-)?(?:coredns|kube-dns)-/;
const DNS_CACHE = /\/(?:node-local-dns|nodelocaldns)-/;
/** They end when they cannot renew their Lease, and say so in no other way than with their exit code. */
const LEADER = /\/(?:kube-controller-manager|kube-scheduler|cloud-controller-manager)-/;
/**
 * They ask the API when they start, by its Service, and end or stay unready without an answer. Not those that may themselves be
 * what makes Services lead somewhere, as Cilium.
 */
const CLIENT =
  /\/(?:(?:rke2-)?coredns|kube-dns|dns-autoscaler|metrics-server|local-path-provisioner|cluster-autoscaler|calico|canal|kube-flannel|weave-net|csi-|snapshot-controller)/;

/** They have a network of their own, not their node's: one that has no network for pods starts none of these. */
const IN_POD_NETWORK =
  /\/(?:(?:rke2-)?coredns|kube-dns|dns-autoscaler|metrics-server|local-path-provisioner|calico-kube-controllers)-/;

const isPod =
  (...names: readonly RegExp[]) =>
  ({ subject = '' }: Pick<Draft, 'subject'>): boolean =>
    OWN.test(subject) && names.some((name) => name.test(subject));

/**
 * How a program ends that gives up waiting, or that a liveness probe ends: 0 or 143 on SIGTERM, 137 when that was not heard,
 * 255 by an older klog. Not by a signal of its own, for want of memory, or because it could not be started at all.
 */
const GAVE_UP = /last with exit code (?:0|1|2|137|143|255)\b(?! \((?:OOMKilled|StartError|ContainerCannotRun)\))/;
const gaveUp = says(GAVE_UP);
const isNotServing = says(/containers with unready status/);
/** The control plane takes away that a pod is ready, without a word why, once its node is not. All but the first pods are only counted. */
const isOfAll = (pod: Draft): boolean =>
  pod.subject === 'others' || says(/no reason is given, as where the control plane does not hear the kubelet/)(pod);
/** Its containers wait for whoever makes them. A volume may be what is missing, too; on such a node nothing is made either way. */
const isBeingMade = says(/waits, (?:ContainerCreating|PodInitializing)\b/);
/** It was placed on the node, and no kubelet has taken it on. */
const isNotTakenOn = says(/it is Pending/);

/**
 * A crash is told with the third restart, which comes half a minute after the first at the soonest: not before its cause, except
 * by what the two checks are late. A liveness probe takes up to a minute, and three restarts count within ten.
 */
const CRASH_LEAD_MS = 15_000;
const CRASH_LAG_MS = 660_000;
/** Writes are judged over half a minute. */
const ETCD_SLOW_LEAD_MS = 30_000;
/** The Service is tried every 30 s, in a large cluster more seldom. */
const SERVICE_LEAD_MS = 90_000;
/** That DNS is down is told since it was, and of its pods a third restart, or what has lasted five minutes. */
const DNS_LEAD_MS = 660_000;
const OOM_LEAD_MS = 60_000;
/** Pods are told after five minutes, nodes after one at most. */
const NODE_LEAD_MS = 60_000;

/** A pod that answers questions of DNS, for the cluster or its node. */
export const isOfDns = isPod(DNS_SERVER, DNS_CACHE);
const isLeader = isPod(LEADER);
const isClient = isPod(LEADER, CLIENT);

const crash = (
  cause: string,
  relation: Explanation['relation'],
  why: string,
  predicate: Explanation['predicate'],
  leadMs = CRASH_LEAD_MS,
): Explanation => ({ cause, consequence: 'PodsCrashing', relation, why, predicate, leadMs, lagMs: CRASH_LAG_MS });

/** The names of what the kernel killed: `killed kubelet (pid 7) and coredns (pid 9)`. */
const killedBy = (draft: Draft): readonly string[] =>
  wordsOf(draft).words.flatMap((line) => [...line.matchAll(/([\w.-]+) \(pid \d+\)/g)].map(([, name = '']) => name));

/** The kernel keeps so much of a process's name. Source: TASK_COMM_LEN in include/linux/sched.h. */
const COMM_LENGTH = 15;

/** True when the container is named as one of the processes that were killed is, and ended as they did. */
const wasKilled = (consequence: Draft, cause: Draft): boolean => {
  const killed = new Set(killedBy(cause));
  return wordsOf(consequence).words.some((line) => {
    const [, container = ''] = /Container (\S+) of .* exit code 137\b/.exec(line) ?? [];
    return killed.has(container) || killed.has(container.slice(0, COMM_LENGTH));
  });
};

const unready = (cause: string, why: string, predicate: Explanation['predicate']): Explanation => ({
  cause,
  consequence: 'PodsNotReady',
  relation: 'same node',
  why,
  predicate,
  leadMs: NODE_LEAD_MS,
  lagMs: Infinity,
});

const TO_ALL = 'No API server is left that answers the pods that ask it and end without an answer.';

export const POD_EXPLANATIONS: readonly Explanation[] = [
  crash(
    'EtcdSlow',
    'same node',
    'A pod that asks the API gives up beside the member: both wait for its disk, and for an API that waits for it.',
    (pod) => isClient(pod) && gaveUp(pod),
    ETCD_SLOW_LEAD_MS,
  ),
  crash(
    'EtcdSlow',
    'anywhere',
    'A Lease is not renewed in time while a write waits for the disk of a member, and who loses its Lease ends.',
    (pod) => isLeader(pod) && gaveUp(pod),
    ETCD_SLOW_LEAD_MS,
  ),
  crash(
    'EtcdQuorumLost',
    'anywhere',
    'Without a quorum the API answers no pod that asks it, and such a pod ends.',
    (pod) => isClient(pod) && gaveUp(pod),
  ),
  ...['ApiserverDown', 'ApiserverNotReady'].flatMap((cause) => [
    crash(
      cause,
      'same node',
      'A scheduler or controller manager asks the API server beside it, and ends when it cannot renew its Lease.',
      (pod) => isLeader(pod) && gaveUp(pod),
    ),
    crash(cause, 'anywhere', TO_ALL, (pod, { severity }) => severity === 'critical' && isClient(pod) && gaveUp(pod)),
  ]),
  crash(
    'ServiceUnreachable',
    'same node',
    'The pod asks the API by its Service, which does not answer on this node.',
    (pod) => isPod(CLIENT)(pod) && gaveUp(pod),
    SERVICE_LEAD_MS,
  ),
  crash(
    'OutOfMemory',
    'same node',
    'The kernel has killed a process of the container’s name, which ended with SIGKILL.',
    wasKilled,
    OOM_LEAD_MS,
  ),
  {
    cause: 'ServiceUnreachable',
    consequence: 'PodsNotReady',
    relation: 'same node',
    why: 'The pod runs and is not ready before it has heard from the API, which it asks by its Service.',
    predicate: (pod) => isPod(CLIENT)(pod) && isNotServing(pod),
    leadMs: CRASH_LEAD_MS,
    lagMs: CRASH_LAG_MS,
  },
  ...['KubeletDown', 'KubeletHung'].map((cause) =>
    unready(
      cause,
      'Pods of a node whose kubelet is not heard are ready no more, and new ones are not taken on.',
      (pod) => isOfAll(pod) || isNotTakenOn(pod),
    ),
  ),
  ...['NodeStatusUnknown', 'NodeNotReady', 'NodeNetworkUnavailable'].map((cause) =>
    unready(cause, 'The control plane calls no pod ready whose node is not.', isOfAll),
  ),
  ...['RuntimeDown', 'RuntimeHung', 'RuntimeError'].map((cause) =>
    unready(
      cause,
      'A node without a container runtime is not ready, and so are its pods; containers of new ones are not made.',
      (pod) => isOfAll(pod) || isBeingMade(pod),
    ),
  ),
  ...['PodNetworkNotReady', 'PodNetworkFails', 'NodeNetworkUnavailable'].map((cause) =>
    unready(
      cause,
      'A pod with a network of its own waits for one.',
      (pod) => isPod(IN_POD_NETWORK)(pod) && isBeingMade(pod),
    ),
  ),
  ...['PodsCrashing', 'PodsNotReady'].flatMap((cause): Explanation[] => [
    {
      cause,
      consequence: 'ClusterDnsDown',
      relation: 'anywhere',
      why: 'It is a pod of the cluster’s DNS, and most nodes get no answer from that.',
      predicate: (dns, pod) => isPod(DNS_SERVER)(pod) && isUnanswered(dns),
      leadMs: DNS_LEAD_MS,
      lagMs: Infinity,
    },
    {
      cause,
      consequence: 'DnsDown',
      relation: 'same node',
      why: 'It is the node’s own cache of DNS, at a link-local address, that gives no answer.',
      predicate: (dns, pod) => isPod(DNS_CACHE)(pod) && !byService(dns),
      leadMs: DNS_LEAD_MS,
      lagMs: Infinity,
    },
  ]),
];

/** Nobody answered, or a server that has not heard from the API yet. */
function isUnanswered(dns: Draft): boolean {
  return says(/no answer within|nobody listens|refused|EHOSTUNREACH|ENETUNREACH|SERVFAIL/i)(dns);
}
