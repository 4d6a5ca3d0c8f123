/** disk-space against a real file system on a loop device: filled up, out of inodes, remounted, stopped by an error. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../agent/base/clock.ts';
import { diskSpace } from '../../checks/disk-space.ts';
import { createHostFiles } from '../../checks/lib/host-files.ts';
import { testContext } from '../../checks/lib/testing.ts';

const MIB = 1_048_576;
const missing = whatIsMissing();
if (missing !== undefined) process.stderr.write(`host-disks: skipped, ${missing}\n`);

describe.skipIf(missing !== undefined)('a real file system', () => {
  let directory = '';
  let mountPoint = '';

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'meerkat-disks-'));
    // A blank in the path: the mount table escapes it.
    mountPoint = join(directory, 'small disk');
    const image = join(directory, 'image');
    mkdirSync(mountPoint);
    writeFileSync(image, '');
    truncateSync(image, 16 * MIB);
    execFileSync('mkfs.ext4', ['-q', '-m', '0', '-N', '200', image]);
    execFileSync('mount', ['-o', 'loop,errors=remount-ro', image, mountPoint]);
  });

  afterEach(() => {
    execFileSync('umount', [mountPoint]);
    rmSync(directory, { recursive: true, force: true });
  });

  /** What the check finds there; the machine's other file systems are its own business. */
  const newLook = () => {
    // Figures are kept of 16, and labs that run beside have a disk for each host.
    const context = testContext(diskSpace, {
      host: createHostFiles(systemClock),
      config: { exclude: [join(tmpdir(), 'meerkat-lab')] },
    });
    return async (): Promise<string[]> => {
      const outcome = await diskSpace.run(context);
      const readings = 'readings' in outcome ? (outcome.readings ?? []) : [];
      expect(readings.some(({ name, subject }) => name === 'available_bytes' && subject === mountPoint)).toBe(true);
      const problems = outcome.status === 'problem' ? outcome.problems : [];
      return problems.filter(({ subject }) => subject === mountPoint).map(({ reason }) => reason);
    };
  };

  it('is fine while it is empty, almost full, full, and fine again', async () => {
    const look = newLook();
    expect(await look()).toEqual([]);
    const freeBytes = (await createHostFiles(systemClock).statfs(mountPoint)).availableBytes;
    fill('first', freeBytes - MIB);
    expect(await look()).toEqual(['DiskAlmostFull']);
    fill('second', MIB / 2);
    expect(await look()).toEqual(['DiskFull']);
    rmSync(join(mountPoint, 'first'));
    expect(await look()).toEqual([]);
  });

  it('runs out of inodes', async () => {
    const look = newLook();
    const { freeInodes } = await createHostFiles(systemClock).statfs(mountPoint);
    for (let index = 0; index < freeInodes; index += 1) writeFileSync(join(mountPoint, `file-${index}`), '');
    expect(await look()).toEqual(['InodesFull']);
  });

  it('is read-only after it was writable', async () => {
    const look = newLook();
    expect(await look()).toEqual([]);
    execFileSync('mount', ['-o', 'remount,ro', mountPoint]);
    expect(await look()).toEqual(['FilesystemReadOnly']);
    execFileSync('mount', ['-o', 'remount,rw', mountPoint]);
    expect(await look()).toEqual([]);
  });

  it('is read-only from the start, which may be meant', async () => {
    execFileSync('mount', ['-o', 'remount,ro', mountPoint]);
    expect(await newLook()()).toEqual([]);
  });

  it('is stopped by the kernel after an error', async () => {
    const look = newLook();
    expect(await look()).toEqual([]);
    const device = execFileSync('findmnt', ['-n', '-o', 'SOURCE', mountPoint], { encoding: 'utf8' }).trim();
    writeFileSync(`/sys/fs/ext4/${basename(device)}/trigger_fs_error`, 'meerkat');
    const table = await readFile('/proc/self/mountinfo', 'utf8');
    const line = table.split('\n').find((one) => one.includes(directory));
    process.stderr.write(`host-disks: after the error the mount table says ${line?.split(' - ')[1] ?? 'nothing'}\n`);
    expect(await look()).toEqual(['FilesystemReadOnly']);
  });

  function fill(name: string, sizeBytes: number): void {
    writeFileSync(join(mountPoint, name), Buffer.alloc(Math.max(0, sizeBytes)));
    execFileSync('sync', ['-f', mountPoint]);
  }
});

function whatIsMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'mounting needs root';
  for (const tool of ['mkfs.ext4', 'losetup', 'findmnt']) {
    try {
      execFileSync('which', [tool], { stdio: 'ignore' });
    } catch {
      return `there is no ${tool}`;
    }
  }
  try {
    execFileSync('losetup', ['--find'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'there is no free loop device';
  }
}
