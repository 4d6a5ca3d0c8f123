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
  setShare(group, processes);
  // Beside such a group this process would wait for seconds whenever all agents are busy, and call that their delay.
  setPriority(constants.priority.PRIORITY_HIGHEST);
  // Where sessions are groups of their own, see sched(7), a priority counts among the processes of one session only.
  if (existsSync(AUTOGROUP)) writeFileSync(AUTOGROUP, String(constants.priority.PRIORITY_HIGHEST));
}

/** @param group a lab's name, or a host's group @param share of a group that nobody has weighed: 1 */
export function setShare(group: string, share: number): void {
  const files = [
    { path: `/sys/fs/cgroup/cpu/${group}/cpu.shares`, value: Math.min(262_144, 1024 * share) },
    { path: `/sys/fs/cgroup/${group}/cpu.weight`, value: Math.min(10_000, 100 * share) },
  ];
  for (const { path, value } of files) if (existsSync(path)) writeFileSync(path, String(Math.round(value)));
}
