/** Pods of the cluster itself that crash are told under what has brought it about, and under nothing else. */
import { expect, it } from 'vitest';
import type { CheckResult, RaisedProblem } from '../model/report.ts';
import { diagnose } from './diagnose.ts';
import { CATALOGUE, NOW, SINCE, type Scene, aResult, createScene, failing } from './testing.ts';

const five = (): Scene => createScene(['m1', 'm2', 'm3', 'w1', 'w2']);

/** One pod, a minute after things broke. */
const pod = (reason: string, name: string, message: string, sinceMs = 60_000): CheckResult => {
  const subject = `kube-system/${name}`;
  return failing('pods', reason, message.replace('POD', subject), {
    subject,
    severity: 'warning',
    since: SINCE + sinceMs,
  });
};
/** The same in another namespace. */
const elsewhere = ({ problems, ...result }: CheckResult): CheckResult => ({
  ...result,
  problems: problems.map((problem) => ({ ...problem, subject: problem.subject?.replace('kube-system', 'shop') ?? '' })),
});
const crashing = (name: string, how = '1 (Error)', sinceMs?: number): CheckResult => {
  const container = name.replace(/-(?:[a-z0-9]{5}|[mw]\d)$/, '').replace(/-[0-9a-f]{9,10}$/, '');
  const message = `Container ${container} of POD was restarted 4 times, last with exit code ${how}.`;
  return pod('PodsCrashing', name, message, sinceMs);
};
const unready = (name: string, why: string, sinceMs = 300_000): CheckResult =>
  pod('PodsNotReady', name, `POD is not ready: ${why}.`, sinceMs);

const DNS = 'coredns-66bc5c9577-x7k2p';
const SLOW = failing('etcd', 'EtcdSlow', 'etcd takes 1.8 s for a sync of its log', { severity: 'warning' });
const WAITS = failing('apiserver', 'ApiserverNotReady', '/readyz answers 500: [-]etcd failed', {
  since: SINCE + 10_000,
});
const API_DOWN = failing('apiserver', 'ApiserverDown', 'nobody listens on 127.0.0.1:6443');
const ETCD_DOWN = failing('etcd', 'EtcdDown', 'nobody listens on 127.0.0.1:2379');
const SERVICE = failing('service-ip', 'ServiceUnreachable', 'No answer by the API’s Service (timeout)');
const OOM = failing(
  'kernel',
  'OutOfMemory',
  'The node ran out of memory, and the kernel killed coredns (pid 7) and kube-controller (pid 9) within 10 min.',
);

/** The cause of the one finding for pods. */
const causeOf = (scene: Scene) => {
  const { findings } = diagnose(scene.from('w1'), NOW, CATALOGUE);
  return findings.find(({ reason }) => reason.startsWith('Pods'))?.causedBy;
};

it('a slow member of etcd is the one cause of an API server and pods of DNS beside it', () => {
  const { findings } = diagnose(five().report('m2', SLOW, WAITS, crashing(DNS)).from('w1'), NOW, CATALOGUE);
  expect(findings.map(({ id, causedBy }) => [id, causedBy])).toEqual([
    ['EtcdSlow/m2', undefined],
    ['ApiserverNotReady/m2', 'EtcdSlow/m2'],
    [`PodsCrashing/m2/kube-system/${DNS}`, 'EtcdSlow/m2'],
  ]);
});

it.each<[string, string, Scene]>([
  [
    'a slow member, on which the Leases of all wait',
    'EtcdSlow/m2',
    five().report('m2', SLOW).report('m1', crashing('kube-controller-manager-m1')),
  ],
  [
    'a quorum that is lost',
    'EtcdQuorumLost/w1',
    five().report('m1', ETCD_DOWN).report('m2', ETCD_DOWN).report('m3', ETCD_DOWN).report('w2', crashing(DNS)),
  ],
  [
    'the API server beside a scheduler',
    'ApiserverDown/m1',
    five().report('m1', API_DOWN, crashing('kube-scheduler-m1')),
  ],
  [
    'API servers of which none is left',
    'ApiserverDown/m1',
    five().report('m1', API_DOWN).report('m2', API_DOWN).report('m3', API_DOWN).report('w2', crashing(DNS)),
  ],
  [
    'the Service of the API on its node',
    'ServiceUnreachable/w2',
    five().report('w2', SERVICE, crashing('calico-kube-controllers-7498b9bb4c-abcde', '255 (Error)')),
  ],
  [
    'the Service of the API that it waits for',
    'ServiceUnreachable/w2',
    five().report('w2', SERVICE, unready(DNS, 'ContainersNotReady: containers with unready status: [coredns]')),
  ],
  [
    'a lack of memory that its name was killed for',
    'OutOfMemory/w2',
    five().report('w2', OOM, crashing(DNS, '137 (OOMKilled)')),
  ],
  [
    'a lack of memory by the shortened name of a process',
    'OutOfMemory/m1',
    five().report('m1', OOM, crashing('kube-controller-manager-m1', '137 (Error)')),
  ],
])('pods follow from %s', (_, cause, scene) => {
  expect(causeOf(scene)).toBe(cause);
});

it.each<[string, Scene]>([
  ['a slow member elsewhere and a pod that renews no Lease', five().report('m2', SLOW).report('w2', crashing(DNS))],
  ['a pod that asks no API', five().report('m2', SLOW, crashing('registry-5d4b8f9c7-abcde'))],
  ['a pod of somebody else’s', five().report('m2', SLOW, elsewhere(crashing(DNS)))],
  ['what may make Services itself', five().report('w2', SERVICE, crashing('cilium-abcde'))],
  ['a program with a fault of its own', five().report('m2', SLOW, crashing(DNS, '139 (Error)'))],
  ['a container that cannot be started', five().report('m2', SLOW, crashing(DNS, '128 (StartError)'))],
  ['a limit of its own memory', five().report('m2', SLOW, crashing(DNS, '137 (OOMKilled)'))],
  ['one API server of three and a pod that asks them all', five().report('m1', API_DOWN, crashing(DNS))],
  [
    'one API server of three and a scheduler elsewhere',
    five().report('m1', API_DOWN).report('m2', crashing('kube-scheduler-m2')),
  ],
  ['the Service of the API on another node', five().report('w1', SERVICE).report('w2', crashing(DNS))],
  ['a scheduler, which does not use the Service', five().report('m1', SERVICE, crashing('kube-scheduler-m1'))],
  ['a crash that was there before', five().report('m2', SLOW, crashing(DNS, '1 (Error)', -40_000))],
  ['a crash long after', five().report('m2', SLOW, crashing(DNS, '1 (Error)', 900_000))],
  [
    'a lack of memory that others were killed for',
    five().report('w2', OOM, crashing('kube-proxy-abcde', '137 (Error)')),
  ],
  ['a lack of memory and a container that gave up', five().report('w2', OOM, crashing(DNS))],
  [
    'a volume that is missing',
    five().report('w2', SERVICE, unready(DNS, 'container coredns waits, ContainerCreating')),
  ],
])('pods do not follow from %s', (_, scene) => {
  expect(causeOf(scene)).toBeUndefined();
});

const dns = (reason: string, message: string, subject: string): CheckResult =>
  failing('dns', reason, message, { subject, severity: 'warning', since: SINCE } satisfies Partial<RaisedProblem>);
const SILENT = dns('DnsDown', 'No answer over UDP from 10.96.0.10:53: no answer within 2000 ms.', '10.96.0.10');
const CACHE = dns('DnsDown', 'No answer over UDP from 169.254.20.10:53: nobody listens.', '169.254.20.10');
const WRONG = dns('DnsWrongAnswer', '10.96.0.10 knows no address of kubernetes.default.svc.', '10.96.0.10');
const everywhere = (one: CheckResult): Scene =>
  ['m1', 'm2', 'm3', 'w1', 'w2'].reduce((scene, name) => scene.report(name, one), five());
const dnsCauses = (scene: Scene) =>
  diagnose(scene.from('w1'), NOW, CATALOGUE).findings.flatMap(({ reason, causedBy }) =>
    reason.endsWith('DnsDown') ? [causedBy] : [],
  );

it('the cluster’s DNS is down with its pods, which are told after it', () => {
  const name = `kube-system/${DNS}`;
  expect(dnsCauses(everywhere(SILENT).report('m2', crashing(DNS)))).toEqual([`PodsCrashing/m2/${name}`]);
  const waiting = unready(DNS, 'container coredns waits, CreateContainerConfigError');
  expect(dnsCauses(everywhere(SILENT).report('m2', waiting))).toEqual([`PodsNotReady/m2/${name}`]);
});

it('a cache of DNS is down with its pod on its node', () => {
  const crash = crashing('node-local-dns-abcde');
  expect(dnsCauses(five().report('w2', CACHE, crash))).toEqual(['PodsCrashing/w2/kube-system/node-local-dns-abcde']);
  expect(dnsCauses(five().report('w2', CACHE).report('w1', crash))).toEqual([undefined]);
  expect(dnsCauses(everywhere(aResult('dns')).report('w2', SILENT, crash))).toEqual([undefined]);
});

it('DNS does not follow from other pods, from pods that work for most, nor do wrong answers', () => {
  expect(dnsCauses(everywhere(SILENT).report('m2', crashing('kube-proxy-abcde')))).toEqual([undefined]);
  expect(dnsCauses(everywhere(aResult('dns')).report('w2', SILENT).report('m2', crashing(DNS)))).toEqual([undefined]);
  expect(dnsCauses(everywhere(WRONG).report('m2', crashing(DNS)))).toEqual([undefined]);
});
