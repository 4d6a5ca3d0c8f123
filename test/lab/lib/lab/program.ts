/** Programs that run inside a host. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Hierarchies,
  cpuSecondsOf,
  makeProcessGroup,
  processesIn,
  readIfThere,
  signalIfThere,
} from './cgroups.ts';
import { waitUntil, withSystemPath } from './run.ts';
import type { LabProcess, ProcessEnd, ProcessUsage, StartOptions } from './types.ts';

/** What a program of a host has to enter. */
export interface Inside {
  readonly hierarchies: Hierarchies;
  /** The host's group. */
  readonly cgroup: string;
  /** The process whose network, mounts and host name are the host's. */
  readonly keeperPid: number;
  readonly cwd: string;
}

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

const OUTPUT_LIMIT = 1_048_576;
let started = 0;

/** The command that enters the host, joins the groups and becomes the program, keeping its process id. */
export function commandInside(
  inside: Inside,
  program: string,
  args: readonly string[],
  groups = groupsOf(inside),
): Command {
  // First the groups, because the host's mounts may hide them.
  const script = [
    'keeper=$1 cwd=$2; shift 2',
    'while [ "$1" != -- ]; do echo $$ >"$1/cgroup.procs" || exit 126; shift; done; shift',
    'exec nsenter --target "$keeper" --net --mount --uts -- sh -c \'cd "$0" && exec "$@"\' "$cwd" "$@"',
  ].join('\n');
  const own = ['-c', script, 'enter', String(inside.keeperPid), inside.cwd, ...groups, '--'];
  return { file: 'sh', args: [...own, program, ...args] };
}

/** Starts it and waits until it is ready. */
export async function startProgram(
  inside: Inside,
  program: string,
  args: readonly string[],
  options: StartOptions,
): Promise<LabProcess> {
  const { hierarchies } = inside;
  started += 1;
  const group = `${started}-${program.replace(/^.*\//, '').replaceAll(/[^\w.-]/g, '_')}`;
  const groups = makeProcessGroup(hierarchies, inside.cgroup, group);
  const cgroup = `${inside.cgroup}/${group}`;
  const { clockShiftSeconds: shift, clockShiftFile: shiftFile } = options;
  const { file, args: words } = commandInside({ ...inside, cwd: options.cwd ?? inside.cwd }, program, args, groups);
  const child = spawn(file, words, {
    env: {
      ...withSystemPath(),
      ...(shift !== undefined && clockShift({ FAKETIME: `${shift < 0 ? '' : '+'}${shift}` })),
      ...(shiftFile !== undefined && clockShift({ FAKETIME_TIMESTAMP_FILE: shiftFile, FAKETIME_CACHE_DURATION: '1' })),
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    // An interrupt at the terminal is for the test, which then ends its programs.
    detached: true,
  });
  const output = collect(child);
  const ended = new Promise<ProcessEnd>((done, fail) => {
    child.once('error', fail);
    child.once('close', (code, signal) => done({ code, signal }));
    // A child of it that lives on may hold its output open.
    child.once('exit', (code, signal) => void setTimeout(() => done({ code, signal }), 100));
  });
  const pid = child.pid ?? 0;
  const all = (): number[] => processesIn(hierarchies, cgroup);
  const labProcess: LabProcess = {
    pid,
    output,
    ended,
    kill: (signal) => void child.kill(signal),
    async stop(timeoutMs = 10_000) {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
      return ended.finally(() => clearTimeout(timer));
    },
    freeze: () => {
      for (const one of all()) signalIfThere(one, 'SIGSTOP');
    },
    thaw: () => {
      for (const one of all()) signalIfThere(one, 'SIGCONT');
    },
    usage: () => usageOf(all(), cpuSecondsOf(hierarchies, cgroup)),
  };
  await untilReady(labProcess, child, program, options);
  return labProcess;
}

const groupsOf = ({ hierarchies, cgroup }: Inside): string[] => hierarchies.roots.map((root) => join(root, cgroup));

async function untilReady(
  running: LabProcess,
  child: ChildProcess,
  program: string,
  { readyWhen, timeoutMs = 30_000 }: StartOptions,
): Promise<void> {
  if (readyWhen === undefined) return;
  const isReady =
    readyWhen instanceof RegExp
      ? (): boolean => readyWhen.test(running.output())
      : (): Promise<boolean> => readyWhen().catch(() => false);
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const settled = await waitUntil(async () => hasEnded() || isReady(), timeoutMs);
  if (settled && !hasEnded()) return;
  child.kill('SIGKILL');
  const { code, signal } = await running.ended;
  const what = settled ? `ended with ${code ?? signal} before it was ready` : `was not ready within ${timeoutMs} ms`;
  throw new Error(`${program} ${what}:\n${running.output().slice(-4000)}`);
}

function collect(child: ChildProcess): () => string {
  let output = '';
  const add = (chunk: string): void => {
    output = (output + chunk).slice(-OUTPUT_LIMIT);
  };
  child.stdout?.setEncoding('utf8').on('data', add);
  child.stderr?.setEncoding('utf8').on('data', add);
  return () => output;
}

/** See faketime(1). Preloaded, so that the process keeps its id; the monotonic clock would otherwise jump too. */
function clockShift(by: Readonly<Record<string, string>>): Record<string, string> {
  const library = readdirSync('/usr/lib')
    .map((name) => `/usr/lib/${name}/faketime/libfaketime.so.1`)
    .find((path) => existsSync(path));
  if (library === undefined) throw new Error('libfaketime is not installed');
  return {
    LD_PRELOAD: library,
    ...by,
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    DONT_FAKE_MONOTONIC: '1',
  };
}

function usageOf(pids: readonly number[], cpuSeconds: number): ProcessUsage {
  const rssKibibytes = pids.map((pid) => Number(/VmRSS:\s+(\d+)/.exec(readIfThere(`/proc/${pid}/status`))?.[1] ?? 0));
  return {
    cpuSeconds,
    rssBytes: rssKibibytes.reduce((sum, one) => sum + one, 0) * 1024,
    openFiles: pids.reduce((sum, pid) => sum + openFilesOf(pid), 0),
    pids,
  };
}

function openFilesOf(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 0;
  }
}
