/** What Meerkat takes from a Node. Source: https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/node-v1/ */
import { isIP } from 'node:net';
import type { NodeTrouble } from '../../../checks/types.ts';
import { cleanText } from '../../model/text.ts';
import { type Fields, fieldsOf, listOf, metadataOf, textOf } from './fields.ts';

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
  /** The kubelet's own words, where it says itself that it is not ready. */
  readonly notReadyMessage?: string;
  /** What else is wrong with it by its conditions. */
  readonly troubles: readonly NodeTrouble[];
}

/** In place of the API's own reason: the Node has no condition `Ready` yet. */
export const NO_STATUS = 'NoStatus';
/** Kubelets name each part of them that is not ready. */
const MAX_MESSAGE = 200;
/** Source: https://kubernetes.io/docs/reference/node/node-status/#condition. What add-ons define besides is left to them. */
const TROUBLES: readonly NodeTrouble[] = ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'NetworkUnavailable'];

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
    troubles: TROUBLES.filter((type) => conditionOf(conditions, type)?.['status'] === 'True'),
  };
}

const conditionOf = (conditions: unknown, type: string): Fields | undefined =>
  listOf(conditions)
    .map(fieldsOf)
    .find((condition) => condition['type'] === type);

const internalAddresses = (addresses: unknown): readonly string[] =>
  listOf(addresses)
    .map(fieldsOf)
    .flatMap(({ type, address }) => (type === 'InternalIP' && isIP(String(address)) !== 0 ? [String(address)] : []));

function readReady(conditions: unknown): Pick<NodeFacts, 'ready' | 'notReadyBecause' | 'notReadyMessage'> {
  const { status, reason, message } = conditionOf(conditions, 'Ready') ?? { status: 'Unknown', reason: NO_STATUS };
  if (status === 'True') return { ready: 'true' };
  const [because, said] = [textOf(reason), textOf(message)];
  return {
    ready: status === 'False' ? 'false' : 'unknown',
    ...(because !== undefined && { notReadyBecause: because }),
    ...(status === 'False' && said !== undefined && { notReadyMessage: cleanText(said, MAX_MESSAGE) }),
  };
}
