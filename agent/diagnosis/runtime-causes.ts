/** What a container runtime that fails takes along, and what keeps it from starting anything. */
import { type Explanation, always, says } from './explanation.ts';

/** The runtime is looked at every 10 s with a deadline of 2 s; a start every 60 s with a deadline of 8 s. */
const RUNTIME_LEAD_MS = 15_000;
const START_LAG_MS = 77_000;
/** The network of pods is tried every 60 s, and what fails is told once it did for a minute. */
const POD_NETWORK_LAG_MS = 140_000;

const NO_SPACE = /no space left|ENOSPC/i;
const READ_ONLY = /read-only file system|EROFS/i;

/** A pod gets its network by way of the runtime: what keeps that from working keeps the network from being tried. */
const podNetworkAfter = (cause: string, why: string, predicate: Explanation['predicate']): Explanation => ({
  cause,
  consequence: 'PodNetworkFails',
  relation: 'same node',
  why,
  predicate,
  leadMs: POD_NETWORK_LAG_MS,
  lagMs: POD_NETWORK_LAG_MS,
});

export const RUNTIME_EXPLANATIONS: readonly Explanation[] = [
  {
    cause: 'RuntimeDown',
    consequence: 'ContainersCannotStart',
    relation: 'same node',
    why: 'A container is started by the runtime; the start failed because nobody listens on its socket.',
    predicate: says(/refused|nobody listens|no socket of|not running|no such file/i),
    leadMs: RUNTIME_LEAD_MS,
    lagMs: START_LAG_MS,
  },
  {
    cause: 'RuntimeHung',
    consequence: 'ContainersCannotStart',
    relation: 'same node',
    why: 'A container is started by the runtime; the start got no answer from it.',
    predicate: says(/no answer|did not answer|timed out|within|hung/i),
    leadMs: RUNTIME_LEAD_MS,
    lagMs: START_LAG_MS,
  },
  {
    cause: 'DiskFull',
    consequence: 'ContainersCannotStart',
    relation: 'same node',
    why: 'The runtime itself says that there is no space left on its device.',
    predicate: says(NO_SPACE),
    leadMs: 60_000,
    lagMs: START_LAG_MS,
  },
  {
    cause: 'FilesystemReadOnly',
    consequence: 'ContainersCannotStart',
    relation: 'same node',
    why: 'The runtime itself says that its file system is read-only.',
    predicate: says(READ_ONLY),
    leadMs: 60_000,
    lagMs: START_LAG_MS,
  },
  podNetworkAfter(
    'RuntimeDown',
    'The runtime connects a pod to its network; nobody listens on its socket.',
    says(/refused|nobody listens|no socket of|not running|no such file/i),
  ),
  podNetworkAfter('RuntimeError', 'The runtime connects a pod to its network; it answers with errors.', always),
  podNetworkAfter(
    'RuntimeHung',
    'The runtime connects a pod to its network; it gave no answer.',
    says(/phase (?:list|sandbox): .*not answered/),
  ),
  podNetworkAfter(
    'PodNetworkNotReady',
    'The runtime itself says that it has no network for pods.',
    says(/cni plugin not initialized|network is not ready|no cni config|no networks? (?:found|configured)/i),
  ),
  podNetworkAfter('DiskFull', 'The runtime itself says that there is no space left on its device.', says(NO_SPACE)),
  podNetworkAfter('FilesystemReadOnly', 'The runtime itself says that its file system is read-only.', says(READ_ONLY)),
  podNetworkAfter(
    'ContainersCannotStart',
    'A sandbox is made as a container is; what the runtime says of it names no network.',
    says(/phase sandbox:(?!.*(?:cni|network|plugin))/i),
  ),
];
