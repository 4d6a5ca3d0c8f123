/** What explains what the Kubernetes API says of a node (a kubelet that is dead, a runtime, a disk), and what a lack of memory does. */
import { type Explanation, always, says, wordsOf } from './explanation.ts';
import type { Draft } from './rule.ts';

/** The control plane notices after 40 s or more; that a condition is bad is told up to a minute later. */
const NODE_LEAD_MS = 60_000;
/** The runtime is looked at every 10 s with a deadline of 2 s. */
const RUNTIME_LEAD_MS = 15_000;
/** A Lease is looked at more closely once the Node is doubted. */
const LEASE_LEAD_MS = 180_000;
/** A kubelet holds a pressure for five minutes, while what caused it is measured anew all the time. */
const PRESSURE_LEAD_MS = 300_000;

/** Where kubelets and container runtimes keep what they have: one of these is on the disk that the kubelet is short of. */
const DIRECTORIES = ['/var/lib/kubelet', '/var/lib/containerd', '/var/lib/docker', '/var/lib/containers', '/var/log'];

const isKubeletsDisk = (_: Draft, { subject: mount = '' }: Draft): boolean =>
  mount === '/' || DIRECTORIES.some((path) => path === mount || path.startsWith(`${mount}/`));

const isKubeletsCertificate = (_: Draft, { subject = '' }: Draft): boolean => /kubelet/.test(subject);

/** Of the cause: the evidence of the consequence does not say who brought it about. */
const causeSays =
  (pattern: RegExp): Explanation['predicate'] =>
  (_, cause) =>
    wordsOf(cause).words.some((line) => pattern.test(line));

/** In the words of the rule alone: what follows them a node wrote. */
const HANGS = /^The API server on \S+ does not answer/;

/** Both say that the control plane does not hear the kubelet. */
const SILENCE = ['NodeStatusUnknown', 'NodeLeaseStale'] as const;
/**
 * A kubelet without a runtime goes round no more, which its health answer tells after five minutes. It calls the runtime down after
 * 30 s. Source: syncLoopHealthCheck and syncLoop in pkg/kubelet of Kubernetes.
 */
const STANDS_STILL = /PLEG|container runtime|\[-\]syncloop/i;
const STANDS_STILL_LAG_MS = 360_000;
/** Words of a kubelet that was started a moment ago: one that ends again and again says nothing else. */
const HAS_JUST_STARTED = /may not have completed yet|yet to be successful/;
/** Words of a kubelet that was stopped meanwhile: it is its own clock that it measures the runtime by. */
const WAS_STOPPED = /pleg was last seen active/;
const NAMES_RUNTIME = /PLEG|container runtime (is down|not ready|status)/i;

const onNode = (
  cause: string,
  consequence: string,
  why: string,
  predicate: Explanation['predicate'] = always,
  leadMs: number = NODE_LEAD_MS,
): Explanation => ({ cause, consequence, relation: 'same node', why, predicate, leadMs, lagMs: Infinity });

export const NODE_EXPLANATIONS: readonly Explanation[] = [
  ...SILENCE.flatMap((consequence) => [
    ...['KubeletDown', 'KubeletHung', 'KubeletUnhealthy'].map((cause) =>
      onNode(cause, consequence, 'It is the kubelet that renews the Lease and reports on the node.'),
    ),
    onNode(
      'CertificateExpired',
      consequence,
      'The API refuses a kubelet whose certificate has expired.',
      isKubeletsCertificate,
    ),
    {
      cause: 'ApiserverDown',
      consequence,
      relation: 'member of' as const,
      why: 'A kubelet beside an API server mostly asks that one.',
      predicate: always,
      leadMs: NODE_LEAD_MS,
      lagMs: Infinity,
    },
    ...(['ApiserverNotReady', 'ApiserverDown'] as const).map((cause) => ({
      cause,
      consequence,
      relation: 'anywhere' as const,
      why: 'A kubelet that was led to an API server that takes requests and cannot serve them waits there, while others serve.',
      predicate: (_: Draft, { reason, sentence }: Draft) => reason === 'ApiserverNotReady' || HANGS.test(sentence),
      leadMs: NODE_LEAD_MS,
      lagMs: Infinity,
    })),
    {
      cause: 'EtcdMisconfigured',
      consequence,
      relation: 'anywhere' as const,
      why: 'An API server beside a member of another cluster of etcd serves that one: a kubelet that asks it is not heard in this one.',
      predicate: causeSays(/belongs to another cluster of etcd/),
      leadMs: NODE_LEAD_MS,
      lagMs: Infinity,
    },
    {
      cause: 'EtcdNoSpace',
      consequence,
      relation: 'anywhere' as const,
      why: 'An etcd without room takes no writes, neither of a Lease nor of a Node’s status; it still answers reads.',
      predicate: always,
      leadMs: NODE_LEAD_MS,
      lagMs: Infinity,
    },
  ]),
  onNode(
    'NodeLeaseStale',
    'NodeStatusUnknown',
    'The control plane calls a node unknown whose Lease is not renewed.',
    always,
    LEASE_LEAD_MS,
  ),
  ...['RuntimeDown', 'RuntimeHung'].map((cause) => ({
    ...onNode(
      cause,
      'KubeletUnhealthy',
      'The kubelet’s own health answer names the container runtime, or its sync loop, which waits for one.',
      says(STANDS_STILL),
      RUNTIME_LEAD_MS,
    ),
    lagMs: STANDS_STILL_LAG_MS,
  })),
  onNode(
    'KubeletDown',
    'NodeNotReady',
    'A kubelet that ends again and again never gets further than the words of one that has just started.',
    says(HAS_JUST_STARTED),
  ),
  onNode(
    'KubeletHung',
    'NodeNotReady',
    'A kubelet that stands still has not looked at its containers meanwhile.',
    says(WAS_STOPPED),
  ),
  ...['RuntimeDown', 'RuntimeHung', 'RuntimeError', 'KubeletUnhealthy'].map((cause) =>
    onNode(cause, 'NodeNotReady', 'The kubelet’s own words name the container runtime.', says(NAMES_RUNTIME)),
  ),
  onNode(
    'PodNetworkNotReady',
    'NodeNetworkUnavailable',
    'The kubelet asks the container runtime for its network, and calls the node not ready without one.',
    says(/kubelet calls this node not ready/),
  ),
  onNode(
    'DiskFull',
    'NodeDiskPressure',
    'It is a disk on which the kubelet, the container runtime or the logs of pods are.',
    isKubeletsDisk,
    PRESSURE_LEAD_MS,
  ),
  ...['MemoryPressure', 'OomImminent'].flatMap((cause) => [
    onNode(cause, 'NodeMemoryPressure', 'The node and its kubelet measure the same memory.', always, PRESSURE_LEAD_MS),
    onNode(cause, 'OutOfMemory', 'The kernel kills when no memory is left.'),
  ]),
  onNode('OutOfMemory', 'KubeletDown', 'The kernel has killed the kubelet.', causeSays(/\bkubelet \(pid/)),
  onNode(
    'OutOfMemory',
    'RuntimeDown',
    'The kernel has killed the container runtime.',
    causeSays(/\b(containerd|crio|dockerd|k3s\S*|rke2\S*) \(pid/),
  ),
  ...['PidsLow', 'PidsExhausted'].map((cause) =>
    onNode(cause, 'NodePidPressure', 'The node and its kubelet count the same process ids.', always, PRESSURE_LEAD_MS),
  ),
];
