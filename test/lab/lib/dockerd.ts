/** A real dockerd with everything of its own in one directory: never the machine's. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Dockerd {
  readonly directory: string;
  readonly socketPath: string;
  pid(): number;
  /** Of the containerd that dockerd starts for itself. */
  containerdPid(): number;
  /** Names of the containers with the label, whatever their state. */
  probeContainers(): Promise<string[]>;
  start(): Promise<void>;
  /** SIGKILL; the socket's file stays. */
  kill(): Promise<void>;
  /** Ends all processes of it and removes the directory. */
  cleanUp(): Promise<void>;
}

/** Why no dockerd can be started here; undefined where it can. */
export function whyNoDockerd(): string | undefined {
  if (process.getuid?.() !== 0) return 'dockerd needs root';
  const missing = ['dockerd', 'containerd', 'runc'].filter((name) => !isProgram(name));
  return missing.length === 0 ? undefined : `not installed: ${missing.join(', ')}`;
}

/** True for a program in the PATH. */
export const isProgram = (name: string): boolean =>
  `${process.env['PATH'] ?? ''}${delimiter}/usr/sbin`.split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

export function createDockerd(): Dockerd {
  const directory = mkdtempSync(join(tmpdir(), 'meerkat-dockerd-'));
  const socketPath = join(directory, 'docker.sock');
  let child: ChildProcess | undefined;
  const containerdPid = (): number => Number(readFileSync(join(directory, 'exec/containerd/containerd.pid'), 'utf8'));
  return {
    directory,
    socketPath,
    containerdPid,
    pid: () => child?.pid ?? 0,
    probeContainers: async () => {
      const filters = encodeURIComponent('{"label":["io.meerkat.probe=1"]}');
      const body = await get(socketPath, `/containers/json?all=1&filters=${filters}`);
      return (JSON.parse(body) as { Names: string[] }[]).map(({ Names: [name = ''] }) => name.slice(1));
    },
    async start() {
      child = launch(directory);
      await untilAnswering(socketPath, child, directory);
    },
    async kill() {
      if (child === undefined) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
      // Its containerd dies with it. Where nobody reaps that, the next dockerd would take it for alive.
      rmSync(join(directory, 'exec/containerd/containerd.pid'), { force: true });
    },
    cleanUp: () => cleanUp(directory, child),
  };
}

function launch(directory: string): ChildProcess {
  const log = openSync(join(directory, 'log'), 'a');
  const places = { 'data-root': 'data', 'exec-root': 'exec', pidfile: 'pid' };
  const flags = Object.entries(places).map(([flag, name]) => `--${flag}=${join(directory, name)}`);
  const network = ['--iptables=false', '--ip6tables=false', '--bridge=none'];
  const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}${delimiter}/usr/sbin${delimiter}/usr/bin` };
  return spawn('dockerd', [...flags, ...network, '--host', `unix://${directory}/docker.sock`], {
    stdio: ['ignore', log, log],
    env,
  });
}

async function untilAnswering(socketPath: string, child: ChildProcess, directory: string): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    if (
      await get(socketPath, '/_ping').then(
        () => true,
        () => false,
      )
    )
      return;
    if (child.exitCode !== null) break;
    await sleep(200);
  }
  throw new Error(`dockerd does not answer:\n${readFileSync(join(directory, 'log'), 'utf8').slice(-2000)}`);
}

const get = (socketPath: string, path: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(5000);
    const outgoing = request({ socketPath, path, agent: false, signal }, (incoming) => {
      let body = '';
      incoming.on('data', (chunk: Buffer) => (body += chunk.toString()));
      incoming.on('end', () => resolve(body));
      incoming.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end();
  });

async function cleanUp(directory: string, child: ChildProcess | undefined): Promise<void> {
  child?.kill('SIGCONT');
  child?.kill('SIGTERM');
  for (let tries = 0; tries < 75 && processesOf(directory).length > 0; tries += 1) await sleep(200);
  // What is left, for one after dockerd was killed: its containerd and shims, all started with paths in the directory.
  for (const pid of processesOf(directory)) process.kill(pid, 'SIGKILL');
  while (processesOf(directory).length > 0) await sleep(20);
  for (const path of mountsBelow(directory)) spawnSync('umount', ['--lazy', path]);
  rmSync(directory, { recursive: true, force: true });
}

const processesOf = (directory: string): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => readIfThere(`/proc/${pid}/cmdline`).includes(directory))
    .map(Number);

const mountsBelow = (directory: string): string[] =>
  readIfThere('/proc/self/mountinfo')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((path) => path.startsWith(`${directory}/`))
    .toReversed();

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Open files of a process. */
export const openFiles = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

/** Resolves when every thread of the process stands still: a busy machine stops them one after the other. */
export async function freeze(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  const stands = (thread: string): boolean => /^State:\s+T/m.test(readIfThere(`/proc/${pid}/task/${thread}/status`));
  for (let tries = 0; tries < 500; tries += 1) {
    if (readdirSync(`/proc/${pid}/task`).every(stands)) return;
    await sleep(10);
  }
  throw new Error(`process ${pid} does not stop`);
}

/** Direct children of a process, by id. */
export const childrenOf = (pid: number): number[] =>
  readIfThere(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);

export const isAlive = (pid: number): boolean => {
  try {
    // A zombie has no command line.
    return statSync(`/proc/${pid}`).isDirectory() && readIfThere(`/proc/${pid}/cmdline`) !== '';
  } catch {
    return false;
  }
};
