/** Where the agents run: hosts of a lab, each with a network of its own, or loopback addresses of this machine. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLab } from '../../test/lab/lib/lab/lab.ts';
import { waitUntil } from '../../test/lab/lib/lab/run.ts';
import type { Lab, LabHost } from '../../test/lab/lib/lab/types.ts';
import { weigh } from '../../test/lab/lib/lab/weight.ts';
import { whyNoLab } from '../../test/lab/lib/lab/why-no-lab.ts';

export interface Running {
  readonly pid: number;
  /** Standard output and standard error so far, the last mebibyte. */
  output(): string;
  kill(signal: NodeJS.Signals): void;
  /** SIGTERM, then SIGKILL. */
  stop(): Promise<unknown>;
  readonly ended: Promise<unknown>;
}

export interface Place {
  readonly name: string;
  readonly address: string;
  readonly directory: string;
  /** Resolves when the program's output matches; rejects with the output when it does not within 90 s. */
  start(program: string, args: readonly string[], readyWhen: RegExp): Promise<Running>;
  /** A file below /proc or /sys as that host sees it. */
  read(path: string): Promise<string>;
}

/** What only a network of one's own can suffer. */
export interface NetworkFaults {
  /** Everything that the host sends and would receive is dropped. */
  isolate(name: string): Promise<void>;
  partition(groups: readonly (readonly string[])[]): Promise<void>;
  /** Of every packet between any two hosts. */
  loss(ratio: number): Promise<void>;
  heal(): Promise<void>;
}

export interface Site {
  readonly places: readonly Place[];
  /** Where this process is reached from every place. */
  readonly ownAddress: string;
  /** Absent: the agents share one network. */
  readonly faults?: NetworkFaults;
  /** In words. */
  readonly description: string;
  /** Ends everything that was started and removes what it wrote. */
  remove(): Promise<void>;
}

const READY_WITHIN_MS = 90_000;
const OUTPUT_LIMIT = 1_048_576;

/** @param names also the hosts' names */
export async function createSite(names: readonly string[]): Promise<Site> {
  const reason = whyNoLab();
  if (reason === undefined) {
    const lab = await createLab({ hosts: names, ipv6: false });
    weigh(lab.name, names.length);
    return labSite(lab);
  }
  return loopbackSite(names, reason);
}

function labSite(lab: Lab): Site {
  const ownAddress = networkInterfaces()[lab.name]?.find(({ family }) => family === 'IPv4')?.address;
  if (ownAddress === undefined) throw new Error(`this process has no address in ${lab.name}`);
  return {
    places: lab.hosts.map(labPlace),
    ownAddress,
    faults: {
      isolate: (name) => lab.host(name).isolate(),
      partition: (groups) => lab.partition(groups),
      loss: (ratio) => lab.loss('*', ratio),
      heal: () => lab.heal(),
    },
    description: 'each agent in a network namespace of its own, on one switch',
    remove: () => lab.remove(),
  };
}

const labPlace = (host: LabHost): Place => ({
  name: host.name,
  address: host.address,
  directory: host.directory,
  start: (program, args, readyWhen) => host.start(program, args, { readyWhen, timeoutMs: READY_WITHIN_MS }),
  read: (path) => host.exec('cat', [path]),
});

function loopbackSite(names: readonly string[], reason: string): Site {
  const root = mkdtempSync(join(tmpdir(), 'meerkat-bench-'));
  const children = new Set<ChildProcess>();
  const killAll = (): void => children.forEach((child) => child.kill('SIGKILL'));
  process.once('exit', killAll);
  return {
    places: names.map((name, index) => loopbackPlace(name, `127.0.77.${11 + index}`, join(root, name), children)),
    ownAddress: '127.0.77.1',
    description: `all agents on loopback addresses, because ${reason}; packets cannot be dropped there`,
    async remove() {
      killAll();
      await waitUntil(() => children.size === 0, 10_000);
      process.off('exit', killAll);
      rmSync(root, { recursive: true, force: true });
    },
  };
}

function loopbackPlace(name: string, address: string, directory: string, children: Set<ChildProcess>): Place {
  mkdirSync(directory, { recursive: true });
  return {
    name,
    address,
    directory,
    async start(program, args, readyWhen) {
      const child = spawn(program, args, { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
      children.add(child);
      const running = runningOf(child, () => children.delete(child));
      const hasEnded = (): boolean => !children.has(child);
      await waitUntil(() => hasEnded() || readyWhen.test(running.output()), READY_WITHIN_MS);
      if (!hasEnded() && readyWhen.test(running.output())) return running;
      child.kill('SIGKILL');
      throw new Error(`${program} does not start:\n${running.output().slice(-4000)}`);
    },
    read: () => Promise.reject(new Error('all agents share one network')),
  };
}

function runningOf(child: ChildProcess, onEnd: () => void): Running {
  let output = '';
  const add = (chunk: string): void => void (output = (output + chunk).slice(-OUTPUT_LIMIT));
  child.stdout?.setEncoding('utf8').on('data', add);
  child.stderr?.setEncoding('utf8').on('data', add);
  const ended = new Promise<void>((done) => {
    child.once('error', (error) => add(String(error)));
    child.once('close', () => {
      onEnd();
      done();
    });
  });
  return {
    pid: child.pid ?? 0,
    output: () => output,
    kill: (signal) => void child.kill(signal),
    async stop() {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
      return ended.finally(() => clearTimeout(timer));
    },
    ended,
  };
}
