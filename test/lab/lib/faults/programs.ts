/** Faults of programs: of the control plane, of a worker, of an agent. */
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { RESTART_MS } from '../../../../agent/diagnosis/instances.ts';
import type { ControllerProgram } from '../control-plane.ts';
import { PAUSE_IMAGE, loadPodImages } from '../pod-images.ts';
import type { WholeCluster } from '../whole-cluster.ts';
import { type Fault, HOST_MS, KUBELET_MS, boundOf } from './fault.ts';

const CTR = ['--address', '/run/containerd/containerd.sock', '--namespace', 'k8s.io'];

/** Of several: until then it may be restarted, which is an information. */
export const apiserverKilled = (name: string): Fault => ({
  name: `kube-apiserver on ${name} killed`,
  cause: new RegExp(`^ApiserverDown/${name}\\b`),
  boundMs: boundOf('apiserver') + RESTART_MS,
  begin: ({ masters }) => masters.of(name).api.apiserver().kill('SIGKILL'),
  end: ({ masters }) => masters.of(name).api.startApiserver(),
});

export const controllersKilled = (program: ControllerProgram): Fault => ({
  name: `every ${program} killed`,
  cause: program === 'kube-scheduler' ? /^SchedulerDown\b/ : /^ControllerManagerDown\b/,
  boundMs: boundOf('scheduler'),
  begin: ({ masters }) => masters.all.forEach((master) => master.controller(program).kill('SIGKILL')),
  end: ({ masters }) => Promise.all(masters.all.map((master) => master.startController(program))),
});

export const runtimeKilled = (name: string): Fault => ({
  name: `containerd on ${name} killed`,
  cause: new RegExp(`^RuntimeDown/${name}\\b`),
  boundMs: boundOf('container-runtime') + RESTART_MS,
  begin: (cluster) => cluster.kubeletOf(name).containerd.kill('SIGKILL'),
  end: (cluster) => cluster.startKubelet(name),
});

export const kubeletStopped = (name: string): Fault => ({
  name: `the kubelet on ${name} stopped`,
  cause: new RegExp(`^KubeletDown/${name}\\b`),
  boundMs: boundOf('kubelet') + RESTART_MS,
  begin: (cluster) => cluster.kubeletOf(name).kubelet.stop(),
  end: (cluster) => cluster.startKubelet(name),
});

export const pauseImageGone = (name: string): Fault => ({
  name: `the pause image on ${name} is gone`,
  cause: new RegExp(`^ContainersCannotStart/${name}\\b`),
  boundMs: boundOf('container-start'),
  begin: ({ lab }) => lab.host(name).exec('ctr', [...CTR, 'images', 'rm', '--sync', PAUSE_IMAGE]),
  end: ({ lab }) => loadPodImages(lab.host(name)),
});

export const podNetworkGone = (name: string): Fault => ({
  name: `the network configuration of ${name} is gone`,
  cause: new RegExp(`^(PodNetworkNotReady|NodeNetworkUnavailable)/${name}\\b`),
  // The kubelet says so as it says that it is not ready, which counts once it lasts a minute.
  boundMs: KUBELET_MS + boundOf('node-object', 'NodeNotReady'),
  begin: (cluster) => renameSync(configurationOf(cluster, name), `${configurationOf(cluster, name)}.away`),
  end: (cluster) => renameSync(`${configurationOf(cluster, name)}.away`, configurationOf(cluster, name)),
});

export const agentFrozen = (name: string): Fault => ({
  name: `the agent on ${name} frozen`,
  cause: new RegExp(`^AgentUnresponsive/${name}\\b`),
  boundMs: HOST_MS,
  begin: ({ agents }) => agents.get(name)?.freeze(),
  end: ({ agents }) => agents.get(name)?.thaw(),
  silent: [name],
});

const configurationOf = ({ lab }: WholeCluster, name: string): string =>
  join(lab.host(name).directory, 'containerd/networks/pods.conflist');
