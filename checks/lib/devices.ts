/** The block devices that the cluster's components on this node write to. */
import type { HostFiles } from '../types.ts';
import { activityBetween, type DiskActivity, type DiskCounters, parseDiskStats } from './disk-stats.ts';
import { type Mount, mountOf, readMounts } from './mounts.ts';
import { look } from './procfs.ts';
import type { CounterWindow } from './window.ts';

export interface DeviceActivity {
  /** As the kernel names it: `sda1`. */
  readonly name: string;
  /** Which of the watched directories lie on it. */
  readonly directories: readonly string[];
  /** The agent's own data directory lies on it. */
  readonly isOwn: boolean;
  /** Over the window; undefined until there is something to compare with. */
  readonly activity: DiskActivity | undefined;
}

/**
 * The devices under the agent's own directory and under others. Nothing where the kernel's tables cannot be read, and
 * for file systems that lie on no single device (btrfs, zfs, overlay). Touches no disk.
 */
export async function readDevices(
  host: HostFiles,
  ownDirectory: string,
  otherDirectories: readonly string[],
  window: CounterWindow<ReadonlyMap<string, DiskCounters>>,
  at: number,
): Promise<DeviceActivity[]> {
  const mounts = await readMounts(host);
  const table = await look(host, '/proc/diskstats', parseDiskStats);
  if ('why' in mounts || 'why' in table) return [];
  const base = window.add(at, table.value);
  const own = deviceOf(mounts.value, table.value, ownDirectory);
  const directories = Map.groupBy(otherDirectories, (path) => deviceOf(mounts.value, table.value, path));
  return [...new Set([own, ...directories.keys()])].flatMap((device) => {
    const counters = device === undefined ? undefined : table.value.get(device);
    if (device === undefined || counters === undefined) return [];
    const before = base?.value.get(device);
    return [
      {
        name: counters.name,
        directories: directories.get(device) ?? [],
        isOwn: device === own,
        activity: base && before && activityBetween(before, counters, at - base.at),
      },
    ];
  });
}

/** `major:minor`, where the kernel counts what it does. */
function deviceOf(
  mounts: readonly Mount[],
  table: ReadonlyMap<string, DiskCounters>,
  path: string,
): string | undefined {
  const device = mountOf(mounts, path)?.device;
  return device !== undefined && table.has(device) ? device : undefined;
}
