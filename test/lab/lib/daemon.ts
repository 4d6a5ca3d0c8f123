/** Daemons with everything of their own in one directory, and processes of them. */
import { type ChildProcess, spawnSync } from 'node:child_process';
import { accessSync, constants, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

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

/** Ends all that was started with paths in the directory, and removes it with its mounts. */
export async function removeDaemon(directory: string, child: ChildProcess | undefined): Promise<void> {
  child?.kill('SIGCONT');
  child?.kill('SIGTERM');
  for (let tries = 0; tries < 75 && processesOf(directory).length > 0; tries += 1) await sleep(200);
  // What is left, for one after it was killed: its helpers and shims.
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

/** Memory of a process, MiB. */
export const residentMebibytes = (pid: number): number => {
  const [, kibibytes] = /VmRSS:\s+(\d+)/.exec(readIfThere(`/proc/${pid}/status`)) ?? [];
  return Math.round(Number(kibibytes) / 1024);
};
