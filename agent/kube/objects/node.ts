/** What Meerkat takes from a Node. Source: https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/node-v1/ */
import { isIP } from 'node:net';
import { fieldsOf, listOf, metadataOf, textOf } from './fields.ts';

export interface NodeFacts {
  readonly name: string;
  readonly uid: string;
  /** By its labels: it runs, or is to run, a part of the control plane. */
  readonly isControlPlane: boolean;
  /** `eu-1a`; absent where the cluster has no zones. */
  readonly zone?: string;
  readonly os: string;
  /** Where its kubelet says that it is, IP addresses of one family or both; empty: it has not said so yet. */
  readonly addresses: readonly string[];
  /** `/etc/machine-id` of the machine whose kubelet reports under this name. */
  readonly machineId?: string;
  /** `kubectl cordon`. */
  readonly isCordoned: boolean;
  /** A taint by which something announces that the node will be removed; its key. */
  readonly removedBy?: string;
  /** What the kubelet, or in its absence the node controller, says of it; `unknown`: nobody has heard from the kubelet. */
  readonly ready: 'true' | 'false' | 'unknown';
  /** Why it is not ready: `KubeletNotReady`, `NodeStatusUnknown`. */
  readonly notReadyBecause?: string;
}

/** Labels of kubeadm from 1.20 on, and before. */
const CONTROL_PLANE = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master'] as const;
const ZONE = ['topology.kubernetes.io/zone', 'failure-domain.beta.kubernetes.io/zone'] as const;
/** Cluster Autoscaler, Karpenter (by version), and whoever takes a node out of service for good. */
const REMOVAL = [
  'ToBeDeletedByClusterAutoscaler',
  'karpenter.sh/disrupted',
  'karpenter.sh/disruption',
  'node.kubernetes.io/out-of-service',
] as const;

export const LINUX = 'linux';
/** A UUID in every version so far; agents claim their names with it. */
const UID = /^[0-9A-Za-z-]{1,64}$/;

/** Undefined for what is no Node. */
export function readNode(object: unknown): NodeFacts | undefined {
  const { name, uid, labels } = metadataOf(object);
  if (name === undefined || uid === undefined || !UID.test(uid)) return undefined;
  const { spec, status } = fieldsOf(object);
  const { taints, unschedulable } = fieldsOf(spec);
  const { conditions, addresses, nodeInfo } = fieldsOf(status);
  const machineId = textOf(fieldsOf(nodeInfo)['machineID']);
  const keys = listOf(taints).map((taint) => fieldsOf(taint)['key']);
  const removedBy = REMOVAL.find((key) => keys.includes(key));
  const zone = ZONE.map((label) => textOf(labels[label])).find((value) => value !== undefined);
  return {
    name,
    uid,
    isControlPlane: CONTROL_PLANE.some((label) => label in labels),
    ...(zone !== undefined && { zone }),
    os: textOf(labels['kubernetes.io/os']) ?? LINUX,
    addresses: internalAddresses(addresses),
    ...(machineId !== undefined && { machineId }),
    isCordoned: unschedulable === true,
    ...(removedBy !== undefined && { removedBy }),
    ...readReady(conditions),
  };
}

const internalAddresses = (addresses: unknown): readonly string[] =>
  listOf(addresses)
    .map(fieldsOf)
    .flatMap(({ type, address }) => (type === 'InternalIP' && isIP(String(address)) !== 0 ? [String(address)] : []));

function readReady(conditions: unknown): Pick<NodeFacts, 'ready' | 'notReadyBecause'> {
  const { status, reason } = listOf(conditions)
    .map(fieldsOf)
    .find(({ type }) => type === 'Ready') ?? { status: 'Unknown', reason: 'NoStatus' };
  if (status === 'True') return { ready: 'true' };
  const because = textOf(reason);
  return {
    ready: status === 'False' ? 'false' : 'unknown',
    ...(because !== undefined && { notReadyBecause: because }),
  };
}
