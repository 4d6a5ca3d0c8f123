/**
 * Memory: memory-pressure, and what the kernel counts of itself: kernel.
 *
 * - Between 3.3 and 50 % is available, and comes near the 3 % at which the node runs out, with no task waiting for
 *   9 % of the last minute or more; with more than 11 % available tasks wait for up to half of it.
 * - For a moment now and then only 2 % is available.
 * - Processes are killed at their own limits; a module taints the kernel; memory errors are corrected; a data disk
 *   remembers an error of eight days ago; btrfs had errors before the agent started, and somebody sets them back.
 * - The kernel logs all of that, mounts and links, and somebody writes into its log that the node ran out of memory.
 */
import type { KernelLogRead } from '../../../checks/types.ts';
import type { Noise } from './noise.ts';
import { GIB, HOUR, type Part, pressureText } from './part.ts';

export interface Memory extends Part {
  /** From now on so much is available, and tasks wait for it for this share of the time. */
  take(availableRatio: number, waiting: number): void;
  /** From now on the kernel counts more of this. */
  kernel: KernelCounts;
  /** What was logged since the last time. */
  log(): KernelLogRead;
  /** It is logged next. */
  logged(message: string): void;
}

/** Each is a fault where it grows, or is not 0. */
export interface KernelCounts {
  hungTasks: number;
  tainted: number;
  ext4Errors: number;
  /** Unix seconds. */
  ext4LastError: number;
  btrfsErrors: number;
  uncorrected: number;
  lackingDisks: number;
}

const TOTAL = 32 * GIB;
const EIGHT_DAYS_SECONDS = 8 * 86_400;
const LOGGED = [
  '6,1,1,-;XFS (sdb1): Ending clean mount',
  '6,1,1,-;device eth0 entered promiscuous mode',
  '3,1,1,-;Memory cgroup out of memory: Killed process 9 (java) total-vm:1kB, anon-rss:1kB',
  '12,1,1,-;Out of memory: Killed process 1 (forged) total-vm:1kB',
  '3,1,1,-;blk_update_request: I/O error, dev fd0, sector 0',
];
const BTRFS = '/sys/fs/btrfs/0b1c2d3e-0000-4000-8000-000000000001/devinfo/1/error_stats';

export function createMemory(noise: Noise, hasPressure: boolean, startedAt: number): Memory {
  const available = noise.wander(0.033, 0.5);
  const [little, plenty] = [noise.wander(0, 0.09), noise.wander(0, 0.5)];
  const isDip = noise.singles()(0.01);
  let forced: { readonly ratio: number; readonly waiting: number } | undefined;
  const ratio = (): number => forced?.ratio ?? (isDip() ? 0.02 : available());
  // Without a measure of who waits, little memory alone says nothing.
  const waiting = (): number => forced?.waiting ?? (available() < 0.11 ? little() : plenty());
  const kernel: KernelCounts = {
    hungTasks: 3,
    // A module that is not of the kernel, and a warning of its own.
    tainted: (1 << 12) | (1 << 9),
    ext4Errors: 1,
    ext4LastError: Math.floor(startedAt / 1000) - EIGHT_DAYS_SECONDS,
    btrfsErrors: 12,
    uncorrected: 0,
    lackingDisks: 0,
  };
  let next: string[] = [];
  const seldom = (everyMs: number): number => Math.floor(noise.now() / everyMs);
  return {
    kernel,
    files: {
      '/proc/meminfo': () =>
        [
          ['MemTotal', TOTAL],
          ['MemFree', TOTAL * 0.01],
          ['MemAvailable', TOTAL * ratio()],
          ['SwapFree', 0],
        ]
          .map(([name, bytes]) => `${name}: ${Math.round(Number(bytes) / 1024)} kB\n`)
          .join(''),
      ...(hasPressure && { '/proc/pressure/memory': () => pressureText(waiting()) }),
      '/proc/vmstat': () => `nr_free_pages 1000\noom_kill ${seldom(HOUR)}\n`,
      '/proc/sys/kernel/tainted': () => `${kernel.tainted}\n`,
      '/proc/sys/kernel/hung_task_detect_count': () => `${kernel.hungTasks}\n`,
      '/sys/fs/ext4/sda1/errors_count': '0\n',
      '/sys/fs/ext4/sdc1/errors_count': () => `${kernel.ext4Errors}\n`,
      '/sys/fs/ext4/sdc1/last_error_time': () => `${kernel.ext4LastError}\n`,
      [BTRFS]: () => {
        const errors = noise.now() > 10 * HOUR ? 0 : kernel.btrfsErrors;
        return `write_errs ${errors}\nread_errs 0\nflush_errs 0\n`;
      },
      '/sys/devices/system/edac/mc/mc0/ce_count': () => `${seldom(HOUR / 2)}\n`,
      '/sys/devices/system/edac/mc/mc0/ue_count': () => `${kernel.uncorrected}\n`,
      '/sys/block/md0/md/degraded': () => `${kernel.lackingDisks}\n`,
    },
    log() {
      const records = [...next, ...(noise.random.chance(0.2) ? [noise.random.pick(LOGGED)] : [])];
      next = [];
      return { kind: 'records', records, lost: 0 };
    },
    logged: (message) => void (next = [...next, `3,1,1,-;${message}`]),
    take: (availableRatio, share) => (forced = { ratio: availableRatio, waiting: share }),
  };
}
