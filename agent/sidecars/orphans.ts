/**
 * Processes that have ended and that nobody clears away. What a program leaves behind becomes a child of process 1, which
 * has to ask how it ended. Where the agent itself is process 1, as in a container without an init, nobody does: Node asks
 * for its own children only, and each of them keeps its number for ever.
 */
import { readFile, readdir } from 'node:fs/promises';

/** Of this process. Zero where it is not process 1: then others clear up. */
export async function countOrphans(): Promise<number> {
  if (process.pid !== 1) return 0;
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const states = await Promise.all(pids.map(isOrphan));
  return states.filter(Boolean).length;
}

/** proc_pid_stat(5): the name, which may have brackets itself, then the state and the parent. */
async function isOrphan(pid: string): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  return stat.slice(stat.lastIndexOf(')')).startsWith(') Z 1 ');
}
