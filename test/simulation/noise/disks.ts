/**
 * File systems and devices: disk-space and disk-latency.
 *
 * - Room on each file system between 11 and 60 %, inodes too (a warning below 10 %); of a disk of 4 TiB 3 % are left,
 *   which are 120 GiB. For a moment now and then a large file leaves 4 %. A volume of a pod is full. Read-only from the
 *   start: an image, a disk that somebody mounted so; they come and go.
 * - The agent's own writes take 5 ms, some of them up to 4.5 s (a disk is stalled after 5 s), never as many as half of
 *   those of 30 s; for up to 15 s nothing is measured. Spells in which each takes up to 0.24 s of 0.25 s.
 * - A device of its own, of etcd or the kubelet: requests take up to 0.45 s of 0.5 s in the mean of 30 s; for minutes
 *   there are none; counters of 32 bits start over.
 */
import type { FileSystemStats } from '../../../checks/types.ts';
import type { Noise } from './noise.ts';
import { type OwnWrites, createOwnWrites } from './own-writes.ts';
import { GIB, HOUR, MINUTE, type Part, SECOND, pressureText } from './part.ts';

export interface Disks extends Part {
  readonly own: OwnWrites;
  /** From now on the file system at this mount point has so much left. */
  fill(mountPoint: string, left: Partial<Left>): void;
  /** From now on: its options in the mount table. */
  remount(mountPoint: string, options: string): void;
  /** From now on requests of the other device take so long. */
  slowDown(awaitMs: number): void;
}

interface Left {
  readonly availableRatio: number;
  readonly inodesRatio: number;
}

/** The file system that only etcd, or only the kubelet, is on. */
export const OTHER_DISK = { master: '/var/lib/etcd', worker: '/var/lib/kubelet' } as const;
const BIG = '/srv/archive';
const GUEST = '/mnt/guest';
const INODES = 10_000_000;
const CAPACITY = 2 ** 32;

export function createDisks(noise: Noise, role: 'master' | 'worker', hasPressure: boolean): Disks {
  const other = OTHER_DISK[role];
  const forced = new Map<string, Partial<Left>>();
  const options = new Map<string, string>();
  const guest = noise.spells({ everyMs: 2 * HOUR, lastsMs: [MINUTE, HOUR] });
  const device = createDevice(noise);
  const [waiting, single] = [noise.wander(0, 0.9), noise.singles()];
  const line = (id: number, minor: string, mountPoint: string, type: string, usual = 'rw'): string =>
    `${id} 1 ${minor} / ${mountPoint} rw,relatime - ${type} /dev/x ${options.get(mountPoint) ?? usual}\n`;
  const mounts = (): string =>
    [
      line(21, '8:1', '/', 'ext4'),
      line(22, '8:17', other, 'xfs'),
      line(23, '8:33', BIG, 'ext4'),
      line(24, '7:0', '/snap/core', 'squashfs', 'ro'),
      line(25, '8:49', '/var/lib/kubelet/pods/0/volumes/data', 'ext4'),
      ...(guest.isOn() ? [line(26, '8:65', GUEST, 'ext4', 'ro')] : []),
    ].join('');
  const room = (mountPoint: string, totalBytes: number, usual: () => number) => {
    const [inodes, isDip] = [noise.wander(0.11, 0.9), single(0.005)];
    return (): FileSystemStats => {
      const left = forced.get(mountPoint);
      return statsOf(totalBytes, {
        availableRatio: left?.availableRatio ?? (isDip() ? 0.04 : usual()),
        inodesRatio: left?.inodesRatio ?? inodes(),
      });
    };
  };
  return {
    own: createOwnWrites(noise),
    files: {
      '/proc/1/mountinfo': mounts,
      '/proc/self/mountinfo': mounts,
      '/proc/diskstats': () => `8 1 sda1 9 0 0 9 9 0 0 9 1 9 9\n8 17 sdb1 ${device.line()}\n`,
      ...(hasPressure && { '/proc/pressure/io': () => pressureText(waiting()) }),
      '/var/lib/meerkat/': '',
      '/var/lib/kubelet/': '',
      '/var/lib/containerd/': '',
      [`${other}/`]: '',
    },
    fileSystems: {
      '/': room('/', 100 * GIB, noise.wander(0.11, 0.6)),
      [other]: room(other, 50 * GIB, noise.wander(0.11, 0.6)),
      [BIG]: () => statsOf(4096 * GIB, { availableRatio: 0.03, inodesRatio: 0.5 }),
      [GUEST]: () => statsOf(8 * GIB, { availableRatio: 0.2, inodesRatio: 0.9 }),
    },
    fill: (mountPoint, left) => void forced.set(mountPoint, left),
    remount: (mountPoint, text) => void options.set(mountPoint, text),
    slowDown: (awaitMs) => device.slowDown(awaitMs),
  };
}

const statsOf = (totalBytes: number, { availableRatio, inodesRatio }: Left): FileSystemStats => ({
  totalBytes,
  freeBytes: totalBytes * availableRatio,
  availableBytes: totalBytes * availableRatio,
  totalInodes: INODES,
  freeInodes: Math.round(INODES * inodesRatio),
});

/** Its line of /proc/diskstats, as reads and writes of all the time since the last look. */
function createDevice(noise: Noise) {
  const [awaitMs, perSecond] = [noise.wander(1, 450), noise.wander(1, 50)];
  const idle = noise.spells({ everyMs: HOUR, lastsMs: [30 * SECOND, 10 * MINUTE] });
  let forced: number | undefined;
  let atMs = 0;
  // They start over within the day.
  const counts = { operations: 1000, waitedMs: CAPACITY - 30_000_000, busyMs: CAPACITY - 10_000_000 };
  return {
    slowDown: (ms: number) => void (forced = ms),
    line() {
      const seconds = (noise.now() - atMs) / SECOND;
      atMs = noise.now();
      const isIdle = forced === undefined && idle.isOn();
      const operations = isIdle ? 0 : Math.round(seconds * perSecond());
      counts.operations += operations;
      counts.waitedMs = (counts.waitedMs + operations * (forced ?? awaitMs())) % CAPACITY;
      counts.busyMs = (counts.busyMs + seconds * noise.between(0, SECOND)) % CAPACITY;
      const inFlight = isIdle ? 0 : noise.random.integer(8);
      const [waited, busy] = [Math.floor(counts.waitedMs), Math.floor(counts.busyMs)];
      return `0 0 0 0 ${counts.operations} 0 0 ${waited} ${inFlight} ${busy} ${waited}`;
    },
  };
}
