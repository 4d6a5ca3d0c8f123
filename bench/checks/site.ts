/** Two hosts with an agent each, of which one looks at everything and one at nothing, and what there is to look at. */
import { CHECKS } from '../../checks/registry.ts';
import { createAgentCluster } from '../../test/lab/lib/agents.ts';
import { createEtcdCluster } from '../../test/lab/lib/cluster.ts';
import { type Containerd, createContainerd, whyNoContainerd } from '../../test/lab/lib/containerd.ts';
import { type ControlPlane, createControlPlane, whyNoControlPlane } from '../../test/lab/lib/control-plane.ts';
import { startDns, whyNoDns } from '../../test/lab/lib/dns.ts';
import { API_SERVICE, startKubeProxy } from '../../test/lab/lib/kube-proxy.ts';
import { startKubelet } from '../../test/lab/lib/kubelet.ts';
import { createLab } from '../../test/lab/lib/lab/lab.ts';
import type { LabHost, LabProcess } from '../../test/lab/lib/lab/types.ts';
import { loadPodImages, powerOffWithPods } from '../../test/lab/lib/pod-images.ts';
import { startStandIns } from '../../test/lab/lib/stand-ins.ts';

export type Role = 'worker' | 'master';

export interface Site {
  /** With all checks, as they ship. */
  readonly on: LabProcess;
  /** With none. */
  readonly off: LabProcess;
  /** Where the first one is. */
  readonly host: LabHost;
  /** What is missing here for a check to have something to look at. */
  readonly missing: readonly string[];
  remove(): Promise<void>;
}

/** The agents form a mesh of two: what a mesh costs both have. */
export async function createSite(role: Role): Promise<Site> {
  const lab = await createLab({ hosts: ['on', 'off', 'api'], ipv6: false, diskMebibytes: 512 });
  const [host, other] = [lab.host('on'), lab.host('off')];
  const reason = whyNoControlPlane();
  let runtime: Containerd | undefined;
  const remove = async (): Promise<void> => {
    if (reason === undefined) await powerOffWithPods(host).catch(() => {});
    await lab.remove();
    await runtime?.cleanUp();
  };
  try {
    const missing: string[] = [];
    const place = role === 'master' ? host : lab.host('api');
    const api = reason === undefined ? await startApi(place, host, role) : undefined;
    const flags = role === 'master' ? masterFlags(host) : [];
    if (api === undefined) {
      missing.push(`a Kubernetes API: ${reason}`);
      runtime = await startWithoutApi(host, missing);
      if (role === 'master') await createEtcdCluster([host]).start(host);
    }
    const dns = await startDnsOn(host, missing);
    const agents = createAgentCluster([host, other]);
    const env = api === undefined ? {} : { KUBERNETES_SERVICE_HOST: API_SERVICE, KUBERNETES_SERVICE_PORT: '443' };
    const start = (on: LabHost, own: readonly string[]): Promise<LabProcess> =>
      agents.start(on, [...own, ...(api?.admit(on) ?? [])], { bundled: true, env });
    const socket = runtime === undefined ? [] : ['--runtime.socket', runtime.socketPath];
    const on = await start(host, [...flags, ...dns, ...socket]);
    const off = await start(
      other,
      CHECKS.flatMap(({ id }) => [`--checks.${id}.enabled`, 'false']),
    );
    return { on, off, host, missing, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** An API with a Node of a real kubelet, a real kube-proxy, and on a master the controllers beside it. */
async function startApi(place: LabHost, host: LabHost, role: Role): Promise<ControlPlane> {
  const api = await createControlPlane(place);
  await api.start();
  await startKubelet(host, api);
  await loadPodImages(host);
  await startKubeProxy(host, api);
  if (role === 'master')
    for (const program of ['kube-scheduler', 'kube-controller-manager'] as const) await api.startController(program);
  return api;
}

const masterFlags = (host: LabHost): string[] => [
  ...createEtcdCluster([host]).flags(host),
  '--checks.apiserver.endpoint',
  `https://${host.address}:6443`,
];

async function startWithoutApi(host: LabHost, missing: string[]): Promise<Containerd | undefined> {
  await startStandIns(host);
  const reason = whyNoContainerd();
  if (reason !== undefined) {
    missing.push(`a container runtime: ${reason}`);
    return undefined;
  }
  const runtime = createContainerd();
  await runtime.start();
  runtime.loadImages();
  runtime.setNetwork(true);
  return runtime;
}

/** Resolves to what the agent is told of it. */
async function startDnsOn(host: LabHost, missing: string[]): Promise<string[]> {
  const reason = whyNoDns();
  if (reason !== undefined) {
    missing.push(`a DNS server: ${reason}`);
    return [];
  }
  await startDns(host, API_SERVICE);
  return ['--checks.dns.servers', host.address];
}
