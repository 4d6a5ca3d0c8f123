/** Every rule, in the order of the documentation. */
import type { Rule } from './rule.ts';
import { addressConflict } from './rules/address-conflict.ts';
import { agentDown } from './rules/agent-down.ts';
import { agentImpaired } from './rules/agent-impaired.ts';
import { agentMissing } from './rules/agent-missing.ts';
import { agentUnresponsive } from './rules/agent-unresponsive.ts';
import { apiserverAddressBroken } from './rules/apiserver-address-broken.ts';
import { apiserverDown } from './rules/apiserver-down.ts';
import { apiserverNotReady } from './rules/apiserver-not-ready.ts';
import { apiserverRefuses } from './rules/apiserver-refuses.ts';
import { checkLeftOut } from './rules/check-left-out.ts';
import { clockSkew } from './rules/clock-skew.ts';
import { clusterAuthorityExpired, clusterAuthorityExpiresSoon } from './rules/cluster-authority-expires.ts';
import { clusterDnsDown } from './rules/cluster-dns-down.ts';
import { controllerManagerDown } from './rules/controller-manager-down.ts';
import { diskFull } from './rules/disk-full.ts';
import { diskStalled } from './rules/disk-stalled.ts';
import { etcdLeaderFlapping } from './rules/etcd-leader-flapping.ts';
import { etcdMemberDown } from './rules/etcd-member-down.ts';
import { etcdMemberGone } from './rules/etcd-member-gone.ts';
import { etcdMisconfigured } from './rules/etcd-misconfigured.ts';
import { etcdNoSpace } from './rules/etcd-no-space.ts';
import { etcdQuorumLost } from './rules/etcd-quorum-lost.ts';
import { etcdRevisionWentBack } from './rules/etcd-revision-went-back.ts';
import { etcdSlow } from './rules/etcd-slow.ts';
import { keyMismatch } from './rules/key-mismatch.ts';
import { linkDown } from './rules/link-down.ts';
import { meshUnavailable } from './rules/mesh-unavailable.ts';
import { nameConflict } from './rules/name-conflict.ts';
import { noControlPlaneFromHere } from './rules/no-control-plane-from-here.ts';
import { noStandby } from './rules/no-standby.ts';
import { nodeLeaseStale } from './rules/node-lease-stale.ts';
import { nodeLeaving } from './rules/node-leaving.ts';
import { nodeMaintenance } from './rules/node-maintenance.ts';
import { nodeRebooted } from './rules/node-rebooted.ts';
import { nodeUnknown } from './rules/node-unknown.ts';
import { nodeUnreachable } from './rules/node-unreachable.ts';
import { nodesLost } from './rules/nodes-lost.ts';
import { oneWayLink } from './rules/one-way-link.ts';
import { overlayBroken } from './rules/overlay-broken.ts';
import { overlayMtuBroken } from './rules/overlay-mtu-broken.ts';
import { packetLoss } from './rules/packet-loss.ts';
import { partition } from './rules/partition.ts';
import { pathMtuBroken } from './rules/path-mtu-broken.ts';
import { peerMisbehaves } from './rules/peer-misbehaves.ts';
import { peersUnreachable } from './rules/peers-unreachable.ts';
import { portBlocked } from './rules/port-blocked.ts';
import { schedulerDown } from './rules/scheduler-down.ts';
import { seedsUnmet } from './rules/seeds-unmet.ts';
import { storeSetAside } from './rules/store-set-aside.ts';
import { storeUnavailable } from './rules/store-unavailable.ts';
import { thisNodeIsolated } from './rules/this-node-isolated.ts';
import { unclaimed } from './rules/unclaimed.ts';
import { workloadSignal } from './rules/workload-signal.ts';
import { versionSkew } from './rules/version-skew.ts';
import { zonePathBroken } from './rules/zone-path-broken.ts';

/** What the agents see of each other. */
const NODES: readonly Rule[] = [
  meshUnavailable,
  seedsUnmet,
  thisNodeIsolated,
  noControlPlaneFromHere,
  nodesLost,
  nodeUnreachable,
  nodeUnknown,
  nodeLeaseStale,
  nodeLeaving,
  nodeMaintenance,
  nodeRebooted,
  partition,
  linkDown,
  oneWayLink,
  zonePathBroken,
  peersUnreachable,
  packetLoss,
  pathMtuBroken,
  portBlocked,
  agentDown,
  agentUnresponsive,
  agentMissing,
  keyMismatch,
  nameConflict,
  addressConflict,
  peerMisbehaves,
  clockSkew,
  versionSkew,
];

/** What the checks see on their nodes. */
const CHECKS: readonly Rule[] = [
  etcdQuorumLost,
  etcdMemberDown,
  etcdMemberGone,
  etcdSlow,
  etcdLeaderFlapping,
  etcdMisconfigured,
  etcdNoSpace,
  etcdRevisionWentBack,
  apiserverDown,
  apiserverNotReady,
  apiserverAddressBroken,
  apiserverRefuses,
  schedulerDown,
  controllerManagerDown,
  noStandby,
  overlayBroken,
  overlayMtuBroken,
  clusterDnsDown,
  clusterAuthorityExpired,
  clusterAuthorityExpiresSoon,
  diskFull,
  diskStalled,
  storeUnavailable,
  storeSetAside,
  agentImpaired,
  checkLeftOut,
  workloadSignal,
];

const SPECIFIC: readonly Rule[] = [...NODES, ...CHECKS];

export const RULES: readonly Rule[] = [...SPECIFIC, unclaimed(SPECIFIC.flatMap((rule) => rule.claims))];
