/** How long this process was ready to run and got no processor: another process had it, or another virtual machine. */
import { readFileSync, readdirSync } from 'node:fs';
import type { Clock } from './clock.ts';

/** Nanoseconds on a processor, nanoseconds ready without one, turns. Documentation/scheduler/sched-stats.rst of Linux. */
const SCHEDSTAT = '/proc/self/schedstat';
/** One directory for each thread: files are read by others than the main one. */
const TASKS = '/proc/self/task';
/** The whole machine's first, then each processor's; the eighth figure is what was stolen. proc(5). */
const STAT = '/proc/stat';
const STOLEN = 7;
/** USER_HZ is 100 wherever Node runs. */
const TICK_MS = 10;

/** Of all its threads together, ms since some moment; 0 where the kernel does not count it. */
export const readCpuWaitMs = (): number => readThreadsDelayMs() + readStolenMs();

/** At some moment of the monotonic clock, ms. */
export interface CpuWait {
  readonly atMs: number;
  readonly waitedMs: number;
}

export interface CpuWaits {
  now(): CpuWait;
  /** As it was within the last second, without looking again: as many runs as there are begin in one. */
  recent(): CpuWait;
}

const RECENT_MS = 1000;

export function createCpuWaits(clock: Pick<Clock, 'monotonic'>, readMs: () => number = readCpuWaitMs): CpuWaits {
  const now = (): CpuWait => ({ atMs: clock.monotonic(), waitedMs: readMs() });
  let last: CpuWait | undefined;
  return {
    now,
    recent() {
      if (last === undefined || clock.monotonic() - last.atMs > RECENT_MS) last = now();
      return last;
    },
  };
}

/** A thread that ends takes along what it waited. */
function readThreadsDelayMs(): number {
  try {
    return readdirSync(TASKS).reduce((sum, id) => sum + readRunDelayMs(`${TASKS}/${id}/schedstat`), 0);
  } catch {
    return readRunDelayMs();
  }
}

/** What other processes had while the main thread, or that of the path, was ready, ms since it started. */
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
