/** What is said of a node's pods: a real kubelet runs them, in a real containerd, and the agent watches them by the API. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiCheck, ApiNode } from '../../agent/http/contract.ts';
import { eventually } from '../lib/agent-process.ts';
import { QUIET_CHECKS, statusOf } from './lib/agents.ts';
import { type ControlPlane, createControlPlane, whyNoControlPlane } from './lib/control-plane.ts';
import { type KubeAgents, createKubeAgents } from './lib/kube-agents.ts';
import { startKubelet } from './lib/kubelet.ts';
import { createLab } from './lib/lab/lab.ts';
import type { Lab } from './lib/lab/types.ts';
import { whyNoLab } from './lib/lab/why-no-lab.ts';
import { BUSYBOX_IMAGE, loadPodImages, powerOffWithPods, whyNoPodImages } from './lib/pod-images.ts';

const missing = whyNoLab() ?? whyNoControlPlane() ?? whyNoPodImages();
if (missing !== undefined) process.stderr.write(`kube-pods: skipped, ${missing}\n`);

const NAMES = ['m1', 'w1'];
const MINUTE = 60_000;
const IS_LONG = process.env['MEERKAT_LONG'] !== undefined;
const SLEEP = ['sleep', '1000000'];

const print = (line: string): void => void process.stdout.write(`${line}\n`);

interface PodOptions {
  readonly namespace?: string;
  readonly image?: string;
  readonly args?: readonly string[];
  /** Its probe always fails. */
  readonly isNeverReady?: boolean;
}

const podOf = (name: string, { namespace = 'kube-system', image, args = SLEEP, isNeverReady }: PodOptions): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace },
  spec: {
    nodeName: 'w1',
    hostNetwork: true,
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 0,
    containers: [
      {
        name: 'app',
        image: image ?? BUSYBOX_IMAGE,
        imagePullPolicy: 'IfNotPresent',
        args,
        ...(isNeverReady === true && {
          readinessProbe: { exec: { command: ['/busybox', 'false'] }, periodSeconds: 5 },
        }),
      },
    ],
  },
});

describe.skipIf(missing !== undefined)('the pods of a node', () => {
  let lab: Lab;
  let api: ControlPlane;
  let agents: KubeAgents;
  const podsOf = async (name: string): Promise<ApiCheck | undefined> =>
    (await lab.host(name).json<ApiNode>(`/api/v1/nodes/${name}`)).checks.find(({ check }) => check === 'pods');
  const reasonsOf = (check: ApiCheck | undefined): string[] =>
    (check?.problems ?? []).map(({ reason, subject }) => `${reason} ${subject ?? ''}`).sort();
  const create = async (name: string, options: PodOptions): Promise<void> =>
    void (await api.kubectl(['apply', '-f', '-'], JSON.stringify(podOf(name, options))));
  const remove = async (name: string): Promise<void> =>
    void (await api.kubectl(['delete', 'pod', name, '-n', 'kube-system', '--wait=true', '--timeout=50s']));
  const untilFound = async (found: readonly string[], withinMs: number): Promise<ApiCheck | undefined> =>
    eventually(
      () => podsOf('w1'),
      (check) => check?.status === (found.length === 0 ? 'ok' : 'problem') && reasonsOf(check).join() === found.join(),
      withinMs,
    );

  beforeAll(async () => {
    lab = await createLab({ hosts: NAMES, ipv6: false, diskMebibytes: 512 });
    api = await createControlPlane(lab.host('m1'));
    await api.start();
    await startKubelet(lab.host('w1'), api);
    await loadPodImages(lab.host('w1'));
    for (const namespace of ['kube-system', 'default'])
      await api.kubectl(['create', 'serviceaccount', 'default', '-n', namespace]).catch(() => {});
    agents = createKubeAgents(api, lab.hosts, QUIET_CHECKS);
    await Promise.all(lab.hosts.map(agents.start));
    await agents.untilWhole(2 * MINUTE);
  }, 6 * MINUTE);
  afterAll(async () => {
    await powerOffWithPods(lab.host('w1')).catch((error: unknown) => print(String(error)));
    await lab.remove();
  }, MINUTE);

  it(
    'are fine while they run, and nobody else’s are looked at',
    async () => {
      await create('well', {});
      await create('of-a-user', { namespace: 'default', args: ['false'] });
      await api.kubectl(['wait', 'pod/well', '-n', 'kube-system', '--for=condition=Ready', '--timeout=60s']);
      const seen = await eventually(
        () => podsOf('w1'),
        (check) => check?.readings.some(({ name, value }) => name === 'pods_count' && value === 1) === true,
        MINUTE,
      );
      expect(seen?.problems).toEqual([]);
      await eventually(
        () => podsOf('w1'),
        (check) => check?.status === 'ok',
        MINUTE,
      );
      // It has no Node: that there are no pods under its name proves nothing.
      expect(await podsOf('m1')).toMatchObject({
        status: 'unknown',
        why: 'the Node of this machine was not read in the Kubernetes API',
      });
    },
    3 * MINUTE,
  );

  it(
    'are named where they crash, and where their image cannot be pulled; the node that runs them is, too',
    async () => {
      await create('crashing', { args: ['sh', '-c', 'exit 3'] });
      await create('without-image', { image: 'lab.invalid/nothing:1' });
      const createdAt = performance.now();
      const found = ['ImagePullFailing kube-system/without-image', 'PodsCrashing kube-system/crashing'];
      const check = await untilFound(found, 4 * MINUTE);
      print(`both told after ${Math.round((performance.now() - createdAt) / 1000)} s`);
      for (const { message } of check?.problems ?? []) print(message);
      expect(check?.problems.map(({ message }) => message).join()).toContain('last with exit code 3');
      const said = await statusOf(lab.host('m1'));
      expect(said.status).toBe('degraded');
      print(said.sentence);

      await remove('crashing');
      await remove('without-image');
      await untilFound([], MINUTE);
    },
    8 * MINUTE,
  );

  it(
    'are unknown while the API is away, and nobody is blamed for that',
    async () => {
      const said = async (): Promise<string> => (await statusOf(lab.host('w1'))).status;
      await api.apiserver().stop();
      await eventually(
        () => podsOf('w1'),
        (check) => check?.status === 'unknown',
        5 * MINUTE,
      );
      const check = await podsOf('w1');
      print(check?.why ?? '');
      expect(check?.why).toMatch(/^the Kubernetes API has said nothing of this node’s pods for 3m/);
      expect(await said()).toBe('healthy');
      await api.startApiserver();
      await untilFound([], 2 * MINUTE);
    },
    9 * MINUTE,
  );

  it.runIf(IS_LONG)(
    'are named where they do not become ready',
    async () => {
      await create('never-ready', { isNeverReady: true });
      const createdAt = performance.now();
      const check = await untilFound(['PodsNotReady kube-system/never-ready'], 8 * MINUTE);
      print(`told after ${Math.round((performance.now() - createdAt) / 1000)} s: ${check?.problems[0]?.message}`);
    },
    10 * MINUTE,
  );
});
