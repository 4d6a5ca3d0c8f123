/** How long processes of a test could not run although they had to: by that much they are late, whatever they are made of. */
import { readRunDelayMs, readStolenMs } from '../../agent/base/cpu-wait.ts';

/** Returns how long the worst of them has waited for a processor since, and the machine for its own, ms. */
export function watchWaiting(pids: () => readonly number[]): () => number {
  const waitOf = (pid: number): number => readRunDelayMs(`/proc/${pid}/schedstat`);
  const before = new Map(pids().map((pid) => [pid, waitOf(pid)]));
  const stolen = readStolenMs();
  return () => Math.max(0, ...pids().map((pid) => waitOf(pid) - (before.get(pid) ?? 0))) + readStolenMs() - stolen;
}
