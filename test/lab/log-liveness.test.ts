/**
 * Containers that stop to log are restarted by their real kubelets, because a probe of their own asks the agent of the node:
 * the one that hangs, of several that hang at once one at most, and none while no agent answers.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiLiveness } from '../../agent/http/contract/workloads.ts';
import { eventually } from '../lib/agent-process.ts';
import { quietBut } from './lib/agents.ts';
import { type ControlPlane, createControlPlane, whyNoControlPlane } from './lib/control-plane.ts';
import { type KubeAgents, createKubeAgents } from './lib/kube-agents.ts';
import { startKubelet } from './lib/kubelet.ts';
import { createLab } from './lib/lab/lab.ts';
import type { Lab, LabHost } from './lib/lab/types.ts';
import { whyNoLab } from './lib/lab/why-no-lab.ts';
import { BUSYBOX_IMAGE, loadPodImages, powerOffWithPods, whyNoPodImages } from './lib/pod-images.ts';

const missing = whyNoLab() ?? whyNoControlPlane() ?? whyNoPodImages();
if (missing !== undefined) process.stderr.write(`log-liveness: skipped, ${missing}\n`);

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const WORKERS = ['w1', 'w2'];
const PER_NODE = 2;
const HTTP_PORT = 7575;
const SILENCE_S = 10;
/** An agent that has just started calls nobody dead. */
const AGENT_LOOKS_MS = 2 * MINUTE;
const WATCH = {
  name: 'worker',
  namespace: 'default',
  workload: 'worker',
  container: 'main',
  maxSilenceSeconds: SILENCE_S,
  initialDelaySeconds: 5,
  liveness: true,
};
/** Silent, known to all, looked at, asked twice. */
const RESTARTED_MS = SILENCE_S * SECOND + 20 * SECOND + 5 * SECOND + 2 * 5 * SECOND;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

interface Worker {
  readonly name: string;
  readonly host: LabHost;
  /** While there is a file `silent` in it, the worker writes nothing but its first line. */
  readonly flags: string;
}

describe.skipIf(missing !== undefined)('a worker that stops to log', () => {
  let lab: Lab;
  let api: ControlPlane;
  let agents: KubeAgents;
  let workers: readonly Worker[];

  const restartsOf = async (): Promise<Record<string, number>> => {
    const path = 'jsonpath={range .items[*]}{.metadata.name} {.status.containerStatuses[0].restartCount}{"\\n"}{end}';
    const listed = await api.kubectl(['get', 'pods', '-n', 'default', '-o', path]);
    return Object.fromEntries(
      listed.split('\n').flatMap((line) => {
        const [name = '', count] = line.split(' ');
        return count === undefined ? [] : [[name, Number(count)]];
      }),
    );
  };
  const sumOf = (restarts: Record<string, number>): number =>
    Object.values(restarts).reduce((total, one) => total + one, 0);
  const silence = ({ flags }: Worker): void => writeFileSync(join(flags, 'silent'), '');
  const wake = ({ flags }: Worker): void => rmSync(join(flags, 'silent'), { force: true });
  const livenessOf = ({ name, host }: Worker): Promise<ApiLiveness> =>
    host.json<ApiLiveness>(`/api/v1/liveness/default/pod/${name}`);
  const untilAlive = async (): Promise<void> => {
    for (const worker of workers)
      await eventually(
        () => livenessOf(worker),
        ({ state }) => state === 'alive',
        MINUTE,
      );
  };

  beforeAll(async () => {
    lab = await createLab({ hosts: ['m1', ...WORKERS], ipv6: false, diskMebibytes: 512 });
    api = await createControlPlane(lab.host('m1'));
    await api.start();
    for (const name of WORKERS) {
      const host = lab.host(name);
      // All kubelets of the machine write there.
      await host.exec('sh', ['-ec', 'mkdir -p "$0/log" && mount --bind "$0/log" /var/log', host.directory]);
      await startKubelet(host, api);
      await loadPodImages(host);
    }
    await api.kubectl(['create', 'serviceaccount', 'default', '-n', 'default']).catch(() => {});
    agents = createKubeAgents(api, lab.hosts, [...quietBut(), '--checks.logs.watches', JSON.stringify([WATCH])]);
    await Promise.all(lab.hosts.map(agents.start));
    await agents.untilWhole(2 * MINUTE);
    const looksFrom = performance.now() + AGENT_LOOKS_MS;
    workers = WORKERS.flatMap((node) =>
      Array.from({ length: PER_NODE }, (_, index): Worker => {
        const host = lab.host(node);
        const name = `worker-${WORKERS.indexOf(node) * PER_NODE + index}`;
        return { name, host, flags: join(host.directory, 'flags', name) };
      }),
    );
    for (const worker of workers) {
      mkdirSync(worker.flags, { recursive: true });
      await api.kubectl(['apply', '-f', '-'], JSON.stringify(podOf(worker)));
    }
    await api.kubectl(['wait', 'pods', '--all', '-n', 'default', '--for=condition=Ready', '--timeout=90s']);
    await untilAlive();
    await sleep(Math.max(0, looksFrom - performance.now()));
  }, 10 * MINUTE);
  afterAll(async () => {
    for (const name of WORKERS) await powerOffWithPods(lab.host(name)).catch((error: unknown) => print(String(error)));
    await lab.remove();
  }, MINUTE);

  it(
    'is restarted, and nobody else',
    async () => {
      const before = await restartsOf();
      const [first] = workers;
      if (first === undefined) throw new Error('there are no workers');
      silence(first);
      const began = performance.now();
      const after = await eventually(
        restartsOf,
        (restarts) => (restarts[first.name] ?? 0) > (before[first.name] ?? 0),
        2 * RESTARTED_MS,
      );
      print(
        `restarted ${((performance.now() - began) / SECOND).toFixed(1)} s after its last line (${RESTARTED_MS / SECOND})`,
      );
      wake(first);
      expect(after).toEqual({ ...before, [first.name]: (before[first.name] ?? 0) + 1 });
      await untilAlive();
      // It has to live for as long as it takes to find it silent.
      await sleep(2 * SILENCE_S * SECOND);
      expect(await restartsOf()).toEqual(after);
    },
    4 * MINUTE,
  );

  it(
    'with all others is a fault of what they share: one is restarted at most',
    async () => {
      const before = await restartsOf();
      workers.forEach(silence);
      await sleep(1.5 * RESTARTED_MS);
      const after = await restartsOf();
      const said = await Promise.all(workers.map(livenessOf));
      print(said.map(({ state, containers: [one] }) => `${state}: ${one?.why ?? ''}`).join('\n'));
      expect(sumOf(after) - sumOf(before)).toBe(1);
      expect(said.filter(({ state }) => state === 'suppressed').length).toBeGreaterThanOrEqual(workers.length - 1);
      workers.forEach(wake);
      await untilAlive();
      await sleep(2 * SILENCE_S * SECOND);
    },
    5 * MINUTE,
  );

  it(
    'lives on where no agent answers, and where one is frozen',
    async () => {
      const before = await restartsOf();
      await agents.running.get('w1')?.stop();
      agents.running.get('w2')?.freeze();
      try {
        workers.forEach(silence);
        await sleep(2 * RESTARTED_MS);
        expect(await restartsOf()).toEqual(before);
      } finally {
        workers.forEach(wake);
        agents.running.get('w2')?.thaw();
      }
    },
    5 * MINUTE,
  );
});

/**
 * It writes a line a second. Its probe fails for the word `dead` alone, as docs/operations.md has it; there is no curl in the
 * image, and busybox's wget does not bear an image without libraries.
 */
const podOf = ({ name, host, flags }: Worker): object => {
  const path = `/api/v1/liveness/default/pod/${name}?format=text`;
  const work = 'echo started; while :; do [ -e /flags/silent ] || echo working; /busybox sleep 1; done';
  const ask = `printf 'GET ${path} HTTP/1.0\\r\\nHost: ${host.address}\\r\\n\\r\\n' | /busybox nc -w 2 ${host.address} ${HTTP_PORT}`;
  const isNotDead = `[ "$(${ask} | /busybox tail -n 1)" != dead ]`;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default' },
    spec: {
      nodeName: host.name,
      hostNetwork: true,
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name: 'main',
          image: BUSYBOX_IMAGE,
          imagePullPolicy: 'IfNotPresent',
          args: ['sh', '-c', work],
          livenessProbe: {
            exec: { command: ['/busybox', 'sh', '-c', isNotDead] },
            initialDelaySeconds: 5,
            periodSeconds: 5,
            timeoutSeconds: 4,
            failureThreshold: 2,
          },
          volumeMounts: [{ name: 'flags', mountPath: '/flags' }],
        },
      ],
      volumes: [{ name: 'flags', hostPath: { path: flags, type: 'Directory' } }],
    },
  };
};
