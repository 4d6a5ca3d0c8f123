/** How long this process was ready to run and got no processor: another process had it, or another virtual machine. */
import { readFileSync } from 'node:fs';

/** Nanoseconds on a processor, nanoseconds ready without one, turns. Documentation/scheduler/sched-stats.rst of Linux. */
const SCHEDSTAT = '/proc/self/schedstat';
/** The whole machine's first, then each processor's; the eighth figure is what was stolen. proc(5). */
const STAT = '/proc/stat';
const STOLEN = 7;
/** USER_HZ is 100 wherever Node runs. */
const TICK_MS = 10;

/** Of its main thread, ms since some moment; 0 where the kernel does not count it. */
export const readCpuWaitMs = (): number => readRunDelayMs() + readStolenMs();

/** What other processes had, ms since it started. */
export function readRunDelayMs(path: string = SCHEDSTAT): number {
  const [, waitedNs] = read(path).split(' ');
  return Number(waitedNs) / 1e6 || 0;
}

/** What the hypervisor gave to others, of each processor, ms since the boot. */
export function readStolenMs(path: string = STAT): number {
  const [all = '', ...rest] = read(path).split('\n');
  const processors = rest.filter((line) => /^cpu\d/.test(line)).length;
  const [, ...ticks] = all.split(/\s+/);
  return processors === 0 ? 0 : (Number(ticks[STOLEN] ?? 0) * TICK_MS) / processors;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
