/** A real dockerd with everything of its own in one directory: never the machine's. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isProgram, removeDaemon } from './daemon.ts';

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

/** @param namespace name of the network namespace, below /run/netns, that its containers take for the host's; default: this process' */
export function createDockerd(namespace?: string): Dockerd {
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
      child = launch(directory, namespace);
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
    cleanUp: () => removeDaemon(directory, child),
  };
}

function launch(directory: string, namespace: string | undefined): ChildProcess {
  const log = openSync(join(directory, 'log'), 'a');
  const places = { 'data-root': 'data', 'exec-root': 'exec', pidfile: 'pid' };
  const flags = Object.entries(places).map(([flag, name]) => `--${flag}=${join(directory, name)}`);
  const network = ['--iptables=false', '--ip6tables=false', '--bridge=none'];
  const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}${delimiter}/usr/sbin${delimiter}/usr/bin` };
  const command = ['dockerd', ...flags, ...network, '--host', `unix://${directory}/docker.sock`];
  const [program = '', ...args] =
    namespace === undefined ? command : ['nsenter', `--net=/run/netns/${namespace}`, ...command];
  return spawn(program, args, { stdio: ['ignore', log, log], env });
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
