/**
 * A whole cluster in a lab: three stacked masters, and five workers with a kubelet, a containerd and a way to all API
 * servers; agents on all, and on most workers an overlay with responders.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatClusterKeys, overlayKeyOf } from '../../../agent/mesh/identity/cluster-key.ts';
import { createAgentCluster } from './agents.ts';
import { BUNDLE } from '../../../tools/build/run.ts';
import { type Kubelet, startKubelet } from './kubelet.ts';
import { createLab } from './lab/lab.ts';
import type { Lab, LabHost, LabProcess } from './lab/types.ts';
import { type Masters, startMasters } from './masters.ts';
import { loadPodImages, powerOffWithPods } from './pod-images.ts';
import { createPodNetwork } from './pod-network.ts';

export interface WholeCluster {
  readonly lab: Lab;
  readonly masters: Masters;
  /** By the host's name. */
  readonly agents: ReadonlyMap<string, LabProcess>;
  kubeletOf(worker: string): Kubelet;
  /** With the containerd that it needs, again. */
  startKubelet(worker: string): Promise<void>;
  startAgent(host: string): Promise<void>;
  powerOff(host: string): Promise<void>;
  /** With all that ran on it. */
  powerOn(host: string): Promise<void>;
  remove(): Promise<void>;
}

export const MASTERS = ['m1', 'm2', 'm3'] as const;
export const WORKERS = ['w1', 'w2', 'w3', 'w4', 'w5'] as const;
/** The last worker is powered off and on, which takes the network of its pods away. */
const WITH_OVERLAY = ['w1', 'w2', 'w3', 'w4'] as const;

const PROXY = join(import.meta.dirname, 'scripts/api-proxy.ts');
const PROXY_PORT = 6443;
/** The kernel's log is the machine's, and of all hosts; the cluster's key is on the disks alone. */
const FLAGS = ['--overlay.listen', 'always', '--checks.kernel.enabled', 'false', '--kubernetes.key-secret', ''];

/** Resolves when all of it runs; that the agents agree is waited for by the caller. */
export async function createWholeCluster(): Promise<WholeCluster> {
  const lab = await createLab({ hosts: [...MASTERS, ...WORKERS], ipv6: false, overlay: true, diskMebibytes: 1024 });
  const host = (name: string): LabHost => lab.host(name);
  const agents = new Map<string, LabProcess>();
  const kubelets = new Map<string, Kubelet>();
  const isWorker = (name: string): boolean => (WORKERS as readonly string[]).includes(name);
  const powerOff = async (name: string): Promise<void> => {
    if (kubelets.has(name)) await powerOffWithPods(host(name));
    else await host(name).powerOff();
  };
  const remove = async (): Promise<void> => {
    for (const name of kubelets.keys()) if (host(name).poweredOn) await powerOff(name).catch(() => {});
    await lab.remove();
  };
  try {
    const masters = await startMasters(MASTERS.map(host));
    const [{ api }] = masters.all as [Masters['all'][number]];
    const servers = masters.all.map((master) => `${master.host.address}:${PROXY_PORT}`);
    const beside = { ...api, kubeconfig: () => api.kubeconfig(`https://127.0.0.1:${PROXY_PORT}`) };
    const startProxy = (on: LabHost): Promise<LabProcess> =>
      on.start(process.execPath, [PROXY, String(PROXY_PORT), ...servers], { readyWhen: /listening/ });
    const startKubeletOf = async (name: string): Promise<void> => {
      kubelets.set(name, await startKubelet(host(name), beside));
      await loadPodImages(host(name));
    };
    for (const name of WORKERS) {
      await startProxy(host(name));
      await startKubeletOf(name);
    }
    const cluster = createAgentCluster(lab.hosts);
    const startAgent = async (name: string): Promise<void> => {
      const own = [...FLAGS, ...masters.admit(host(name))];
      agents.set(name, await cluster.start(host(name), own, { bundled: true }));
    };
    await Promise.all(lab.hosts.map(({ name }) => startAgent(name)));
    const podOf = await createPodNetwork(lab);
    for (const on of WITH_OVERLAY.map(host)) {
      const [pod, keyFile] = [podOf(on), join(on.directory, 'overlay.key')];
      writeFileSync(keyFile, formatClusterKeys([overlayKeyOf(cluster.key)]));
      const args = ['overlay', '--agent', on.address, '--address', pod.address, '--key-file', keyFile];
      await pod.start(process.execPath, [BUNDLE, ...args], { readyWhen: /pinging from/ });
    }
    return {
      lab,
      masters,
      agents,
      kubeletOf(worker) {
        const found = kubelets.get(worker);
        if (found === undefined) throw new Error(`no kubelet runs on ${worker}`);
        return found;
      },
      startKubelet: startKubeletOf,
      startAgent,
      powerOff,
      async powerOn(name) {
        await host(name).powerOn();
        if (isWorker(name)) {
          // Of containers that are gone.
          rmSync(join(host(name).directory, 'kubelet/root/pods'), { recursive: true, force: true });
          await startProxy(host(name));
          await startKubeletOf(name);
        } else await masters.of(name).start();
        await startAgent(name);
      },
      remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
