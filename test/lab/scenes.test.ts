/**
 * A container that crashes leaves its scene: a real kubelet runs it, in a real containerd, and the agent of its node sees it by
 * the Kubernetes API and by the kubelet's files; by these alone where the API is away.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiScene, ApiSceneInShort, ApiScenes } from '../../agent/http/contract/scenes.ts';
import { eventually } from '../lib/agent-process.ts';
import { quietBut } from './lib/agents.ts';
import { MAIN } from './lib/cluster.ts';
import { type ControlPlane, createControlPlane, whyNoControlPlane } from './lib/control-plane.ts';
import { type KubeAgents, createKubeAgents } from './lib/kube-agents.ts';
import { startKubelet } from './lib/kubelet.ts';
import { createLab } from './lib/lab/lab.ts';
import type { Lab, LabHost } from './lib/lab/types.ts';
import { whyNoLab } from './lib/lab/why-no-lab.ts';
import { BUSYBOX_IMAGE, loadPodImages, powerOffWithPods, whyNoPodImages } from './lib/pod-images.ts';

const missing = whyNoLab() ?? whyNoControlPlane() ?? whyNoPodImages();
if (missing !== undefined) process.stderr.write(`scenes: skipped, ${missing}\n`);

const NAMES = ['m1', 'w1'];
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const TOKEN = 'a-token-of-the-lab';
/** Each host has a /run of its own. */
const TOKEN_FILE = '/run/meerkat-token';
const SECRET = 'hunter2hunter2';
/** What it writes last, and how long it lives: long enough that two crashes in a row are two. */
const CRASH = `echo starting; echo "db_password=${SECRET}"; /busybox sleep 6; echo 'fatal: no database' >&2; exit 3`;
/** An agent that looks once a second, and the kubelet's word, which takes as long. */
const SOON_MS = 5 * SECOND;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

describe.skipIf(missing !== undefined)('a container that crashes', () => {
  let lab: Lab;
  let api: ControlPlane;
  let agents: KubeAgents;
  let flags: string;

  const ask = <T>(host: LabHost, path: string): Promise<T> =>
    host.json<T>(path, { headers: { authorization: `Bearer ${TOKEN}`, accept: 'application/json' } });
  /** Oldest first. */
  const scenesOf = async (host: LabHost, pod: string): Promise<readonly ApiSceneInShort[]> => {
    const { scenes } = await ask<ApiScenes>(host, '/api/v1/scenes');
    return scenes.filter((one) => one.pod === pod).toReversed();
  };
  const untilThere = (host: LabHost, pod: string, count: number, withinMs: number) =>
    eventually(
      () => scenesOf(host, pod),
      (scenes) => scenes.length >= count,
      withinMs,
    );
  const sceneOf = (id: string): Promise<ApiScene> => ask(lab.host('w1'), `/api/v1/scenes/${id}`);
  const create = async (name: string, work: string): Promise<void> =>
    void (await api.kubectl(['apply', '-f', '-'], JSON.stringify(podOf(name, work, flags))));
  const restartsOf = async (name: string): Promise<number> =>
    Number(
      await api.kubectl([
        'get',
        'pod',
        name,
        '-n',
        'kube-system',
        '-o',
        'jsonpath={.status.containerStatuses[0].restartCount}',
      ]),
    );

  beforeAll(async () => {
    lab = await createLab({ hosts: NAMES, ipv6: false, diskMebibytes: 512 });
    api = await createControlPlane(lab.host('m1'));
    await api.start();
    const worker = lab.host('w1');
    // All kubelets of the machine write there.
    for (const host of lab.hosts)
      await host.exec('sh', [
        '-ec',
        `mkdir -p "$0/log" && mount --bind "$0/log" /var/log && echo ${TOKEN} > ${TOKEN_FILE}`,
        host.directory,
      ]);
    await startKubelet(worker, api);
    await loadPodImages(worker);
    flags = join(worker.directory, 'flags');
    mkdirSync(flags);
    await api.kubectl(['create', 'serviceaccount', 'default', '-n', 'kube-system']).catch(() => {});
    agents = createKubeAgents(api, lab.hosts, [...quietBut(), '--http.token-file', TOKEN_FILE]);
    await Promise.all(lab.hosts.map(agents.start));
    await agents.untilWhole(2 * MINUTE);
    // Both ways of seeing it work.
    await create('well', '/busybox sleep 1000000');
    await create(
      'later',
      'until [ -e /flags/crash ]; do /busybox sleep 1; done; echo "token=$(/busybox cat /flags/crash)"; exit 4',
    );
    await api.kubectl(['wait', 'pods', '--all', '-n', 'kube-system', '--for=condition=Ready', '--timeout=90s']);
    await eventually(
      async () => (await worker.json<{ readings: { value: number }[] }>('/api/v1/nodes/w1/checks/pods')).readings,
      ([pods]) => (pods?.value ?? 0) >= 2,
      MINUTE,
    );
  }, 6 * MINUTE);
  afterAll(async () => {
    await powerOffWithPods(lab.host('w1')).catch((error: unknown) => print(String(error)));
    await lab.remove();
  }, MINUTE);

  it(
    'leaves its scene within seconds, known to every node, shown to whoever has the token',
    async () => {
      await create('crashing', CRASH);
      const [first] = await untilThere(lab.host('m1'), 'crashing', 1, MINUTE);
      const listedAt = Date.now();
      const scene = await sceneOf(first?.id ?? '');
      const finishedAt = Date.parse(scene.podStatus?.containers[0]?.ended?.finishedAt ?? '');
      print(
        `noticed by ${scene.at}, after ${new Date(finishedAt).toISOString()}; listed by m1 ${listedAt - finishedAt} ms after it`,
      );
      expect(scene).toMatchObject({ cause: 'ended', exitCode: 3, reason: 'Error', run: 0, reduced: false, node: 'w1' });
      expect(scene.ranSeconds).toBeGreaterThanOrEqual(5);
      expect(scene.logs[0]?.lines.map(({ stream, text }) => `${stream} ${text}`)).toEqual([
        'stdout starting',
        'stdout db_password=[redacted]',
        'stderr fatal: no database',
      ]);
      expect(scene.podStatus?.containers[0]).toMatchObject({ image: BUSYBOX_IMAGE, limits: { memory: '64Mi' } });
      // The kubelet tells whole seconds.
      expect(listedAt - finishedAt).toBeLessThan(2 * (SOON_MS + SECOND));

      const shown = await lab
        .host('m1')
        .exec(process.execPath, [
          MAIN,
          'scene',
          'show',
          scene.id,
          '--host',
          lab.host('m1').address,
          '--token-file',
          TOKEN_FILE,
        ]);
      print(shown);
      expect(shown).toContain('kube-system/crashing/app on w1: exit code 3 (Error) after');
      expect(shown).toContain('err  fatal: no database');
      expect(shown).not.toContain(SECRET);
      expect((await lab.host('w1').fetch(`/api/v1/scenes/${scene.id}`)).status).toBe(401);
    },
    3 * MINUTE,
  );

  it(
    'again and again leaves a handful, each with the log of the run before',
    async () => {
      const [, second] = await untilThere(lab.host('w1'), 'crashing', 2, MINUTE);
      const scene = await sceneOf(second?.id ?? '');
      expect(scene).toMatchObject({ exitCode: 3, run: 1, reduced: false });
      expect(scene.logs.map(({ run, lines }) => [run, lines.at(-1)?.text])).toEqual([
        [1, 'fatal: no database'],
        [0, 'fatal: no database'],
      ]);
      // The fifth end is passed over.
      await eventually(
        () => restartsOf('crashing'),
        (restarts) => restarts >= 5,
        4 * MINUTE,
      );
      await sleep(2 * SOON_MS);
      const [all, restarts] = [await scenesOf(lab.host('w1'), 'crashing'), await restartsOf('crashing')];
      print(`${restarts + 1} ends left ${all.length} scenes, of the runs ${all.map(({ run }) => run).join()}`);
      expect(all.map(({ run }) => run)).toEqual([0, 1, 2, 3]);
      expect(all.every(({ exitCode }) => exitCode === 3)).toBe(true);
      await api.kubectl(['delete', 'pod', 'crashing', '-n', 'kube-system', '--wait=true', '--timeout=50s']);
    },
    6 * MINUTE,
  );

  it(
    'because it is told to leaves none',
    async () => {
      await api.kubectl(['delete', 'pod', 'well', '-n', 'kube-system', '--wait=true', '--timeout=50s']);
      await sleep(2 * SOON_MS);
      expect(await scenesOf(lab.host('w1'), 'well')).toEqual([]);
      expect(await scenesOf(lab.host('w1'), 'crashing')).toHaveLength(4);
    },
    2 * MINUTE,
  );

  it(
    'while the API is away leaves one that says what it does not know',
    async () => {
      await api.apiserver().stop();
      writeFileSync(join(flags, 'crash'), SECRET);
      const began = performance.now();
      const [first] = await untilThere(lab.host('m1'), 'later', 1, MINUTE);
      const tookMs = performance.now() - began;
      print(
        `at ${new Date().toISOString()} listed by m1, ${(tookMs / SECOND).toFixed(1)} s after it was told to crash`,
      );
      const scene = await sceneOf(first?.id ?? '');
      print([`noticed by ${scene.at}`, ...scene.missing].join('\n'));
      expect(scene).toMatchObject({ cause: 'restarted', run: 0, reduced: true, node: 'w1' });
      expect(scene).not.toHaveProperty('exitCode');
      expect(scene.logs.find(({ run }) => run === 0)?.lines.map(({ text }) => text)).toEqual(['token=[redacted]']);
      expect(scene.missing.join()).toContain('the Kubernetes API said nothing of this within 5 s');
      // It sees the file once a second, is started again a second later, and the API has five for its word.
      expect(tookMs).toBeLessThan(2 * (3 * SECOND + SOON_MS + 2 * SECOND));
    },
    2 * MINUTE,
  );
});

const podOf = (name: string, work: string, flags: string): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'kube-system' },
  spec: {
    nodeName: 'w1',
    hostNetwork: true,
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 1,
    containers: [
      {
        name: 'app',
        image: BUSYBOX_IMAGE,
        imagePullPolicy: 'IfNotPresent',
        args: ['sh', '-c', work],
        env: [{ name: 'SECRET', value: SECRET }],
        resources: { limits: { memory: '64Mi' } },
        volumeMounts: [{ name: 'flags', mountPath: '/flags' }],
      },
    ],
    volumes: [{ name: 'flags', hostPath: { path: flags, type: 'Directory' } }],
  },
});
