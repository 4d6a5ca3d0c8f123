/**
 * A whole cluster in a lab: three stacked masters, and five workers with a kubelet, a containerd and a way to all API
 * servers; agents on all, and on most workers an overlay with responders.
 */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatClusterKeys, overlayKeyOf } from '../../../agent/mesh/identity/cluster-key.ts';
import { BUNDLE } from '../../../tools/build/run.ts';
import { createAgentCluster } from './agents.ts';
import type { AgentOptions } from './cluster.ts';
import { whyNoContainerd } from './containerd.ts';
import { whyNoControlPlane } from './control-plane.ts';
import { startDns } from './dns.ts';
import { API_SERVICE } from './kube-proxy.ts';
import { type Kubelet, startKubelet } from './kubelet.ts';
import { createLab } from './lab/lab.ts';
import type { Lab, LabHost, LabProcess } from './lab/types.ts';
import { whyNoLab } from './lab/why-no-lab.ts';
import { type Masters, startMasters } from './masters.ts';
import { loadPodImages, powerOffWithPods, whyNoPodImages } from './pod-images.ts';
import { connectPods, createPodNetwork } from './pod-network.ts';

export interface WholeClusterOptions {
  /** The host of a DNS server that all agents ask. Default: there is none. */
  readonly dnsOn?: string;
  /** A host whose agent has a clock that can be set. Default: none. */
  readonly clockOf?: string;
}

export interface WholeCluster {
  readonly lab: Lab;
  readonly masters: Masters;
  /** By the host's name. */
  readonly agents: ReadonlyMap<string, LabProcess>;
  kubeletOf(worker: string): Kubelet;
  /** With the containerd that it needs, again: what is left of both ends first. */
  startKubelet(worker: string): Promise<void>;
  /** @param options of it, beside those of every agent */
  startAgent(host: string, options?: Omit<AgentOptions, 'args'>): Promise<void>;
  dns(): LabProcess;
  startDns(): Promise<void>;
  /** @param shift `+30`: seconds ahead of the machine's; read within a second */
  setClock(host: string, shift: string): void;
  powerOff(host: string): Promise<void>;
  /** With all that ran on it. */
  powerOn(host: string): Promise<void>;
  remove(): Promise<void>;
}

export const MASTERS = ['m1', 'm2', 'm3'] as const;
export const WORKERS = ['w1', 'w2', 'w3', 'w4', 'w5'] as const;
const WITH_OVERLAY: readonly string[] = ['w1', 'w2', 'w3', 'w4'];

const PROXY = join(import.meta.dirname, 'scripts/api-proxy.ts');
const PROXY_PORT = 6443;
/** The kernel's log is the machine's, and of all hosts; the cluster's key is on the disks alone. */
const FLAGS = ['--overlay.listen', 'always', '--checks.kernel.enabled', 'false', '--kubernetes.key-secret', ''];

/** Undefined: it can be made here. */
export const whyNoWholeCluster = (): string | undefined =>
  whyNoLab() ??
  whyNoControlPlane() ??
  whyNoContainerd() ??
  whyNoPodImages() ??
  (existsSync(BUNDLE) ? undefined : 'there is no bundle: run `npm run build` first');

/** Resolves when all of it runs; that the agents agree is waited for by the caller. */
export async function createWholeCluster({ dnsOn, clockOf }: WholeClusterOptions = {}): Promise<WholeCluster> {
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
  let dns: LabProcess | undefined;
  const startDnsServer = async (): Promise<void> => {
    if (dnsOn !== undefined) dns = await startDns(host(dnsOn), API_SERVICE);
  };
  const clockFile = (name: string): string => join(host(name).directory, 'clock');
  const setClock = (name: string, shift: string): void => writeFileSync(clockFile(name), shift);
  try {
    const masters = await startMasters(MASTERS.map(host));
    const [{ api }] = masters.all as [Masters['all'][number]];
    const servers = masters.all.map((master) => `${master.host.address}:${PROXY_PORT}`);
    const beside = { ...api, kubeconfig: () => api.kubeconfig(`https://127.0.0.1:${PROXY_PORT}`) };
    const startProxy = (on: LabHost): Promise<LabProcess> =>
      on.start(process.execPath, [PROXY, String(PROXY_PORT), ...servers], { readyWhen: /listening/ });
    const startKubeletOf = async (name: string): Promise<void> => {
      const before = kubelets.get(name);
      await before?.kubelet.stop();
      await before?.containerd.stop();
      kubelets.set(name, await startKubelet(host(name), beside));
      await loadPodImages(host(name));
    };
    for (const name of WORKERS) {
      await startProxy(host(name));
      await startKubeletOf(name);
    }
    await startDnsServer();
    const cluster = createAgentCluster(lab.hosts);
    const asked = dnsOn === undefined ? [] : ['--checks.dns.servers', host(dnsOn).address];
    if (clockOf !== undefined) setClock(clockOf, '+0');
    const startAgent: WholeCluster['startAgent'] = async (name, options = {}) => {
      const own = [...FLAGS, ...asked, ...masters.admit(host(name))];
      const clock = name === clockOf ? { clockShiftFile: clockFile(name) } : {};
      agents.set(name, await cluster.start(host(name), own, { bundled: true, ...clock, ...options }));
    };
    await Promise.all(lab.hosts.map(({ name }) => startAgent(name)));
    const podOf = await createPodNetwork(lab);
    const startOverlay = async (on: LabHost): Promise<void> => {
      const [pod, keyFile] = [podOf(on), join(on.directory, 'overlay.key')];
      writeFileSync(keyFile, formatClusterKeys([overlayKeyOf(cluster.key)]));
      const args = ['overlay', '--agent', on.address, '--address', pod.address, '--key-file', keyFile];
      await pod.start(process.execPath, [BUNDLE, ...args], { readyWhen: /pinging from/ });
    };
    for (const name of WITH_OVERLAY) await startOverlay(host(name));
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
      dns() {
        if (dns === undefined) throw new Error('no DNS server was started');
        return dns;
      },
      startDns: startDnsServer,
      setClock,
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
        await connectPods(lab.hosts, host(name));
        if (WITH_OVERLAY.includes(name)) await startOverlay(host(name));
      },
      remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
