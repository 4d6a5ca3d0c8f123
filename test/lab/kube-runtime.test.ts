/**
 * Containers that are started beside a real kubelet, which ends every sandbox that it knows no Pod of: that is nobody's
 * fault, and no check says otherwise.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../../agent/sidecars/runtime-probe/ask.ts';
import { openCri } from '../../checks/lib/cri/call.ts';
import { type CriEngine, createCriEngine } from '../../checks/lib/cri/engine.ts';
import { PROBE_LABEL } from '../../checks/lib/probe-labels.ts';
import { MAIN } from './lib/cluster.ts';
import { type ControlPlane, createControlPlane, whyNoControlPlane } from './lib/control-plane.ts';
import { startKubelet } from './lib/kubelet.ts';
import { createLab } from './lib/lab/lab.ts';
import type { Lab, LabHost } from './lib/lab/types.ts';
import { whyNoLab } from './lib/lab/why-no-lab.ts';
import { loadPodImages, powerOffWithPods, whyNoPodImages } from './lib/pod-images.ts';
import { until } from './lib/runtime-probe.ts';

const missing = whyNoLab() ?? whyNoControlPlane() ?? whyNoPodImages();
if (missing !== undefined) process.stderr.write(`kube-runtime: skipped, ${missing}\n`);

const MINUTE = 60_000;
const ROUNDS = 40;
const SOCKET = '/run/containerd/containerd.sock';
const OURS = { [PROBE_LABEL]: '1' };
const STRANGER = { app: 'stranger' };

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const soon = (): AbortSignal => AbortSignal.timeout(10_000);

describe.skipIf(missing !== undefined)('beside a kubelet', () => {
  let lab: Lab;
  let host: LabHost;
  let api: ControlPlane;
  let probeSocket: string;
  let engine: CriEngine;

  beforeAll(async () => {
    lab = await createLab({ hosts: ['m1', 'w1'], ipv6: false, diskMebibytes: 512 });
    host = lab.host('w1');
    api = await createControlPlane(lab.host('m1'));
    await api.start();
    await startKubelet(host, api);
    await loadPodImages(host);
    probeSocket = join(host.directory, 'probe.sock');
    const args = [MAIN, 'runtime-probe', '--socket', probeSocket, '--runtime-socket', SOCKET, '--instance', 'w1'];
    const probe = await host.start(process.execPath, args, { readyWhen: /ready/ });
    engine = createCriEngine(openCri(`/proc/${probe.pid}/root${SOCKET}`));
  }, 6 * MINUTE);
  afterAll(async () => {
    engine?.close();
    await powerOffWithPods(host).catch((error: unknown) => print(String(error)));
    await lab.remove();
  }, MINUTE);

  it(
    'a sandbox of nobody’s pod is ended by the kubelet',
    async () => {
      const order = {
        name: 'left',
        namespace: 'nowhere',
        uid: randomUUID(),
        labels: STRANGER,
        cgroupParent: '',
        network: 'NODE' as const,
      };
      const id = await engine.runSandbox(order, soon());
      const beganAt = performance.now();
      const isReady = async (): Promise<boolean> =>
        (await engine.sandboxes(STRANGER, soon())).some((one) => one.id === id && one.isReady);
      await until('the kubelet has ended it', async () => !(await isReady()), MINUTE);
      print(`ended by the kubelet after ${((performance.now() - beganAt) / 1000).toFixed(1)} s`);
    },
    2 * MINUTE,
  );

  it(
    `a container starts ${ROUNDS} times, and nothing is left`,
    async () => {
      const answers: string[] = [];
      const totals: number[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        const asked = await ask(probeSocket, 'start', soon());
        if (asked.kind === 'answer' && asked.answer.kind === 'ok') totals.push(asked.answer.phases['total'] ?? 0);
        else answers.push(JSON.stringify(asked));
      }
      print(
        `${totals.length} of ${ROUNDS} started, at most ${Math.max(...totals).toFixed(0)} ms from create to removed`,
      );
      expect(answers).toEqual([]);
      await until('nothing is left', async () => (await engine.sandboxes(OURS, soon())).length === 0);
    },
    5 * MINUTE,
  );
});
