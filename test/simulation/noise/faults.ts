/** Each input of the noise a little beyond what its check bears, for good: what every reason needs to be raised. */
import { KUBERNETES_ADMIN, NOT_YET, OLD_AUTHORITY } from '../../../checks/lib/certificates/testing.ts';
import { MEMBER_ID } from '../../../checks/lib/etcd/testing.ts';
import { fetchResponse } from '../../../checks/lib/testing.ts';
import type { FetchResult, PodFacts } from '../../../checks/types.ts';
import { BEGINNING } from './certificates.ts';
import { LOST, dnsAnswer } from './dns.ts';
import { OTHER_DISK } from './disks.ts';
import type { Etcd } from './etcd.ts';
import type { Inputs, Role } from './inputs.ts';
import { MINUTE } from './part.ts';
import { SILENT_TO_PODS, failed, took } from './runtime.ts';
import { REFUSED, RESET, SICK, SILENT, type Server } from './servers.ts';

export interface Fault {
  /** Default: worker. */
  readonly role?: Role;
  /** @param now monotonic ms */
  readonly begin: (inputs: Inputs, now: () => number) => void;
  /** When the day begins, Unix ms. */
  readonly beginning?: number;
}

type Faults = Readonly<Record<string, Fault>>;

const of = (begin: Fault['begin'], role: Role = 'worker'): Fault => ({ role, begin });

const ofEtcd = (begin: (etcd: Etcd) => void): Fault =>
  of(({ etcd }) => {
    if (etcd !== undefined) begin(etcd);
  }, 'master');
const alarm = (name: string): object => ({ errors: [`memberID:${MEMBER_ID} alarm:${name} `] });

const ETCD: Faults = {
  'etcd/EtcdDown': ofEtcd((etcd) => etcd.force(REFUSED)),
  'etcd/EtcdHung': ofEtcd((etcd) => etcd.force(SILENT)),
  'etcd/EtcdNoLeader': ofEtcd((etcd) => etcd.forceMajority(SILENT)),
  'etcd/EtcdNoSpace': ofEtcd((etcd) => etcd.forceStatus(alarm('NOSPACE'))),
  'etcd/EtcdNearQuota': ofEtcd((etcd) => etcd.forceStatus({ dbSize: String(Math.ceil(0.81 * 2 ** 31)) })),
  'etcd/EtcdCorrupt': ofEtcd((etcd) => etcd.forceStatus(alarm('CORRUPT'))),
  'etcd/EtcdUnhealthy': ofEtcd((etcd) => etcd.force(RESET)),
  'etcd/EtcdSlow': ofEtcd((etcd) => etcd.counters.slowDown(0.05)),
  'etcd/EtcdLeaderFlapping': ofEtcd((etcd) => etcd.counters.flap(1.5)),
  'etcd/EtcdMisconfigured': ofEtcd((etcd) => etcd.moveAway()),
  'etcd/EtcdMemberGone': ofEtcd((etcd) => etcd.loseOthers()),
  'etcd/EtcdRevisionWentBack': ofEtcd((etcd) => etcd.restore()),
};

type ServerName = 'apiserver' | 'scheduler' | 'controllerManager' | 'kubelet' | 'kubeProxy';

const ofServer = (name: ServerName, answer: FetchResult, role: Role = 'worker'): Fault =>
  of((inputs) => {
    const server: Server | undefined = inputs[name];
    server?.force(answer);
  }, role);

const SERVERS: Faults = {
  'apiserver/ApiserverDown': ofServer('apiserver', REFUSED, 'master'),
  'apiserver/ApiserverHung': ofServer('apiserver', SILENT, 'master'),
  'apiserver/ApiserverNotReady': ofServer('apiserver', SICK, 'master'),
  'apiserver/ApiserverUnhealthy': ofServer('apiserver', RESET, 'master'),
  'scheduler/SchedulerDown': ofServer('scheduler', REFUSED, 'master'),
  'scheduler/SchedulerHung': ofServer('scheduler', SILENT, 'master'),
  'scheduler/SchedulerUnhealthy': ofServer('scheduler', SICK, 'master'),
  'controller-manager/ControllerManagerDown': ofServer('controllerManager', REFUSED, 'master'),
  'controller-manager/ControllerManagerHung': ofServer('controllerManager', SILENT, 'master'),
  'controller-manager/ControllerManagerUnhealthy': ofServer('controllerManager', SICK, 'master'),
  'kubelet/KubeletDown': ofServer('kubelet', REFUSED),
  'kubelet/KubeletHung': ofServer('kubelet', SILENT),
  'kubelet/KubeletUnhealthy': ofServer('kubelet', SICK),
  'kube-proxy/KubeProxyDown': ofServer('kubeProxy', REFUSED),
  'kube-proxy/KubeProxyHung': ofServer('kubeProxy', SILENT),
  'kube-proxy/KubeProxyUnhealthy': ofServer('kubeProxy', fetchResponse(503, '{}')),
  'apiserver-address/ApiserverUnreachable': of(({ service }) => service.servers.force(SILENT)),
  'apiserver-address/ApiserverNeverReached': {
    begin: ({ service }) => service.servers.force(REFUSED),
    beginning: BEGINNING,
  },
  'service-ip/ServiceUnreachable': of(({ service }) => service.force(REFUSED)),
};

const RUNTIME: Faults = {
  'container-runtime/RuntimeDown': of(({ runtime }) => runtime.force('ping', failed('refused', 'ping'))),
  'container-runtime/RuntimeHung': of(({ runtime }) => runtime.force('ping', failed('hung', 'ping'))),
  'container-runtime/RuntimeError': of(({ runtime }) => runtime.force('ping', failed('error', 'ping'))),
  'container-runtime/PodNetworkNotReady': of(({ runtime }) => runtime.force('ping', failed('error', 'network'))),
  'container-start/ContainersCannotStart': of(({ runtime }) => runtime.force('start', failed('error', 'create'))),
  'container-start/ContainersCannotBeRemoved': of(({ runtime }) => runtime.force('start', failed('error', 'remove'))),
  'container-start/ContainerStartSlow': of(({ runtime }) => runtime.force('start', took({ total: 5500 }))),
  'pod-network/PodNetworkFails': of(({ runtime }) => runtime.force('network', failed('error', 'sandbox'))),
  'pod-network/PodAddressesExhausted': of(({ runtime }) =>
    runtime.force('network', failed('error', 'sandbox', 'no IP addresses available in range set')),
  ),
  'pod-network/PodAddressSilent': of(({ runtime }) => runtime.force('network', failed('error', 'answer'))),
  'pod-network/PodAddressSilentToNode': of(({ runtime }) =>
    runtime.force('network', { ...failed('error', 'answer'), fromPod: 'answered' }),
  ),
  'pod-network/PodAddressSilentToPods': of(({ runtime }) => runtime.force('network', SILENT_TO_PODS)),
  'pod-network/PodNetworkNotRemoved': of(({ runtime }) => runtime.force('network', failed('error', 'remove'))),
};

const NETWORK: Faults = {
  'overlay/OverlayCutOff': of(({ overlay }) => overlay.breakPaths('all', 'short')),
  'overlay/OverlayPathBroken': of(({ overlay }) => overlay.breakPaths('one', 'short')),
  'overlay/OverlayMtuBroken': of(({ overlay }) => overlay.breakPaths('one', 'long')),
  'reachability/PeersUnreachable': of(({ peers }) => peers.force('one', { state: 'lost', forMs: 31_000 })),
  'reachability/PacketLoss': of(({ peers }) => peers.force('all', { state: 'good', lossTo: 0.2 })),
  'reachability/PathLossy': of(({ peers }) => peers.force('one', { state: 'good', lossTo: 0.2 })),
  'reachability/PathMtuBroken': of(({ peers }) =>
    peers.force('one', { state: 'good', lossTo: 0, lossFrom: 0, fullSize: { bytes: 1500, misses: 12 } }),
  ),
  'clock/ClockSkewed': of(({ peers }) =>
    peers.force('all', { state: 'good', clock: { offsetMs: 550, uncertaintyMs: 10 } }),
  ),
  'dns/DnsDown': of(({ dns }) => dns.force(LOST)),
  'dns/DnsFails': of(({ dns }) => dns.force(dnsAnswer('SERVFAIL', []))),
  'dns/DnsWrongAnswer': of(({ dns }) => dns.force(dnsAnswer('NOERROR', ['192.0.2.1']))),
  'dns/DnsTcpBlocked': of(({ dns }) => dns.force(LOST, 'tcp')),
  'dns/DnsSlow': of(({ dns }) => dns.force(dnsAnswer('NOERROR', undefined, 550))),
};

const aPod = (more: Partial<PodFacts>): PodFacts => ({
  namespace: 'kube-system',
  name: 'sick',
  uid: 'sick',
  phase: 'Running',
  isDeleting: false,
  isReady: false,
  containers: [],
  ...more,
});
const PULLING = { name: 'app', restarts: 0, waiting: { reason: 'ImagePullBackOff' } };

const NOT_READY = { ready: 'false', because: 'KubeletNotReady: PLEG is not healthy' } as const;

const NODE_OBJECT: Faults = {
  'node-object/NodeNotReady': of(({ nodeObject }) => nodeObject.force(NOT_READY)),
  'node-object/NodeNetworkUnavailable': of(({ nodeObject }) => nodeObject.force({ troubles: ['NetworkUnavailable'] })),
  'node-object/NodeStatusUnknown': of(({ nodeObject }) => nodeObject.force({ ready: 'unknown' })),
  'node-object/NodeLeaseStale': of(({ nodeObject }) => nodeObject.force({ leaseStaleForMs: 41_000 })),
  'node-object/NodeMemoryPressure': of(({ nodeObject }) => nodeObject.force({ troubles: ['MemoryPressure'] })),
  'node-object/NodeDiskPressure': of(({ nodeObject }) => nodeObject.force({ troubles: ['DiskPressure'] })),
  'node-object/NodePidPressure': of(({ nodeObject }) => nodeObject.force({ troubles: ['PIDPressure'] })),
};

const PODS: Faults = {
  'pods/PodsCrashing': of(({ pods }, now) => {
    const restarts = (): number => Math.floor(now() / (3 * MINUTE));
    pods.add(() => aPod({ containers: [{ name: 'app', restarts: restarts() }] }));
  }),
  'pods/ImagePullFailing': of(({ pods }) => pods.add(() => aPod({ containers: [PULLING] }))),
  'pods/PodsNotReady': of(({ pods }) => pods.add(() => aPod({}))),
};

const OTHER = OTHER_DISK.worker;

const DISKS: Faults = {
  'disk-space/DiskAlmostFull': of(({ disks }) => disks.fill(OTHER, { availableRatio: 0.09 })),
  'disk-space/DiskFull': of(({ disks }) => disks.fill(OTHER, { availableRatio: 0.045 })),
  'disk-space/InodesAlmostFull': of(({ disks }) => disks.fill('/', { inodesRatio: 0.09 })),
  'disk-space/InodesFull': of(({ disks }) => disks.fill('/', { inodesRatio: 0.045 })),
  'disk-space/FilesystemReadOnly': of(({ disks }) => disks.remount('/', 'ro')),
  'disk-space/FilesystemFailed': of(({ disks }) => disks.remount(OTHER, 'rw,shutdown')),
  'disk-latency/DiskSlow': of(({ disks }) => disks.own.slowDown(270)),
  'disk-latency/DiskStalled': of(({ disks }) => disks.own.stall()),
  'disk-latency/DeviceSlow': of(({ disks }) => disks.slowDown(550)),
};

const NODE: Faults = {
  'memory-pressure/MemoryPressure': of(({ memory }) => memory.take(0.09, 0.11), 'master'),
  'memory-pressure/OomImminent': of(({ memory }) => memory.take(0.028, 0)),
  'cpu-pressure/CpuSaturated': of(({ cpu }) => cpu.pin(4.5, 0.8), 'master'),
  'pids/PidsLow': of(({ cpu }) => cpu.fork(0.82)),
  'pids/PidsExhausted': of(({ cpu }) => cpu.fork(0.96)),
  'file-handles/FileHandlesLow': of(({ tables }) => tables.fillFiles(0.82)),
  'file-handles/FileHandlesExhausted': of(({ tables }) => tables.fillFiles(0.96)),
  'conntrack/ConntrackNearlyFull': of(({ tables }) => tables.fillConntrack(0.82)),
  'conntrack/ConntrackFull': of(({ tables }) => tables.fillConntrack(0.96)),
  'conntrack/ConntrackDropping': of(({ tables }) => tables.drop(12)),
  'neighbours/NeighbourTableFull': of(({ tables }) => tables.overflow(12)),
  'kernel/HungTasks': of(({ memory: { kernel } }) => void (kernel.hungTasks += 1)),
  'kernel/OutOfMemory': of(({ memory }) => memory.logged('Out of memory: Killed process 42 (java) total-vm:1kB')),
  'kernel/KernelOops': of(({ memory: { kernel } }) => void (kernel.tainted |= 1 << 7)),
  'kernel/SoftLockup': of(({ memory: { kernel } }) => void (kernel.tainted |= 1 << 14)),
  'kernel/FilesystemErrors': of(({ memory: { kernel } }) => void (kernel.ext4LastError += 2 * 86_400)),
  'kernel/MemoryErrors': of(({ memory: { kernel } }) => void (kernel.uncorrected = 1)),
  'kernel/RaidDegraded': of(({ memory: { kernel } }) => void (kernel.lackingDisks = 1)),
  'certificates/CertificateExpired': of(({ certificates }) => certificates.replace(KUBERNETES_ADMIN)),
  'certificates/CertificateNotYetValid': of(({ certificates }) => certificates.replace(NOT_YET)),
  'certificates/ClusterAuthorityExpired': of(({ certificates }) => certificates.replaceAuthority(OLD_AUTHORITY)),
  // The youngest authority of the bundle ends on 1 November 2035.
  'certificates/ClusterAuthorityExpiresSoon': { begin: () => {}, beginning: Date.UTC(2035, 9, 25, 12) },
  // The one that is never renewed has less than 14 days left on that day.
  'certificates/CertificateExpiresSoon': { begin: () => {}, beginning: Date.UTC(2025, 11, 25, 12) },
};

/** By `check/Reason`. */
export const FAULTS: Faults = {
  ...ETCD,
  ...SERVERS,
  ...RUNTIME,
  ...NETWORK,
  ...NODE_OBJECT,
  ...PODS,
  ...DISKS,
  ...NODE,
};

/** Nobody looks at it by default, or it takes a cluster of two. */
export const NOT_BY_DEFAULT: readonly string[] = ['dns/UpstreamDnsFails', 'clock/ClocksDiffer'];
