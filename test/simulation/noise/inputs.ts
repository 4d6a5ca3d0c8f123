/** All that the checks of one node see; what makes the noise of each is in the part's own file. */
import { type Certificates, BEGINNING, createCertificates } from './certificates.ts';
import { type Cpu, createCpu } from './cpu.ts';
import { type Disks, createDisks } from './disks.ts';
import { type Dns, createDns } from './dns.ts';
import { type Etcd, createEtcd } from './etcd.ts';
import { type Memory, createMemory } from './memory.ts';
import { type NodeObject, createNodeObject } from './node-object.ts';
import type { Noise } from './noise.ts';
import { type Overlay, createOverlay } from './overlay.ts';
import type { Part } from './part.ts';
import { type Peers, createPeers } from './peers.ts';
import { type Pods, createPods } from './pods.ts';
import { type Runtime, createRuntime } from './runtime.ts';
import {
  type Server,
  createApiserver,
  createController,
  createKubelet,
  createKubeProxy,
  createService,
} from './servers.ts';
import { type Tables, createTables } from './tables.ts';

export type Role = 'master' | 'worker';

export interface Inputs extends Required<Part> {
  readonly role: Role;
  readonly cpu: Cpu;
  readonly memory: Memory;
  readonly disks: Disks;
  readonly tables: Tables;
  readonly certificates: Certificates;
  readonly runtime: Runtime;
  readonly dns: Dns;
  readonly pods: Pods;
  readonly overlay: Overlay;
  readonly peers: Peers;
  readonly nodeObject: NodeObject;
  readonly kubelet: Server;
  readonly kubeProxy: Server;
  readonly service: ReturnType<typeof createService>;
  /** On masters. */
  readonly etcd?: Etcd;
  readonly apiserver?: Server;
  readonly scheduler?: Server;
  readonly controllerManager?: Server;
}

/** The kernel of the worker states no pressure, as where it was started with psi=0. */
export function createInputs(noise: Noise, role: Role): Inputs {
  const hasPressure = role === 'master';
  const service = createService(noise);
  const files = {
    cpu: createCpu(noise, hasPressure),
    memory: createMemory(noise, hasPressure, BEGINNING),
    disks: createDisks(noise, role, hasPressure),
    tables: createTables(noise),
    certificates: createCertificates(noise, role),
    peers: createPeers(noise),
  };
  const servers = { kubelet: createKubelet(noise), kubeProxy: createKubeProxy(noise), service };
  const master = role === 'master' ? createMaster(noise) : {};
  const parts: readonly Part[] = Object.values({ ...files, ...servers, ...master, servers: service.servers });
  return {
    role,
    ...files,
    ...servers,
    ...master,
    runtime: createRuntime(noise),
    dns: createDns(noise),
    pods: createPods(noise),
    overlay: createOverlay(noise),
    nodeObject: createNodeObject(noise),
    files: Object.assign({}, ...parts.map((part) => part.files)) as Required<Part>['files'],
    fileSystems: Object.assign({}, ...parts.map((part) => part.fileSystems)) as Required<Part>['fileSystems'],
    answers: Object.assign({}, ...parts.map((part) => part.answers)) as Required<Part>['answers'],
  };
}

function createMaster(noise: Noise) {
  const etcd = createEtcd(noise);
  return {
    etcd,
    apiserver: createApiserver(noise, etcd.election),
    scheduler: createController(noise, 'scheduler'),
    controllerManager: createController(noise, 'controller-manager'),
  };
}
