/** How long this process was ready to run and got no processor. */
import { readFileSync } from 'node:fs';

/** Nanoseconds on a processor, nanoseconds ready without one, turns. Documentation/scheduler/sched-stats.rst of Linux. */
const SCHEDSTAT = '/proc/self/schedstat';

/** Of its main thread, ms since it started; 0 where the kernel does not count it. */
export function readCpuWaitMs(path: string = SCHEDSTAT): number {
  try {
    const [, waitedNs] = readFileSync(path, 'utf8').split(' ');
    return Number(waitedNs) / 1e6 || 0;
  } catch {
    return 0;
  }
}
