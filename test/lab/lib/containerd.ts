/** A real containerd with everything of its own in one directory: never the machine's. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isProgram, removeDaemon } from './daemon.ts';
import { PAUSE_IMAGE, packPodImages, whyNoPodImages } from './pod-images.ts';

export interface Containerd {
  readonly directory: string;
  readonly socketPath: string;
  /** The program that makes its containers, its own copy. */
  readonly runc: string;
  pid(): number;
  start(): Promise<void>;
  /** SIGKILL; the socket's file stays. */
  kill(): Promise<void>;
  /** What pods are made from, in the place of a registry. */
  loadImages(): void;
  removeImages(): void;
  /** Ids of the containers, sandboxes among them. */
  containers(): string[];
  /** A network for pods is there, or is not; the one that nobody names connects nothing. */
  setNetwork(network: boolean | readonly NetworkPlugin[]): void;
  cleanUp(): Promise<void>;
}

/** A program of the network and what it is told; Source: https://www.cni.dev/docs/spec */
export interface NetworkPlugin {
  readonly type: string;
  readonly [setting: string]: unknown;
}

/** Of Debian's containernetworking-plugins. */
export const NETWORK_PROGRAMS = '/usr/lib/cni';

/** Why no containerd can be started here; undefined where it can. */
export function whyNoContainerd(): string | undefined {
  if (process.getuid?.() !== 0) return 'containerd needs root';
  const missing = ['containerd', 'ctr', 'runc'].filter((name) => !isProgram(name));
  return missing.length === 0 ? whyNoPodImages() : `not installed: ${missing.join(', ')}`;
}

export interface ContainerdPlaces {
  /** Where all of it is that outlives it. */
  readonly root: string;
  readonly state: string;
  readonly socketPath: string;
  /** Of the programs of networks, and of their configuration. */
  readonly networkPrograms: string;
  readonly networks: string;
  /** Path of what makes containers. Default: the machine's. */
  readonly runc?: string;
  /** It leaves the control groups to systemd, as on nodes. Default: false. */
  readonly hasSystemd?: boolean;
  readonly snapshotter?: Snapshotter;
}

/** How it keeps images; `native`, the default, copies them for each container, and needs nothing of the file system. */
export type Snapshotter = 'native' | 'overlayfs';

/** Its configuration, version 2. */
export const containerdConfiguration = (places: ContainerdPlaces): string => `
version = 2
root = "${places.root}"
state = "${places.state}"
[grpc]
  address = "${places.socketPath}"
[ttrpc]
  address = "${places.socketPath}.ttrpc"
[plugins."io.containerd.internal.v1.opt"]
  path = "${places.root}/opt"
[plugins."io.containerd.grpc.v1.cri"]
  restrict_oom_score_adj = true
  sandbox_image = "${PAUSE_IMAGE}"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${places.networkPrograms}"
    conf_dir = "${places.networks}"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "${places.snapshotter ?? 'native'}"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = ${places.hasSystemd === true}
        BinaryName = "${places.runc ?? 'runc'}"
`;

export interface ContainerdOptions {
  /** It leaves the control groups to systemd, as on nodes; there is none here, so that nothing starts then. */
  readonly hasSystemd?: boolean;
  /** Default: beside all else that it has. */
  readonly dataDirectory?: string;
}

export function createContainerd({ hasSystemd = false, dataDirectory }: ContainerdOptions = {}): Containerd {
  const directory = mkdtempSync(join(tmpdir(), 'meerkat-containerd-'));
  const socketPath = join(directory, 'containerd.sock');
  let child: ChildProcess | undefined;
  const ctr = (...args: readonly string[]): string =>
    execFileSync('ctr', ['--address', socketPath, '--namespace', 'k8s.io', ...args], { encoding: 'utf8' });
  mkdirSync(join(directory, 'cni'));
  symlinkSync(NETWORK_PROGRAMS, join(directory, 'cni-bin'));
  const runc = join(directory, 'runc');
  symlinkSync(execFileSync('which', ['runc'], { encoding: 'utf8' }).trim(), runc);
  const configuration = containerdConfiguration({
    root: dataDirectory ?? join(directory, 'data'),
    runc,
    state: join(directory, 'state'),
    socketPath,
    networkPrograms: join(directory, 'cni-bin'),
    networks: join(directory, 'cni'),
    hasSystemd,
  });
  writeFileSync(join(directory, 'config.toml'), configuration);
  return {
    directory,
    socketPath,
    runc,
    pid: () => child?.pid ?? 0,
    async start() {
      const log = openSync(join(directory, 'log'), 'a');
      child = spawn('containerd', ['--config', join(directory, 'config.toml')], { stdio: ['ignore', log, log] });
      for (let tries = 0; tries < 150 && child.exitCode === null; tries += 1) {
        if (isAnswering(ctr)) return;
        await sleep(200);
      }
      throw new Error(`containerd does not answer:\n${readFileSync(join(directory, 'log'), 'utf8').slice(-2000)}`);
    },
    async kill() {
      if (child === undefined) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
    loadImages: () => void ctr('images', 'import', '--snapshotter', 'native', packPodImages(directory)),
    removeImages: () => {
      for (const name of lines(ctr('images', 'ls', '-q'))) ctr('images', 'rm', '--sync', name);
    },
    containers: () => lines(ctr('containers', 'ls', '-q')),
    setNetwork: (network) => {
      const path = join(directory, 'cni/pods.conflist');
      if (network === false) return rmSync(path, { force: true });
      const plugins = network === true ? [{ type: 'loopback' }] : network;
      writeFileSync(path, JSON.stringify({ cniVersion: '0.4.0', name: 'pods', plugins }));
    },
    cleanUp: () => removeDaemon(directory, child),
  };
}

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');

function isAnswering(ctr: (...args: readonly string[]) => string): boolean {
  try {
    return ctr('plugins', 'ls').includes('cri');
  } catch {
    return false;
  }
}
