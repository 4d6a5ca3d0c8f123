/** What the Kubernetes API says of a node is told under what has brought it about. */
import { expect, it } from 'vitest';
import type { KubeState } from '../model/kube-state.ts';
import type { CheckResult } from '../model/report.ts';
import { diagnose } from './diagnose.ts';
import { CATALOGUE, NOW, SINCE, aKube, createScene, failing } from './testing.ts';

const node = (reason: string, message: string = reason, sinceMs = 50_000): CheckResult =>
  failing('node-object', reason, message, { since: SINCE + sinceMs });
/** Several problems of one check. */
const both = (one: CheckResult, other: CheckResult): CheckResult => ({
  ...one,
  problems: [...one.problems, ...other.problems],
});

const UNKNOWN = node('NodeStatusUnknown');
const STALE = node('NodeLeaseStale', 'NodeLeaseStale', 60_000);
const NO_CNI = node('NodeNetworkUnavailable', 'The kubelet calls this node not ready: cni plugin not initialized');
const DISK = node('NodeDiskPressure');

/** Findings of w1 with their causes. */
const tree = (...results: readonly CheckResult[]) =>
  diagnose(
    createScene(['m1', 'w1'])
      .report('w1', ...results)
      .from('m1'),
    NOW,
    CATALOGUE,
  ).findings.map(({ reason, causedBy }) => [reason, causedBy]);

it('a dead kubelet is one cause, whatever the API says of it', () => {
  const kubelet = failing('kubelet', 'KubeletDown', 'nobody listens on 127.0.0.1:10248');
  expect(tree(kubelet, both(UNKNOWN, STALE))).toEqual([
    ['KubeletDown', undefined],
    ['NodeStatusUnknown', 'KubeletDown/w1'],
    ['NodeLeaseStale', 'KubeletDown/w1'],
  ]);
});

it('a Lease that is not renewed is why the node is called unknown, whichever was seen first', () => {
  const folded = [
    ['NodeLeaseStale', undefined],
    ['NodeStatusUnknown', 'NodeLeaseStale/w1'],
  ];
  expect(tree(both(UNKNOWN, STALE))).toEqual(folded);
  expect(tree(both(node('NodeStatusUnknown', '', 120_000), STALE))).toEqual(folded);
});

it.each<[string, CheckResult, CheckResult, string | undefined]>([
  [
    'its runtime',
    failing('container-runtime', 'RuntimeDown', 'nobody listens'),
    node('NodeNotReady', 'The kubelet calls this node not ready: PLEG is not healthy'),
    'RuntimeDown/w1',
  ],
  [
    'its network, and not its runtime',
    failing('container-runtime', 'RuntimeDown', 'nobody listens'),
    NO_CNI,
    undefined,
  ],
  [
    'its runtime, which says it, too',
    failing('container-runtime', 'PodNetworkNotReady', 'cni plugin not initialized'),
    NO_CNI,
    'PodNetworkNotReady/w1',
  ],
  [
    'the disk that the kubelet is on',
    failing('disk-space', 'DiskAlmostFull', '/var: 4 % free', { subject: '/var' }),
    DISK,
    'DiskFull/w1//var',
  ],
  ['another disk', failing('disk-space', 'DiskFull', '/data: 0 % free', { subject: '/data' }), DISK, undefined],
  [
    'the kubelet’s certificate',
    failing('certificates', 'CertificateExpired', 'expired', {
      subject: '/var/lib/kubelet/pki/kubelet-client-current.pem',
    }),
    UNKNOWN,
    'CertificateExpired/w1//var/lib/kubelet/pki/kubelet-client-current.pem',
  ],
  [
    'another certificate',
    failing('certificates', 'CertificateExpired', 'expired', { subject: '/etc/ingress.pem' }),
    UNKNOWN,
    undefined,
  ],
])('what the node says is put down to %s', (_, cause, consequence, causedBy) => {
  expect(tree(cause, consequence)).toContainEqual([consequence.problems[0]?.reason, causedBy]);
});

it('who was killed for want of memory is down for that, and nobody else', () => {
  const message = 'The node ran out of memory, and the kernel killed kubelet (pid 7) and java (pid 9) within 10 min.';
  const oom = failing('kernel', 'OutOfMemory', message);
  const down = [failing('kubelet', 'KubeletDown', 'nobody'), failing('container-runtime', 'RuntimeDown', 'nobody')];
  expect(tree(oom, ...down)).toEqual([
    ['OutOfMemory', undefined],
    ['KubeletDown', 'OutOfMemory/w1'],
    ['RuntimeDown', undefined],
  ]);
});

it('stands for itself without a cause, and changes the status to degraded only', () => {
  const state = createScene(['m1', 'm2', 'm3', 'w1']).report('w1', NO_CNI).from('m1');
  expect(diagnose(state, NOW, CATALOGUE)).toMatchObject({
    status: 'degraded',
    findings: [{ reason: 'NodeNetworkUnavailable', node: 'w1', severity: 'warning', nodeSeverity: 'critical' }],
  });
});

/** As the API has it of all pods of a node that is not ready; the fifth and more are counted. */
const pods = (name: string, why: string): CheckResult =>
  failing('pods', 'PodsNotReady', why, { subject: name, severity: 'warning', since: SINCE + 340_000 });
const UNHEARD =
  'kube-system/POD is not ready: no reason is given, as where the control plane does not hear the kubelet.';
const ALL_PODS = both(pods('kube-system/kube-proxy-abcde', UNHEARD), pods('others', 'The same holds for 3 more pods.'));

it('a container runtime that is killed beside a kubelet is one cause, of all that follows in six minutes', () => {
  const refused = 'connect: connection refused';
  const tried = (check: string, reason: string, phase: string, sinceMs: number) =>
    failing(check, reason, `containerd, phase ${phase}: ${refused}.`, { since: SINCE + sinceMs });
  const results = [
    failing('container-runtime', 'RuntimeDown', `containerd: ${refused}.`),
    tried('container-start', 'ContainersCannotStart', 'sandbox', 20_000),
    tried('pod-network', 'PodNetworkFails', 'sandbox', 100_000),
    failing('kubelet', 'KubeletUnhealthy', 'http://127.0.0.1:10248/healthz answers 500: [-]syncloop failed.', {
      since: SINCE + 335_000,
    }),
    node(
      'NodeNotReady',
      'The kubelet calls this node not ready: KubeletNotReady: [container runtime is down, PLEG is not healthy: pleg was last seen active 3m5s ago].',
      95_000,
    ),
    both(
      ALL_PODS,
      pods('kube-system/coredns-x', 'kube-system/coredns-x is not ready: container coredns waits, ContainerCreating.'),
    ),
  ];
  const causes = tree(...results).filter(([, causedBy]) => causedBy === undefined);
  expect(causes).toEqual([['RuntimeDown', undefined]]);
});

it.each<[string, CheckResult, CheckResult]>([
  [
    'ends again and again',
    failing('kubelet', 'KubeletDown', 'nobody'),
    node('NodeNotReady', 'PLEG is not healthy: pleg has yet to be successful'),
  ],
  [
    'stands still',
    failing('kubelet', 'KubeletHung', 'no answer'),
    node('NodeNotReady', 'PLEG is not healthy: pleg was last seen active 4m ago'),
  ],
  ['is gone, with all pods', failing('kubelet', 'KubeletDown', 'nobody'), ALL_PODS],
  ['stands still, with all pods', failing('kubelet', 'KubeletHung', 'no answer'), ALL_PODS],
  [
    'has not taken a pod on',
    failing('kubelet', 'KubeletDown', 'nobody'),
    pods('kube-system/a', 'kube-system/a is not ready: it is Pending.'),
  ],
])('a kubelet that %s is one cause', (_, kubelet, consequence) => {
  expect(tree(kubelet, consequence).filter(([, causedBy]) => causedBy === undefined)).toHaveLength(1);
});

it.each<[string, CheckResult, CheckResult]>([
  ['a node that names its network', failing('kubelet', 'KubeletDown', 'nobody'), NO_CNI],
  [
    'a node that names its disks',
    failing('kubelet', 'KubeletHung', 'no answer'),
    node('NodeNotReady', 'missing node capacity'),
  ],
  [
    'a pod that fails its probe',
    failing('kubelet', 'KubeletHung', 'no answer'),
    pods('kube-system/a', 'containers with unready status: [a]'),
  ],
  [
    'a pod on the node’s network',
    failing('container-runtime', 'PodNetworkNotReady', 'no cni config'),
    pods('kube-system/kube-proxy-abcde', 'container kube-proxy waits, ContainerCreating'),
  ],
  [
    'a volume of a pod that runs',
    failing('container-runtime', 'RuntimeDown', 'nobody'),
    pods('kube-system/a', 'container a waits, CreateContainerConfigError'),
  ],
  [
    'a kubelet that fails otherwise',
    failing('container-runtime', 'RuntimeDown', 'nobody'),
    failing('kubelet', 'KubeletUnhealthy', '[-]log failed'),
  ],
])('%s is not put down to what else is wrong there', (_, cause, other) => {
  expect(tree(cause, other)).toContainEqual([other.problems[0]?.reason, undefined]);
});

it('a kubelet beside an agent that hangs is told of by who reads its Lease', () => {
  const leases = [{ node: 'w1', kind: 'stale', unchangedForMs: 60_000 }] as const;
  const causes = (scene: ReturnType<typeof createScene>, more: Partial<KubeState> = {}) =>
    diagnose(scene.from('w2', { kube: aKube({ leases, ...more }) }), NOW, CATALOGUE).findings.flatMap(
      ({ id, causedBy, severity }) => (causedBy === undefined && severity !== 'info' ? [id] : []),
    );
  const four = () => createScene(['m1', 'm2', 'w1', 'w2']);
  const roster = { reader: 'm2', ageMs: 90_000, isCurrent: false, nodes: 4, omitted: 0 };

  expect(causes(four().freeze('w1')).sort()).toEqual(['AgentUnresponsive/w1', 'NodeLeaseStale/w1']);
  expect(causes(four().freeze('w1'), { leases: [{ ...leases[0], kind: 'renewed' }] })).toEqual([
    'AgentUnresponsive/w1',
  ]);
  expect(causes(four().freeze('w1'), { roster })).toEqual(['AgentUnresponsive/w1']);
  // Its own agent speaks, or its host is lost, or may just be starting.
  expect(causes(four())).toEqual([]);
  expect(causes(four().powerOff('w1'))).toEqual(['NodeUnreachable/w1']);
  expect(causes(four().kill('w1'))).toEqual(['AgentDown/w1']);
});

it.each([
  ['ApiserverNotReady', '/readyz answers 500: [-]etcd failed', 'ApiserverNotReady/m2'],
  ['ApiserverHung', '127.0.0.1:6443 was accepted and not answered', 'ApiserverDown/m2'],
  // It is refused, and asks another one.
  ['ApiserverDown', 'nobody listens on 127.0.0.1:6443', undefined],
])('a kubelet may wait for an API server elsewhere: %s', (reason, message, cause) => {
  const { findings } = diagnose(
    createScene(['m1', 'm2', 'm3', 'w1'])
      .report('m2', failing('apiserver', reason, message))
      .report('w1', STALE)
      .from('m1'),
    NOW,
    CATALOGUE,
  );
  expect(findings.find((one) => one.reason === 'NodeLeaseStale')?.causedBy).toBe(cause);
});

it('a kubelet that talks to the API server of another etcd is not heard in this one', () => {
  const misfit = (message: string) => failing('etcd', 'EtcdMisconfigured', message, { subject: '10.0.0.2:2379' });
  const causes = (message: string) =>
    diagnose(
      createScene(['m1', 'm2', 'm3', 'w1']).report('m1', misfit(message)).report('w1', STALE).from('m1'),
      NOW,
      CATALOGUE,
    ).findings.flatMap(({ reason, causedBy }) => (causedBy === undefined ? [reason] : []));

  expect(causes('http://10.0.0.2:2379 belongs to another cluster of etcd: 1 instead of 2.')).toEqual([
    'EtcdMisconfigured',
  ]);
  expect(causes('m2 lives and does not answer its peers at http://10.0.0.2:2399.')).toContain('NodeLeaseStale');
});
