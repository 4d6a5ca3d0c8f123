/** How long processes of a test could not run although they had to: by that much they are late, whatever they are made of. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { readCpuWaitMs } from '../../../agent/base/cpu-wait.ts';

/** The kernel counts in hundredths of a second there (proc(5)). */
const TICK_MS = 10;

/** Returns how long the worst of them has waited for a processor since, and the machine for its own, ms. */
export function watchWaiting(pids: () => readonly number[]): () => number {
  const waitOf = (pid: number): number => readCpuWaitMs(`/proc/${pid}/schedstat`);
  const before = new Map(pids().map((pid) => [pid, waitOf(pid)]));
  const stolen = stolenMs();
  return () => Math.max(0, ...pids().map((pid) => waitOf(pid) - (before.get(pid) ?? 0))) + stolenMs() - stolen;
}

/** What the hypervisor gave to others, of each processor. */
function stolenMs(): number {
  const [, ...ticks] = (readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '').split(/\s+/);
  return (Number(ticks[7] ?? 0) * TICK_MS) / availableParallelism();
}
