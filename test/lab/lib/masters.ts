/** Masters as kubeadm stacks them: each has a member of one etcd, an API server that asks it, a scheduler and a controller manager. */
import { join } from 'node:path';
import { type EtcdCluster, createEtcdCluster } from './cluster.ts';
import {
  type ControlPlane,
  type ControllerProgram,
  copyCredentials,
  createControlPlane,
  createCredentials,
} from './control-plane.ts';
import type { LabHost, LabProcess } from './lab/types.ts';

export interface Master {
  readonly host: LabHost;
  readonly api: ControlPlane;
  controller(program: ControllerProgram): LabProcess;
  startController(program: ControllerProgram): Promise<void>;
  /** All of it, after the host was off. */
  start(): Promise<void>;
}

export interface Masters {
  readonly etcd: EtcdCluster;
  readonly all: readonly Master[];
  /** By the host's name. */
  of(name: string): Master;
  /** Flags for the agent of any host: all API servers, and on a master what is its own. */
  admit(host: LabHost): string[];
}

export const CONTROLLER_PROGRAMS = ['kube-scheduler', 'kube-controller-manager'] as const;

/** Starts them; resolves when all API servers are ready. */
export async function startMasters(hosts: readonly LabHost[]): Promise<Masters> {
  const [first] = hosts;
  if (first === undefined) throw new Error('a control plane needs a host');
  const etcd = createEtcdCluster(hosts);
  const directoryOf = (host: LabHost): string => join(host.directory, 'credentials');
  const credentials = await createCredentials(directoryOf(first));
  const all = await Promise.all(
    hosts.map(async (host) => {
      const own = host === first ? credentials : copyCredentials(credentials, directoryOf(first), directoryOf(host));
      return createMaster(host, await createControlPlane(host, { etcd, credentials: own }));
    }),
  );
  // None is ready before most members are there.
  await Promise.all(all.map(({ api }) => api.startEtcd()));
  await Promise.all(all.map(({ api }) => api.startApiserver()));
  const [{ api }] = all as [Master];
  await api.equip();
  for (const program of CONTROLLER_PROGRAMS) for (const master of all) await master.startController(program);
  const servers = all.map((master) => master.api.url);
  return {
    etcd,
    all,
    of(name) {
      const found = all.find(({ host }) => host.name === name);
      if (found === undefined) throw new Error(`${name} is no master`);
      return found;
    },
    admit(host) {
      const own = all.find((master) => master.host === host);
      const flags = api.admit(host).map((word) => (word === api.url ? servers.join(',') : word));
      if (own === undefined) return flags;
      return [...flags, ...etcd.flags(host), '--checks.apiserver.endpoint', own.api.url];
    },
  };
}

function createMaster(host: LabHost, api: ControlPlane): Master {
  const controllers = new Map<ControllerProgram, LabProcess>();
  const startController = async (program: ControllerProgram): Promise<void> => {
    controllers.set(program, await api.startStandby(program, host));
  };
  return {
    host,
    api,
    startController,
    controller(program) {
      const found = controllers.get(program);
      if (found === undefined) throw new Error(`no ${program} was started on ${host.name}`);
      return found;
    },
    async start() {
      await api.startEtcd();
      await api.startApiserver();
      for (const program of CONTROLLER_PROGRAMS) await startController(program);
    },
  };
}
