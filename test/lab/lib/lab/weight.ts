/** The CPU that a lab gets beside whatever else runs on the machine. */
import { existsSync, writeFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

/** An agent and its store. */
const PROCESSES_A_HOST = 2;
const AUTOGROUP = '/proc/self/autogroup';

/**
 * A control group weighs as much as one process beside it, however many are in it. On a busy machine all agents together
 * would get the CPU of one, and find themselves late all the time.
 *
 * @param group the lab's name
 */
export function weigh(group: string, hosts: number): void {
  const processes = hosts * PROCESSES_A_HOST;
  const files = [
    { path: `/sys/fs/cgroup/cpu/${group}/cpu.shares`, value: Math.min(262_144, 1024 * processes) },
    { path: `/sys/fs/cgroup/${group}/cpu.weight`, value: Math.min(10_000, 100 * processes) },
  ];
  for (const { path, value } of files) if (existsSync(path)) writeFileSync(path, String(value));
  // Beside such a group this process would wait for seconds whenever all agents are busy, and call that their delay.
  setPriority(constants.priority.PRIORITY_HIGHEST);
  // Where sessions are groups of their own, see sched(7), a priority counts among the processes of one session only.
  if (existsSync(AUTOGROUP)) writeFileSync(AUTOGROUP, String(constants.priority.PRIORITY_HIGHEST));
}

const PERIOD_US = 100_000;

/** @param group of a host @param cpus how many processors it may use at most; undefined: all */
export function limitCpus(group: string, cpus?: number): void {
  const quota = cpus === undefined ? undefined : Math.round(cpus * PERIOD_US);
  const files = [
    { path: `/sys/fs/cgroup/cpu/${group}/cpu.cfs_quota_us`, value: quota ?? -1 },
    { path: `/sys/fs/cgroup/${group}/cpu.max`, value: `${quota ?? 'max'} ${PERIOD_US}` },
  ];
  for (const { path, value } of files) if (existsSync(path)) writeFileSync(path, String(value));
}
