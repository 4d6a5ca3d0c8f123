/**
 * What is said of a node by its Node: a real kubelet reports it to a real API, a real controller manager calls it unknown,
 * and agents take it from those who read all Nodes, or read their own.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiCheck, ApiNode, ApiStatus } from '../../agent/http/contract.ts';
import { eventually } from '../lib/agent-process.ts';
import { QUIET_CHECKS, quietBut, statusOf } from './lib/agents.ts';
import { type ControlPlane, createControlPlane, whyNoControlPlane } from './lib/control-plane.ts';
import { type KubeAgents, createKubeAgents } from './lib/kube-agents.ts';
import { startDue } from './lib/due.ts';
import { boundOf } from './lib/faults/fault.ts';
import { type Kubelet, startKubelet } from './lib/kubelet.ts';
import { createLab } from './lib/lab/lab.ts';
import type { Lab, LabHost } from './lib/lab/types.ts';
import { whyNoLab } from './lib/lab/why-no-lab.ts';
import { noteTold } from './lib/told.ts';
import { sleep } from './lib/watch.ts';

const missing = whyNoLab() ?? whyNoControlPlane();
if (missing !== undefined) process.stderr.write(`kube-node-object: skipped, ${missing}\n`);

const NAMES = ['m1', 'w1', 'w2'];
const MINUTE = 60_000;
/** Type → status, reason and message. */
type Conditions = Readonly<Record<string, readonly [status: string, reason: string, message: string]>>;

interface NodeObject {
  readonly status: { readonly conditions?: readonly { readonly type: string }[] };
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);

describe.skipIf(missing !== undefined)('the Node of a node', () => {
  let lab: Lab;
  let api: ControlPlane;
  let agents: KubeAgents;
  let kubelet: Kubelet;
  const seenOf = async (name: string): Promise<ApiCheck | undefined> =>
    (await lab.host(name).json<ApiNode>(`/api/v1/nodes/${name}`)).checks.find(({ check }) => check === 'node-object');
  const reasonsOf = (check: ApiCheck | undefined): string[] =>
    (check?.problems ?? []).map(({ reason }) => reason).sort();
  const untilFound = async (name: string, found: readonly string[], withinMs: number): Promise<ApiCheck | undefined> =>
    eventually(
      () => seenOf(name),
      (check) => check?.status === (found.length === 0 ? 'ok' : 'problem') && reasonsOf(check).join() === found.join(),
      withinMs,
    );
  const untilStatus = (host: LabHost, isIt: (said: ApiStatus) => boolean, withinMs: number): Promise<ApiStatus> =>
    eventually(() => statusOf(host), isIt, withinMs);
  /** As the kubelet of a host without one would report it. */
  const report = async (name: string, conditions: Conditions): Promise<void> => {
    const node = await api.get<NodeObject>('node', name);
    const kept = (node.status.conditions ?? []).filter(({ type }) => conditions[type] === undefined);
    const fresh = Object.entries(conditions).map(([type, [status, reason, message]]) => ({
      type,
      status,
      reason,
      message,
    }));
    const changed = { ...node, status: { ...node.status, conditions: [...kept, ...fresh] } };
    await api.kubectl(['replace', '--raw', `/api/v1/nodes/${name}/status`, '-f', '-'], JSON.stringify(changed));
  };
  const READY: Conditions = { Ready: ['True', 'KubeletReady', 'kubelet is posting ready status'] };
  const since = (began: number): string => `${Math.round((performance.now() - began) / 1000)} s`;
  /** As the agent of another node tells it; it waits for an info as well, which it is as long as a restart takes. */
  const told = async (fault: string, reason: string, act: () => unknown): Promise<void> => {
    const due = startDue(lab.hosts);
    const boundMs = boundOf('kubelet');
    const began = performance.now();
    await act();
    const isTold = ({ findings }: ApiStatus): boolean =>
      findings.some((one) => one.reason === reason && one.node === 'w1');
    const { findings } = await untilStatus(lab.host('m1'), isTold, MINUTE);
    const tookMs = Math.round(performance.now() - began);
    noteTold({ fault, reason, tookMs, boundMs }, findings.find((one) => one.reason === reason)?.sentence);
    expect(tookMs).toBeLessThan(due(boundMs));
  };

  beforeAll(async () => {
    lab = await createLab({ hosts: NAMES, ipv6: false, diskMebibytes: 512 });
    api = await createControlPlane(lab.host('m1'));
    await api.start();
    kubelet = await startKubelet(lab.host('w1'), api);
    for (const name of ['m1', 'w2']) {
      const machineId = (await lab.host(name).exec('cat', ['/etc/machine-id'])).trim();
      await api.addNode(name, { address: lab.host(name).address, machineId });
    }
    agents = createKubeAgents(api, lab.hosts, quietBut('kubelet'));
    await Promise.all(lab.hosts.map(agents.start));
    await agents.untilWhole(2 * MINUTE);
  }, 6 * MINUTE);
  afterAll(async () => {
    kubelet?.kubelet.thaw();
    await lab?.remove();
  }, MINUTE);

  it(
    'is fine with a kubelet, and without a Lease, and when it is cordoned',
    async () => {
      for (const name of NAMES) await untilFound(name, [], 2 * MINUTE);
      await api.kubectl(['cordon', 'w1']);
      await sleep(20_000);
      expect(await seenOf('w1')).toMatchObject({ status: 'ok' });
      await api.kubectl(['uncordon', 'w1']);
    },
    4 * MINUTE,
  );

  it(
    'tells a pressure and a missing network by what the readers say, and that they are over',
    async () => {
      const began = performance.now();
      await report('w2', { DiskPressure: ['True', 'KubeletHasDiskPressure', 'kubelet has disk pressure'] });
      await untilFound('w2', ['NodeDiskPressure'], MINUTE);
      print(`a pressure is told after ${since(began)}`);
      await report('w2', { DiskPressure: ['False', 'KubeletHasNoDiskPressure', ''] });
      await untilFound('w2', [], MINUTE);

      const message = 'container runtime network not ready: NetworkReady=false message: cni plugin not initialized';
      const broke = performance.now();
      await report('w2', { Ready: ['False', 'KubeletNotReady', message] });
      const check = await untilFound('w2', ['NodeNetworkUnavailable'], 2 * MINUTE);
      print(`a network is told missing after ${since(broke)}: ${check?.problems[0]?.message ?? ''}`);
      expect(check?.problems[0]?.message).toContain('cni plugin not initialized');
      await untilStatus(lab.host('m1'), ({ status }) => status === 'degraded', MINUTE);
      await report('w2', READY);
      await untilFound('w2', [], MINUTE);
      await untilStatus(lab.host('m1'), ({ status }) => status === 'healthy', MINUTE);
    },
    6 * MINUTE,
  );

  it(
    'has no kubelet, which is told before the API knows',
    async () => {
      await told('kubelet killed', 'KubeletDown', () => kubelet.kubelet.kill('SIGKILL'));
      await kubelet.containerd.stop();
      kubelet = await startKubelet(lab.host('w1'), api);
      await untilStatus(lab.host('m1'), ({ findings }) => findings.every(({ node }) => node !== 'w1'), 2 * MINUTE);
    },
    4 * MINUTE,
  );

  it(
    'is not renewed, and then unknown, while its kubelet hangs: one cause',
    async () => {
      await api.startController('kube-controller-manager');
      const began = performance.now();
      await told('kubelet frozen', 'KubeletHung', () => kubelet.kubelet.freeze());
      const check = await untilFound('w1', ['NodeLeaseStale', 'NodeStatusUnknown'], 4 * MINUTE);
      print(`both told after ${since(began)}: ${(check?.problems ?? []).map(({ message }) => message).join(' ')}`);
      const of = (said: ApiStatus, wanted: string) =>
        said.findings.find(({ reason, node }) => reason === wanted && node === 'w1');
      const said = await untilStatus(
        lab.host('m1'),
        (one) => of(one, 'NodeStatusUnknown') !== undefined && of(one, 'NodeLeaseStale') !== undefined,
        MINUTE,
      );
      print(said.sentence);
      expect(of(said, 'KubeletHung')).toBeDefined();
      expect(of(said, 'NodeStatusUnknown')?.causedBy).toBe(of(said, 'KubeletHung')?.id);
      expect(of(said, 'NodeLeaseStale')?.causedBy).toBe(of(said, 'KubeletHung')?.id);

      kubelet.kubelet.thaw();
      await untilFound('w1', [], 2 * MINUTE);
      // Nobody renews a Lease of the others, which the controller manager has begun to miss.
      await api.kubectl(['delete', 'node', 'm1', 'w2']);
    },
    8 * MINUTE,
  );

  it(
    'is unknown while the API is away, and nobody is blamed for that',
    async () => {
      await api.apiserver().stop();
      const check = await eventually(
        () => seenOf('w1'),
        (one) => one?.status === 'unknown',
        6 * MINUTE,
      );
      print(check?.why ?? '');
      expect(check?.why).toBe('no agent reads the Nodes in the Kubernetes API now');
      const { findings } = await statusOf(lab.host('w1'));
      expect(findings.map(({ reason }) => reason)).not.toContain('AgentImpaired');
      await api.startApiserver();
      await untilFound('w1', [], 4 * MINUTE);
    },
    12 * MINUTE,
  );
});

describe.skipIf(missing !== undefined)('the Node of the only node', () => {
  it(
    'is read by its agent, and tells a Lease that nobody renews while nobody calls the node unknown',
    async () => {
      await using lab = await createLab({ hosts: ['m1'], ipv6: false, diskMebibytes: 512 });
      const host = lab.host('m1');
      const api = await createControlPlane(host);
      await api.start();
      const kubelet = await startKubelet(host, api);
      const agents = createKubeAgents(api, lab.hosts, QUIET_CHECKS, { isSeeded: false });
      await agents.start(host);
      const look = async (): Promise<ApiCheck | undefined> =>
        (await host.json<ApiNode>('/api/v1/nodes/m1')).checks.find(({ check }) => check === 'node-object');
      const until = (status: string, withinMs: number) =>
        eventually(look, (check) => check?.status === status, withinMs);
      await until('ok', 4 * MINUTE);
      const began = performance.now();
      await kubelet.kubelet.stop();
      const check = await until('problem', 4 * MINUTE);
      print(`told after ${Math.round((performance.now() - began) / 1000)} s: ${check?.problems[0]?.message ?? ''}`);
      expect(check?.problems.map(({ reason }) => reason)).toEqual(['NodeLeaseStale']);
    },
    12 * MINUTE,
  );
});
