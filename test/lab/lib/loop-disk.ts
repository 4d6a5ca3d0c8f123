/** A small ext4 file system of one's own on a loop device: to be filled, frozen and remounted. Root only. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface LoopDisk {
  readonly mountPoint: string;
  /** Every write waits from now on. */
  freeze(): void;
  thaw(): void;
  /** Leaves no room; `release` gives it back. */
  fill(): void;
  release(): void;
  remount(mode: 'ro' | 'rw'): void;
  cleanUp(): void;
}

const LIMIT_MS = 20_000;

/** Why there can be no loop device here; undefined where there can. */
export function whyNoLoopDisk(): string | undefined {
  if (process.getuid?.() !== 0) return 'mounting needs root';
  for (const program of ['mkfs.ext4', 'mount', 'umount', 'fsfreeze']) {
    if (spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0) return `${program} is not installed`;
  }
  const image = createImage(1);
  const attached = spawnSync('losetup', ['--find', '--show', join(image, 'image')], {
    encoding: 'utf8',
    timeout: LIMIT_MS,
  });
  if (attached.status === 0) spawnSync('losetup', ['--detach', attached.stdout.trim()], { timeout: LIMIT_MS });
  rmSync(image, { recursive: true, force: true });
  return attached.status === 0 ? undefined : 'loop devices cannot be attached here';
}

export function createLoopDisk(sizeMebibytes: number): LoopDisk {
  const directory = createImage(sizeMebibytes);
  const mountPoint = join(directory, 'disk');
  mkdirSync(mountPoint);
  execFileSync('mkfs.ext4', ['-q', '-m', '0', join(directory, 'image')], { timeout: LIMIT_MS });
  execFileSync('mount', ['-o', 'loop', join(directory, 'image'), mountPoint], { timeout: LIMIT_MS });
  const ballast = join(mountPoint, 'ballast');
  const run = (program: string, ...args: string[]): void => {
    execFileSync(program, args, { timeout: LIMIT_MS, stdio: 'pipe' });
  };
  return {
    mountPoint,
    freeze: () => run('fsfreeze', '--freeze', mountPoint),
    thaw: () => run('fsfreeze', '--unfreeze', mountPoint),
    fill: () => void spawnSync('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=64k'], { timeout: LIMIT_MS }),
    release: () => rmSync(ballast, { force: true }),
    remount: (mode) => run('mount', '-o', `remount,${mode}`, mountPoint),
    cleanUp() {
      // Whatever a test left behind: a frozen file system cannot be unmounted.
      spawnSync('fsfreeze', ['--unfreeze', mountPoint], { timeout: LIMIT_MS });
      const unmounted = spawnSync('umount', [mountPoint], { timeout: LIMIT_MS });
      if (unmounted.status !== 0) spawnSync('umount', ['--lazy', mountPoint], { timeout: LIMIT_MS });
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function createImage(sizeMebibytes: number): string {
  const directory = mkdtempSync(join(tmpdir(), 'meerkat-loop-'));
  writeFileSync(join(directory, 'image'), '');
  truncateSync(join(directory, 'image'), sizeMebibytes * 1_048_576);
  return directory;
}
