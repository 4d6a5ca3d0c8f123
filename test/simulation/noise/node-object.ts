/**
 * What the Kubernetes API says of the node: node-object.
 *
 * - Not ready for up to 55 s, for want of the runtime or of the network (a problem after a minute); for up to 25 s the
 *   control plane has not heard of the kubelet, or its Lease is stale (a problem after 30 s).
 * - It is about to be removed and not ready for minutes. For a moment now and then nobody tells.
 */
import type { NodeObjectFacts, NodeObjectView } from '../../../checks/types.ts';
import type { Noise } from './noise.ts';
import { HOUR, MINUTE, SECOND } from './part.ts';

export interface NodeObject {
  view(): NodeObjectView;
  /** From now on it says this besides. */
  force(more: Partial<NodeObjectFacts>): void;
}

const WELL: NodeObjectFacts = { ready: 'true', troubles: [], isLeaving: false };
const BECAUSE = [
  'KubeletNotReady: PLEG is not healthy: pleg was last seen active 3m5s ago',
  'KubeletNotReady: container runtime network not ready: NetworkReady=false cni plugin not initialized',
];
const STALE_AFTER_MS = 40 * SECOND;
/** Of different troubles none follows another at once. */
const APART_MS = 2 * MINUTE;

export function createNodeObject(noise: Noise): NodeObject {
  const notReady = noise.spells({ everyMs: 2 * HOUR, lastsMs: [15 * SECOND, 55 * SECOND] });
  const away = noise.spells({ everyMs: 2 * HOUR, lastsMs: [15 * SECOND, 25 * SECOND] });
  const leaves = noise.spells({ everyMs: 8 * HOUR, lastsMs: [MINUTE, 10 * MINUTE] });
  const isUnseen = noise.singles()(0.02);
  let forced: Partial<NodeObjectFacts> = {};
  const facts = (): NodeObjectFacts => {
    if (leaves.isOn()) return { ...WELL, ready: 'false', because: BECAUSE[0] ?? '', isLeaving: true };
    if (leaves.isNear(APART_MS)) return WELL;
    if (notReady.isOn()) return { ...WELL, ready: 'false', because: noise.random.pick(BECAUSE) };
    if (!away.isOn() || notReady.isNear(APART_MS)) return WELL;
    const leaseStaleForMs = STALE_AFTER_MS + 25 * SECOND - away.leftMs();
    return {
      ...WELL,
      ready: 'unknown',
      because: 'NodeStatusUnknown: Kubelet stopped posting node status.',
      leaseStaleForMs,
    };
  };
  return {
    view: () =>
      isUnseen()
        ? { kind: 'unknown', why: 'no agent has read the Nodes for 70 s' }
        : { kind: 'known', node: { ...facts(), ...forced } },
    force: (more) => void (forced = more),
  };
}
