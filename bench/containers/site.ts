/**
 * A node whose three containers run as daemonset.yaml says, in a real dockerd, and nodes beside it with agents and overlay
 * responders as plain processes: hosts of a lab with a network of pods.
 */
import { spawn } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { ApiNode, ApiStatus } from '../../agent/http/contract.ts';
import { formatClusterKeys, overlayKeyOf } from '../../agent/mesh/identity/cluster-key.ts';
import { MESH_PORT, QUIET_CHECKS, createAgentCluster, statusOf } from '../../test/lab/lib/agents.ts';
import { createDockerd } from '../../test/lab/lib/dockerd.ts';
import { createLab } from '../../test/lab/lib/lab/lab.ts';
import type { LabHost, LabProcess } from '../../test/lab/lib/lab/types.ts';
import { type ManifestContainers, createManifestContainers } from '../../test/lab/lib/manifest-containers.ts';
import { createPodNetwork } from '../../test/lab/lib/pod-network.ts';
import { eventually } from '../../test/lib/agent-process.ts';
import { containerOf, daemonSetOf, objectsOf, readManifest } from '../../test/lib/manifest.ts';
import { BUNDLE, BUNDLE_FLAGS } from '../../tools/build/run.ts';
import { type Usage, sumUsage, treeOf, usageOf } from '../lib/process.ts';
import { IMAGE, makeImage } from './image.ts';

export const CONTAINERS = ['agent', 'runtime-probe', 'overlay'] as const;
export type ContainerName = (typeof CONTAINERS)[number];

export interface ContainerSite {
  readonly containers: ManifestContainers;
  readonly directory: string;
  /** Where the measured agent answers. */
  readonly host: LabHost;
  /** Of the nodes beside it. */
  readonly peers: readonly string[];
  /** From Docker's order to the container's first words, which it says when it serves; ms. It runs from then on. */
  startContainer(name: ContainerName): Promise<number>;
  stopContainer(name: ContainerName): Promise<void>;
  /** A peer's agent and its responder; resolves when both serve. */
  startPeer(name: string): Promise<void>;
  endPeer(name: string, signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  /** All are one mesh. Whether all is well is a question of the machine and its load, too. */
  untilConnected(withinMs: number): Promise<void>;
  /** What the agent looks at by way of the containers beside it is well. */
  untilServed(withinMs: number): Promise<void>;
  usage(): Promise<Readonly<Record<ContainerName, Usage>>>;
  remove(): Promise<void>;
}

const NODE = 'node';
const PEERS = ['p1', 'p2', 'p3'];
/** The sandbox of the overlay responder: its network, and nothing else. */
const SANDBOX = 'sandbox';
const SANDBOX_ADDRESS = '10.244.0.6';
const SANDBOX_GATEWAY = '10.244.0.1';
const POD_MTU = 1450;

/**
 * @param patientPort of what a probe of the measured agent looks at, on an address of this process
 * @param base archive with the image's base; empty: it is made
 */
export async function createContainerSite(patientPort: number, base: string): Promise<ContainerSite> {
  const lab = await createLab({ hosts: [NODE, ...PEERS], ipv6: false, overlay: true });
  const dockerd = createDockerd(`${lab.name}-${NODE}`);
  const remove = async (): Promise<void> => {
    await lab.remove();
    await dockerd.cleanUp();
  };
  try {
    const ownAddress = networkInterfaces()[lab.name]?.find(({ family }) => family === 'IPv4')?.address;
    if (ownAddress === undefined) throw new Error(`this process has no address in ${lab.name}`);
    const podOf = await createPodNetwork(lab);
    await dockerd.start();
    const containers = createManifestContainers(dockerd, settingsFor(`http://${ownAddress}:${patientPort}/`));
    await makeImage(containers, base);
    const host = lab.host(NODE);
    const peers = PEERS.map((name) => lab.host(name));
    const cluster = createAgentCluster(peers);
    cluster.admit({ directory: containers.placeOf('data') });
    const overlayKey = formatClusterKeys([overlayKeyOf(cluster.key)]);
    writeKey(containers.placeOf('key'), overlayKey);
    for (const { directory } of peers) writeKey(directory, overlayKey);
    await createSandbox(containers, host);
    await createContainers(containers, host, peers);

    const agents = new Map<string, LabProcess>();
    const responders = new Map<string, LabProcess>();
    const startResponder = async (on: LabHost): Promise<LabProcess> => {
      const pod = podOf(on);
      const keyFile = join(on.directory, 'overlay.key');
      const args = ['overlay', '--agent', on.address, '--address', pod.address, '--key-file', keyFile];
      return pod.start(process.execPath, [...BUNDLE_FLAGS, BUNDLE, ...args], { readyWhen: /pinging from/ });
    };
    return {
      containers,
      directory: dockerd.directory,
      host,
      peers: PEERS,
      startContainer: (name) => startContainer(containers, name),
      stopContainer: async (name) => void (await containers.docker('stop', '--time', '10', name)),
      async startPeer(name) {
        const on = lab.host(name);
        agents.set(name, await cluster.start(on, [...QUIET_CHECKS, '--overlay.listen', 'always'], { bundled: true }));
        responders.set(name, await startResponder(on));
      },
      async endPeer(name, signal) {
        const own = [agents.get(name), responders.get(name)].flatMap((one) => one ?? []);
        for (const one of own) one.kill(signal);
        await Promise.all(own.map(({ ended }) => ended));
      },
      untilConnected: (withinMs) => untilConnected([host, ...peers], withinMs),
      untilServed: (withinMs) => untilServed(host, withinMs),
      usage: () => usageOfAll(containers),
      remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** A probe of the operator's that fails now and then. */
const settingsFor = (url: string): string =>
  `checks: ${JSON.stringify({ http: { probes: [{ name: 'churn', url, failureThreshold: 1 }] } })}\n`;

function writeKey(directory: string, text: string): void {
  const path = join(directory, 'overlay.key');
  writeFileSync(path, text);
  chmodSync(path, 0o444);
}

/** As a network plugin connects a pod: a pair of devices, one of them in the bridge of the node. */
async function createSandbox({ docker }: ManifestContainers, host: LabHost): Promise<void> {
  await docker('run', '--detach', '--name', SANDBOX, '--network', 'none', '--entrypoint', 'sleep', IMAGE, 'infinity');
  const pid = await docker('inspect', '--format', '{{.State.Pid}}', SANDBOX);
  const inside = `nsenter --net=/proc/${pid}/ns/net ip`;
  const lines = [
    `ip link add veth1 mtu ${POD_MTU} type veth peer name eth0 mtu ${POD_MTU} netns ${pid}`,
    'ip link set veth1 master cni0 up',
    `${inside} addr add ${SANDBOX_ADDRESS}/24 dev eth0`,
    `${inside} link set eth0 up`,
    `${inside} link set lo up`,
    `${inside} route add default via ${SANDBOX_GATEWAY}`,
  ];
  await host.exec('sh', ['-ec', lines.join('\n')]);
}

async function createContainers(
  containers: ManifestContainers,
  { address }: LabHost,
  peers: readonly LabHost[],
): Promise<void> {
  const objects = objectsOf(readManifest());
  const [agents, overlays] = [daemonSetOf(objects, 'meerkat'), daemonSetOf(objects, 'meerkat-overlay')];
  const seeds = peers.slice(0, 2).map((peer) => `${peer.address}:${MESH_PORT}`);
  const node = { network: 'host', user: '0:0' };
  const agentEnv = {
    MEERKAT_NODE_NAME: NODE,
    MEERKAT_MESH_ADDRESSES: address,
    MEERKAT_MESH_SEEDS: seeds.join(','),
    MEERKAT_OVERLAY_LISTEN: 'always',
  };
  const all = [
    [containerOf(agents, 'runtime-probe'), { ...node, env: { NODE_NAME: NODE } }],
    [containerOf(agents, 'agent'), { ...node, env: agentEnv }],
    [
      containerOf(overlays, 'overlay'),
      { network: `container:${SANDBOX}`, user: '65532:65532', env: { HOST_IP: address, POD_IPS: SANDBOX_ADDRESS } },
    ],
  ] as const;
  for (const [container, options] of all)
    await containers.docker('create', ...containers.argsOf(container, { image: IMAGE, ...options }));
}

async function startContainer({ env }: ManifestContainers, name: ContainerName): Promise<number> {
  const began = performance.now();
  const child = spawn('docker', ['start', '--attach', name], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (errors += chunk));
  return new Promise((resolve, reject) => {
    child.stdout.once('data', () => {
      resolve(performance.now() - began);
      // Its words are Docker's to keep.
      child.kill('SIGKILL');
    });
    child.once('error', reject);
    child.once('exit', (code) =>
      reject(new Error(`${name} ended with ${code} before it said anything:\n${errors.slice(-2000)}`)),
    );
  });
}

async function untilConnected(hosts: readonly LabHost[], withinMs: number): Promise<void> {
  const isConnected = ({ view }: ApiStatus): boolean => view.settled && view.component === hosts.length;
  await eventually(
    () => Promise.all(hosts.map(statusOf)),
    (said) => said.every(isConnected),
    withinMs,
  );
}

async function untilServed(host: LabHost, withinMs: number): Promise<void> {
  const wanted = ['container-runtime', 'container-start', 'overlay'];
  const areWell = ({ checks }: ApiNode): boolean =>
    checks.filter(({ check, status }) => wanted.includes(check) && status === 'ok').length === wanted.length;
  await eventually(() => host.json<ApiNode>(`/api/v1/nodes/${NODE}`), areWell, withinMs);
}

async function usageOfAll({ docker }: ManifestContainers): Promise<Readonly<Record<ContainerName, Usage>>> {
  const pids = (await docker('inspect', '--format', '{{.State.Pid}}', ...CONTAINERS)).split('\n').map(Number);
  const entries = CONTAINERS.map((name, index) => [name, sumUsage(treeOf(pids[index] ?? 0).map(usageOf))] as const);
  return Object.fromEntries(entries) as Record<ContainerName, Usage>;
}
