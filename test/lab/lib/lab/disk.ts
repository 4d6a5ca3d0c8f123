/** A host's disk: an ext4 file system on a loop device over a sparse file. */
import { mkdirSync, rmSync, statfsSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readIfThere } from './cgroups.ts';
import { run, tryRun } from './run.ts';

export interface Disk {
  readonly mountPoint: string;
  /** `7:3`. */
  readonly device: string;
  fill(): Promise<void>;
  free(): Promise<void>;
  freeze(): Promise<void>;
  /** Nothing happens when it is not frozen. */
  thaw(): Promise<void>;
}

const MEBIBYTE = 1_048_576;

/** Mounted at `mountPoint`. */
export async function createDisk(mountPoint: string, image: string, sizeMebibytes: number): Promise<Disk> {
  mkdirSync(mountPoint, { recursive: true });
  writeFileSync(image, '');
  truncateSync(image, sizeMebibytes * MEBIBYTE);
  await run('mkfs.ext4', ['-q', '-m', '0', image]);
  await run('mount', ['-o', 'loop', image, mountPoint]);
  const ballast = join(mountPoint, 'ballast');
  return {
    mountPoint,
    device: deviceOf(mountPoint),
    async fill() {
      const { bavail, bsize } = statfsSync(mountPoint);
      // Most of it at once, without writing it; then what the first did not find room for, until nothing fits.
      await tryRun('fallocate', ['--length', String(Math.max(bavail * bsize - MEBIBYTE, MEBIBYTE)), ballast]);
      await tryRun('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=4k', 'oflag=append', 'conv=notrunc']);
    },
    free: async () => rmSync(ballast, { force: true }),
    freeze: async () => void (await run('fsfreeze', ['--freeze', mountPoint])),
    thaw: async () => void (await tryRun('fsfreeze', ['--unfreeze', mountPoint])),
  };
}

/** By proc_pid_mountinfo(5): the third field is the device, the fifth one the mount point. */
function deviceOf(mountPoint: string): string {
  const fields = readIfThere('/proc/self/mountinfo')
    .split('\n')
    .map((line) => line.split(' '));
  const device = fields.find((parts) => parts[4] === mountPoint)?.[2];
  if (device === undefined) throw new Error(`${mountPoint} is not mounted`);
  return device;
}
