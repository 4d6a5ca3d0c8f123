/** A real kube-proxy on a worker that is updated, frozen, killed, and cut off from the API: what the worker says, and how soon. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiNode, ApiStatus } from '../../agent/http/contract.ts';
import { boundMs } from '../../agent/runner/schedule.ts';
import { kubeProxy } from '../../checks/kube-proxy.ts';
import { serviceIp } from '../../checks/service-ip.ts';
import { eventually } from '../lib/agent-process.ts';
import { createAgentCluster, quietBut, statusOf } from './lib/agents.ts';
import { type ControlPlane, createControlPlane, whyNoControlPlane } from './lib/control-plane.ts';
import { startDue } from './lib/due.ts';
import { API_SERVICE, startKubeProxy } from './lib/kube-proxy.ts';
import { createLab } from './lib/lab/lab.ts';
import type { Lab, LabHost, LabProcess } from './lib/lab/types.ts';
import { whyNoLab } from './lib/lab/why-no-lab.ts';
import { type Watch, createWatch, sleep } from './lib/watch.ts';
import { noteTold } from './lib/told.ts';

const missing = whyNoLab() ?? whyNoControlPlane();
if (missing !== undefined) process.stderr.write(`kube-proxy: skipped, ${missing}\n`);

const MINUTE = 60_000;
/** What is seen at once is told a minute sooner than what may be an update. */
const GONE_MS = boundMs(kubeProxy);
const SEEN_MS = GONE_MS - (kubeProxy.windowMs ?? 0);
/** It calls itself unhealthy when its rules are two periods of 30 s behind. */
const OWN_LIMIT_MS = MINUTE;

describe.skipIf(missing !== undefined)('kube-proxy', () => {
  let lab: Lab;
  let worker: LabHost;
  let api: ControlPlane;
  let watch: Watch;
  let proxy: LabProcess;

  const startProxy = async (): Promise<void> => {
    proxy = await startKubeProxy(worker, api);
  };
  const looked = async (): Promise<{ readonly status: string; readonly why?: string } | undefined> => {
    const { checks } = await worker.json<ApiNode>(`/api/v1/nodes/${worker.name}`);
    return checks.find(({ check }) => check === 'kube-proxy');
  };
  const untilOk = (): Promise<unknown> => eventually(looked, (check) => check?.status === 'ok', MINUTE);
  const untilHealthy = (): Promise<ApiStatus> =>
    eventually(
      () => statusOf(worker),
      ({ status, findings }) => status === 'healthy' && findings.length === 0,
      MINUTE,
    );
  const told = async (fault: string, reason: string, bound: number, act: () => unknown): Promise<ApiStatus> => {
    const due = startDue([worker]);
    const began = performance.now();
    await act();
    const said = await eventually(
      () => statusOf(worker),
      ({ findings }) => findings.some((finding) => finding.reason === reason),
      3 * MINUTE,
    );
    const tookMs = Math.round(performance.now() - began);
    noteTold({ fault, reason, tookMs, boundMs: bound }, said.sentence);
    expect(tookMs).toBeLessThan(due(bound));
    return said;
  };

  beforeAll(async () => {
    lab = await createLab({ hosts: ['m1', 'w1'], ipv6: false });
    worker = lab.host('w1');
    api = await createControlPlane(lab.host('m1'));
    await api.start();
    await api.addNode(worker.name, { address: worker.address });
    await startProxy();
    const cluster = createAgentCluster([worker]);
    const env = { KUBERNETES_SERVICE_HOST: API_SERVICE, KUBERNETES_SERVICE_PORT: '443' };
    await cluster.start(worker, [...quietBut('kube-proxy'), ...api.admit(worker)], { env });
    watch = createWatch([worker]);
    await untilOk();
    await untilHealthy();
  }, 5 * MINUTE);
  afterAll(async () => {
    await watch?.stop();
    await lab?.remove();
  });

  it(
    'is updated: nothing is said',
    async () => {
      watch.begin();
      await proxy.stop();
      await sleep(20_000);
      await startProxy();
      await sleep(20_000);
      expect(watch.others([])).toEqual([]);
      expect(await looked()).toMatchObject({ status: 'ok', readings: [{ name: 'latency_seconds' }] });
    },
    2 * MINUTE,
  );

  it(
    'has left no rules: what pods reach by a Service is not reached',
    async () => {
      const said = await told('the rules of kube-proxy gone', 'ServiceUnreachable', boundMs(serviceIp), async () => {
        await proxy.stop();
        await worker.exec('iptables', ['-t', 'nat', '-F']);
      });
      expect(said.status).toBe('degraded');
      expect(said.sentence).toContain('answers');
      await startProxy();
      await untilHealthy();
    },
    5 * MINUTE,
  );

  it('is frozen', async () => {
    await told('frozen', 'KubeProxyHung', SEEN_MS, () => proxy.freeze());
    proxy.thaw();
    await untilHealthy();
  });

  it(
    'cannot write its rules',
    async () => {
      const program = (await worker.exec('readlink', ['-f', '/usr/sbin/iptables-restore'])).trim();
      await worker.exec('mount', ['--bind', '/bin/false', program]);
      const said = await told('iptables fails', 'KubeProxyUnhealthy', OWN_LIMIT_MS + SEEN_MS, () =>
        api.kubectl(['create', 'service', 'clusterip', 'new', '--tcp=80:80']),
      );
      expect(said.status).toBe('degraded');
      await worker.exec('umount', [program]);
      await untilHealthy();
    },
    10 * MINUTE,
  );

  it(
    'is killed, and comes back',
    async () => {
      const said = await told('killed', 'KubeProxyDown', GONE_MS, () => proxy.kill('SIGKILL'));
      expect(said.sentence).toContain('w1');
      await startProxy();
      await untilHealthy();
    },
    5 * MINUTE,
  );

  it(
    'starts without an API server, after it was gone for long',
    async () => {
      await proxy.stop();
      await api.apiserver().stop();
      await startProxy();
      await sleep(5000);
      // Its rules are as it knows that they should be.
      expect(await looked()).toMatchObject({ status: 'ok' });
      await api.startApiserver();
      await untilHealthy();
    },
    5 * MINUTE,
  );
});
