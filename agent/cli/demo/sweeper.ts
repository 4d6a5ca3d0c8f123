/**
 * Leaves nothing behind, however the demo ends. The sweeper is a process of its own, in a session of its own, that does
 * nothing until its standard input ends, and that ends with the demo: also when the demo is killed, and then agents that
 * are stopped (SIGSTOP) and could notice nothing themselves are ended too. The agents are plain `meerkat agent`s that
 * know nothing of it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, sep } from 'node:path';
import { systemClock } from '../../base/clock.ts';
import { AgentError } from '../../base/errors.ts';

/** Every demo makes one directory that is named so. */
export const DIRECTORY_PREFIX = 'meerkat-demo-';

const SWEEPS = 50;
const SWEEP_EVERY_MS = 100;

/** Starts the process that sweeps when this one is gone. Its standard input must stay open until then. */
export function startSweeper([program = '', ...args]: readonly string[], directory: string): ChildProcess {
  return spawn(program, [...args, 'demo', '--sweep', directory], {
    stdio: ['pipe', 'ignore', 'inherit'],
    detached: true,
    cwd: '/',
  });
}

/** The sweeper process: waits for the end of standard input, then sweeps. */
export async function sweepAtTheEnd(directory: string): Promise<void> {
  if (!basename(directory).startsWith(DIRECTORY_PREFIX) || dirname(directory) !== tmpdir()) {
    throw new AgentError('usage', `${directory} is no directory of a demo.`);
  }
  // It is there for the very case that everything else is told to end.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});
  await new Promise<void>((resolve) => {
    process.stdin.once('end', resolve).once('error', resolve).once('close', resolve).resume();
  });
  await sweep(directory);
}

/** Kills the agents that live in the directory, and removes it. */
export async function sweep(directory: string): Promise<void> {
  for (let sweeps = 0; sweeps < SWEEPS; sweeps += 1) {
    const pids = await agentsIn(directory);
    if (pids.length === 0) break;
    for (const pid of pids) killIfThere(pid);
    await systemClock.sleep(SWEEP_EVERY_MS);
  }
  // The processes that the agents had started end by themselves a moment later, and may still write meanwhile.
  await rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
}

/** Agents whose configuration is in the directory, also those that somebody started by hand with the command printed. */
async function agentsIn(directory: string): Promise<number[]> {
  const names = await readdir('/proc').catch(() => []);
  const pids: number[] = [];
  for (const name of names) {
    if (!/^\d+$/.test(name)) continue;
    const words = (await readFile(join('/proc', name, 'cmdline'), 'utf8').catch(() => '')).split('\0');
    const config = words[words.indexOf('--config') + 1];
    if (words.includes('agent') && words.includes('--config') && config?.startsWith(directory + sep) === true) {
      pids.push(Number(name));
    }
  }
  return pids;
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
