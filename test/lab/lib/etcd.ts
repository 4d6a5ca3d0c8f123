/** Real etcd members on free loopback ports. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Undefined where this machine has no etcd. */
export const ETCD_VERSION = (() => {
  try {
    return /etcd Version: (\S+)/.exec(execFileSync('etcd', ['--version'], { encoding: 'utf8' }))?.[1];
  } catch {
    return undefined;
  }
})();

export interface MemberOptions {
  /** More flags, as etcd takes them. */
  readonly flags?: readonly string[];
  readonly scheme?: 'http' | 'https';
}

export interface Member {
  readonly name: string;
  readonly clientUrl: string;
  readonly metricsUrl: string;
  /** Starts it, again too. Returns at once. */
  start(): void;
  freeze(): void;
  thaw(): void;
  /** Kills it and waits until it is gone. */
  kill(): Promise<void>;
}

/** Members of one cluster; none runs yet. Data lies below `directory`. */
export async function createMembers(directory: string, count: number, options: MemberOptions = {}): Promise<Member[]> {
  const [ports, scheme] = [await freePorts(count * 3), options.scheme ?? 'http'];
  const address = (index: number): string => `127.0.0.1:${ports[index]}`;
  const names = Array.from({ length: count }, (_, index) => `m${index}`);
  const cluster = names.map((name, index) => `${name}=http://${address(index * 3 + 2)}`).join(',');
  return names.map((name, index) => {
    const clientUrl = `${scheme}://${address(index * 3)}`;
    const metricsUrl = `http://${address(index * 3 + 1)}`;
    const peerUrl = `http://${address(index * 3 + 2)}`;
    const flags = {
      name,
      'data-dir': join(directory, name),
      'listen-client-urls': clientUrl,
      'advertise-client-urls': clientUrl,
      'listen-metrics-urls': metricsUrl,
      'listen-peer-urls': peerUrl,
      'initial-advertise-peer-urls': peerUrl,
      'initial-cluster': cluster,
    };
    const args = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
    return createMember(name, clientUrl, metricsUrl, [...args, ...(options.flags ?? [])]);
  });
}

/** Waits until the URL answers with a body that has `text`. */
export async function waitForAnswer(url: string, text: string, timeoutMs = 30_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (performance.now() < deadline) {
    const body = await fetch(url, { signal: AbortSignal.timeout(1000) }).then((response) => response.text(), String);
    if (body.includes(text)) return;
    await sleep(100);
  }
  throw new Error(`${url} did not answer ${text} within ${timeoutMs} ms`);
}

function createMember(name: string, clientUrl: string, metricsUrl: string, args: readonly string[]): Member {
  let child: ChildProcess | undefined;
  return {
    name,
    clientUrl,
    metricsUrl,
    start() {
      child = spawn('etcd', args, { stdio: 'ignore' });
    },
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    async kill() {
      const dying = child;
      child = undefined;
      if (dying === undefined || dying.exitCode !== null || dying.signalCode !== null) return;
      const gone = new Promise((resolve) => {
        dying.once('exit', resolve);
      });
      dying.kill('SIGKILL');
      await gone;
    },
  };
}

/** Ports that are free now, all different. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve) => {
          const server = createServer().listen(0, '127.0.0.1', () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => {
    const address = server.address();
    return address !== null && typeof address === 'object' ? address.port : 0;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
