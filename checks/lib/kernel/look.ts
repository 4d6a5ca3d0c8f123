/** What the kernel counts of its own troubles. Formats: proc(5), Documentation/ABI of Linux. */
import type { HostFiles, Reading } from '../../types.ts';
import { type LogMemory, createLogMemory } from './log-memory.ts';
import { explainFailure, look, parseCount } from '../procfs.ts';
import { isMissing } from '../system-error.ts';
import { type CounterWindow, createCounterWindow } from '../window.ts';

/** One trouble; `minutes` is the time over which a count grew. */
export type Seen =
  | { readonly kind: 'hung-tasks'; readonly count: number; readonly minutes: number }
  | { readonly kind: 'oops' }
  | { readonly kind: 'soft-lockup'; readonly minutes: number }
  /** `lastAt`: Unix ms. */
  | { readonly kind: 'ext4-errors'; readonly device: string; readonly count: number; readonly lastAt?: number }
  | { readonly kind: 'btrfs-errors'; readonly device: string; readonly count: number; readonly minutes: number }
  | { readonly kind: 'memory-errors' | 'raid'; readonly device: string; readonly count: number };

export interface KernelMemory {
  /** By what is counted. */
  readonly windows: Map<string, CounterWindow<number>>;
  readonly log: LogMemory;
}

export interface KernelLook {
  readonly seen: readonly Seen[];
  readonly readings: readonly Reading[];
  /** What is there and could not be read, and why. */
  readonly unseen: readonly string[];
}

const WINDOW_MS = 600_000;
const MINUTES = WINDOW_MS / 60_000;
const MAX_DEVICES = 64;
const SHOWN = 8;
/** Documentation/admin-guide/tainted-kernels.rst: died, and soft lockup. */
const DIED = 1 << 7;
const LOCKED_UP = 1 << 14;

export const createKernelMemory = (): KernelMemory => ({ windows: new Map(), log: createLogMemory() });

/** Without /proc/vmstat, why. Never rejects. */
export async function lookAtKernel(
  host: HostFiles,
  memory: KernelMemory,
  at: number,
): Promise<KernelLook | { readonly why: string }> {
  const vmstat = await look(host, '/proc/vmstat', parseOomKills);
  if ('why' in vmstat) return vmstat;
  const unseen: string[] = [];
  const read = async (path: string): Promise<number | undefined> => {
    const found = await look(host, path, parseCount);
    if ('value' in found) return found.value;
    if (found.isMissing !== true) unseen.push(found.why);
    return undefined;
  };
  const grown = (what: string, value: number): number => growthOf(memory, what, value, at);
  const counters = await lookAtCounters(read, grown, vmstat.value);
  const devices = await Promise.all([
    lookAtExt4(host, read, unseen),
    lookAtBtrfs(host, grown, unseen),
    lookAtMemory(host, read, unseen),
    lookAtArrays(host, read, unseen),
  ]);
  const all = [counters, ...devices];
  return { seen: all.flatMap(({ seen }) => seen), readings: all.flatMap(({ readings }) => readings), unseen };
}

type Part = Pick<KernelLook, 'seen' | 'readings'>;
type Read = (path: string) => Promise<number | undefined>;
type Grown = (what: string, value: number) => number;

/** By how much it grew within the last ten minutes. One that began anew has not grown. */
function growthOf({ windows }: KernelMemory, what: string, value: number, at: number): number {
  let window = windows.get(what);
  if (window === undefined) windows.set(what, (window = createCounterWindow(WINDOW_MS)));
  const base = window.add(at, value);
  return Math.max(0, value - (base?.value ?? value));
}

async function lookAtCounters(read: Read, grown: Grown, kills: number): Promise<Part> {
  // Since Linux 6.13.
  const hung = await read('/proc/sys/kernel/hung_task_detect_count');
  const tainted = (await read('/proc/sys/kernel/tainted')) ?? 0;
  const seen: Seen[] = [];
  const newHung = hung === undefined ? 0 : grown('hung', hung);
  if (newHung > 0) seen.push({ kind: 'hung-tasks', count: newHung, minutes: MINUTES });
  if ((tainted & DIED) !== 0) seen.push({ kind: 'oops' });
  if (grown('lockup', tainted & LOCKED_UP) > 0) seen.push({ kind: 'soft-lockup', minutes: MINUTES });
  const readings = [
    { name: 'oom_kills_total', value: kills },
    ...(hung === undefined ? [] : [{ name: 'hung_tasks_total', value: hung }]),
  ];
  return { seen, readings };
}

/** /sys/fs/ext4/DEVICE: it remembers its errors on disk until it is checked. */
async function lookAtExt4(host: HostFiles, read: Read, unseen: string[]): Promise<Part> {
  const seen: Seen[] = [];
  const readings: Reading[] = [];
  // A loop device is a file in another file system, as images are.
  for (const device of await namesIn(host, '/sys/fs/ext4', unseen, /^(?!features$|loop)/)) {
    const errors = await read(`/sys/fs/ext4/${device}/errors_count`);
    if (errors === undefined || errors === 0) continue;
    const lastSeconds = await read(`/sys/fs/ext4/${device}/last_error_time`);
    const lastAt = lastSeconds === undefined || lastSeconds === 0 ? undefined : lastSeconds * 1000;
    seen.push({ kind: 'ext4-errors', device, count: errors, ...(lastAt !== undefined && { lastAt }) });
    if (readings.length < SHOWN) readings.push({ name: 'filesystem_errors_total', subject: device, value: errors });
  }
  return { seen, readings };
}

/** /sys/fs/btrfs/UUID/devinfo/ID/error_stats, since Linux 5.14: they last until somebody sets them back. */
async function lookAtBtrfs(host: HostFiles, grown: Grown, unseen: string[]): Promise<Part> {
  const seen: Seen[] = [];
  const readings: Reading[] = [];
  for (const uuid of await namesIn(host, '/sys/fs/btrfs', unseen, /^[\da-f-]{36}$/)) {
    for (const id of await namesIn(host, `/sys/fs/btrfs/${uuid}/devinfo`, unseen, /^\d+$/)) {
      const stats = await look(host, `/sys/fs/btrfs/${uuid}/devinfo/${id}/error_stats`, parseErrorStats);
      if ('why' in stats) {
        if (stats.isMissing !== true) unseen.push(stats.why);
        continue;
      }
      const device = `${uuid} device ${id}`;
      const more = grown(device, stats.value);
      if (more > 0) seen.push({ kind: 'btrfs-errors', device, count: more, minutes: MINUTES });
      if (stats.value > 0 && readings.length < SHOWN)
        readings.push({ name: 'filesystem_errors_total', subject: device, value: stats.value });
    }
  }
  return { seen, readings };
}

/** /sys/devices/system/edac/mc/mcN, where a driver for the memory controller is loaded. */
async function lookAtMemory(host: HostFiles, read: Read, unseen: string[]): Promise<Part> {
  const directory = '/sys/devices/system/edac/mc';
  const seen: Seen[] = [];
  let [corrected, uncorrected] = [0, 0];
  const controllers = await namesIn(host, directory, unseen, /^mc\d+$/);
  for (const device of controllers) {
    corrected += (await read(`${directory}/${device}/ce_count`)) ?? 0;
    const errors = (await read(`${directory}/${device}/ue_count`)) ?? 0;
    uncorrected += errors;
    if (errors > 0) seen.push({ kind: 'memory-errors', device, count: errors });
  }
  if (controllers.length === 0) return { seen, readings: [] };
  const readings = [
    { name: 'corrected_memory_errors_total', value: corrected },
    { name: 'uncorrected_memory_errors_total', value: uncorrected },
  ];
  return { seen, readings };
}

/** /sys/block/mdN/md/degraded. */
async function lookAtArrays(host: HostFiles, read: Read, unseen: string[]): Promise<Part> {
  const seen: Seen[] = [];
  for (const device of await namesIn(host, '/sys/block', unseen, /^md/)) {
    const lacking = await read(`/sys/block/${device}/md/degraded`);
    if (lacking !== undefined && lacking > 0) seen.push({ kind: 'raid', device, count: lacking });
  }
  return { seen, readings: [] };
}

async function namesIn(
  host: HostFiles,
  directory: string,
  unseen: string[],
  pattern: RegExp,
): Promise<readonly string[]> {
  try {
    return (await host.list(directory)).filter((name) => pattern.test(name)).slice(0, MAX_DEVICES);
  } catch (error) {
    if (!isMissing(error)) unseen.push(explainFailure(error, directory));
    return [];
  }
}

/** Since Linux 4.13. */
function parseOomKills(text: string): number | undefined {
  const kills = /^oom_kill (\d+)$/m.exec(text)?.[1];
  return kills === undefined ? undefined : Number(kills);
}

/** `write_errs 0`, a line for each kind. */
function parseErrorStats(text: string): number | undefined {
  const counts = [...text.matchAll(/^\w+_errs (\d+)$/gm)].map(([, value]) => Number(value));
  return counts.length === 0 ? undefined : counts.reduce((sum, value) => sum + value, 0);
}
