import { describe, expect, it } from 'vitest';
import { kernel } from './kernel.ts';
import { type FakeFile, fakeHostFiles, testClock, testContext } from './lib/testing.ts';

const VMSTAT = '/proc/vmstat';
const HUNG = '/proc/sys/kernel/hung_task_detect_count';
const TAINTED = '/proc/sys/kernel/tainted';
const BTRFS = '/sys/fs/btrfs/0f4b1f0e-4a3c-4a52-9a34-0c1d2e3f4a5b/devinfo/1/error_stats';
const stats = (errors: number): string =>
  `write_errs ${errors}\nread_errs 0\nflush_errs 0\ncorruption_errs 0\ngeneration_errs 0\n`;
const MINUTE_MS = 60_000;

/** A machine that is well; the record may be changed between runs. */
function setUp(more: Record<string, FakeFile> = {}) {
  const files: Record<string, FakeFile> = {
    [VMSTAT]: 'nr_free_pages 100\noom_kill 7\n',
    [HUNG]: '2\n',
    [TAINTED]: '0\n',
    ...more,
  };
  const clock = testClock();
  const context = testContext(kernel, { host: fakeHostFiles(files), clock });
  return { files, clock, look: () => kernel.run(context) };
}
const OK = {
  status: 'ok',
  readings: [
    { name: 'oom_kills_total', value: 7 },
    { name: 'hung_tasks_total', value: 2 },
  ],
};

describe('kernel', () => {
  it('is ok with what was counted before the agent came', async () => {
    const { look } = setUp();
    expect(await look()).toEqual(OK);
    expect(await look()).toEqual(OK);
  });

  it('counts what was killed for want of memory, which is a container’s business', async () => {
    const { files, clock, look } = setUp();
    await look();
    files[VMSTAT] = 'oom_kill 99\n';
    clock.advance(MINUTE_MS);
    expect(await look()).toMatchObject({ status: 'ok', readings: [{ name: 'oom_kills_total', value: 99 }, {}] });
  });

  it('is HungTasks and SoftLockup when the kernel found new ones', async () => {
    const { files, clock, look } = setUp();
    await look();
    clock.advance(15_000);
    files[HUNG] = '3\n';
    files[TAINTED] = '16384\n';
    expect(await look()).toMatchObject({
      problems: [
        {
          reason: 'HungTasks',
          message: 'The kernel found tasks that hung for two minutes and more 1 time within 10 min.',
        },
        { reason: 'SoftLockup', message: 'The kernel found a processor locked up within 10 min (tainted: L).' },
      ],
    });
  });

  it('says nothing of a lockup before it came, nor of modules that are not part of the kernel', async () => {
    const { look } = setUp({ [TAINTED]: `${16_384 + 4096 + 8192 + 1}\n` });
    expect(await look()).toEqual(OK);
    expect(await look()).toEqual(OK);
  });

  it('is KernelOops until the node is started again', async () => {
    expect(await setUp({ [TAINTED]: '129\n' }).look()).toMatchObject({
      problems: [{ reason: 'KernelOops', message: 'The kernel is tainted by a crash of its own (D).' }],
    });
  });

  it('is FilesystemErrors for what ext4 has recorded within a week, and not for a file that is mounted', async () => {
    const recorded = (device: string, at: string): Record<string, FakeFile> => ({
      [`/sys/fs/ext4/${device}/errors_count`]: '4\n',
      [`/sys/fs/ext4/${device}/last_error_time`]: `${Date.parse(at) / 1000}\n`,
    });
    const features = { '/sys/fs/ext4/features/encryption': 'supported\n' };
    expect(await setUp({ ...features, ...recorded('sda1', '2025-12-30T11:22:33Z') }).look()).toMatchObject({
      problems: [
        {
          reason: 'FilesystemErrors',
          subject: 'sda1',
          message: 'ext4 on sda1 has recorded 4 errors, the last on 2025-12-30 11:22 UTC.',
        },
      ],
      readings: [{}, {}, { name: 'filesystem_errors_total', subject: 'sda1', value: 4 }],
    });
    expect(await setUp(recorded('sda1', '2025-12-20T00:00:00Z')).look()).toMatchObject({ status: 'ok' });
    expect(await setUp(recorded('loop7', '2025-12-30T00:00:00Z')).look()).toEqual(OK);
    expect(await setUp({ '/sys/fs/ext4/sda1/errors_count': '0\n' }).look()).toEqual(OK);
  });

  it('is FilesystemErrors when btrfs counts new ones', async () => {
    const { files, clock, look } = setUp({ [BTRFS]: stats(5) });
    expect(await look()).toMatchObject({
      status: 'ok',
      readings: [{}, {}, { name: 'filesystem_errors_total', value: 5 }],
    });
    clock.advance(15_000);
    files[BTRFS] = stats(6);
    expect(await look()).toMatchObject({
      problems: [
        {
          reason: 'FilesystemErrors',
          message: 'btrfs counted 1 error on 0f4b1f0e-4a3c-4a52-9a34-0c1d2e3f4a5b device 1 within 10 min.',
        },
      ],
    });
    files[BTRFS] = stats(0);
    clock.advance(15_000);
    expect(await look()).toEqual(OK);
  });

  it('is MemoryErrors for what could not be corrected, and counts what could', async () => {
    const mc = '/sys/devices/system/edac/mc';
    const files = { [`${mc}/mc0/ce_count`]: '12\n', [`${mc}/mc0/ue_count`]: '0\n', [`${mc}/mc1/ce_count`]: '1\n' };
    const corrected = { name: 'corrected_memory_errors_total', value: 13 };
    expect(await setUp(files).look()).toMatchObject({ status: 'ok', readings: [{}, {}, corrected, { value: 0 }] });
    expect(
      await setUp({ ...files, [`${mc}/mc1/ue_count`]: '2\n', [`${mc}/power/control`]: 'auto' }).look(),
    ).toMatchObject({
      problems: [
        {
          reason: 'MemoryErrors',
          subject: 'mc1',
          message: 'mc1 had 2 errors that could not be corrected since the boot.',
        },
      ],
      readings: [{}, {}, corrected, { name: 'uncorrected_memory_errors_total', value: 2 }],
    });
  });

  it('is RaidDegraded while an array lacks a disk, however many other devices there are', async () => {
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`/sys/block/loop${index}/size`, '0\n']));
    const files = { ...many, '/sys/block/md127/md/degraded': '1\n', '/sys/block/md0/md/degraded': '0\n' };
    expect(await setUp(files).look()).toMatchObject({
      problems: [{ reason: 'RaidDegraded', subject: 'md127', message: 'md127 lacks 1 disk.' }],
    });
  });

  it('is ok on a kernel that counts no hung tasks', async () => {
    const { files, look } = setUp();
    delete files[HUNG];
    expect(await look()).toEqual({ status: 'ok', readings: [{ name: 'oom_kills_total', value: 7 }] });
  });

  it.each<[string, FakeFile, string]>([
    ['is not there', { error: 'ENOENT' }, 'there is no /proc/vmstat'],
    ['may not be read', { error: 'EACCES' }, 'the agent may not read /proc/vmstat (EACCES)'],
    ['counts no kills', 'nr_free_pages 100\n', '/proc/vmstat has an unexpected form'],
    ['is garbage', '<html>', '/proc/vmstat has an unexpected form'],
  ])('is unknown where /proc/vmstat %s', async (_, file, why) => {
    expect(await setUp({ [VMSTAT]: file }).look()).toMatchObject({ status: 'unknown', why });
  });

  it.each<[string, FakeFile]>([
    [TAINTED, 'garbage'],
    ['/sys/fs/ext4/sda1/errors_count', { error: 'EACCES' }],
    ['/sys/block/md0/md/degraded', ''],
    [BTRFS, 'garbage'],
  ])('is unknown for what is there and cannot be read: %s', async (path, file) => {
    expect(await setUp({ [path]: file }).look()).toMatchObject({
      status: 'unknown',
      why: expect.stringContaining(path),
    });
  });

  describe('with the kernel’s log', () => {
    const log = (message: string): string => `4,1,1,-;${message}\n`;
    const KILLED = log('Out of memory: Killed process 7 (stress) total-vm:1kB');
    const HANGS = log('INFO: task jbd2/sda1-8:345 blocked for more than 120 seconds.');
    const CORRUPT = log('XFS (dm-0): Corruption detected. Unmount and run xfs_repair');
    function setUpLog(more: Record<string, FakeFile> = {}) {
      const base = setUp(more);
      const records: string[] = [];
      const lost: number[] = [];
      const context = testContext(kernel, {
        host: fakeHostFiles(base.files),
        clock: base.clock,
        kernelLog: async () => ({ kind: 'records', records: records.splice(0), lost: lost.shift() ?? 0 }),
      });
      return {
        ...base,
        look: () => kernel.run(context),
        write: (...list: string[]) => void records.push(...list),
        lose: (count: number) => void lost.push(count),
      };
    }
    const WELL = { ...OK, readings: [...OK.readings, { name: 'lost_total', value: 0 }] };

    it('counts what was overwritten before it was read', async () => {
      const { look, lose } = setUpLog();
      expect(await look()).toEqual(WELL);
      lose(40);
      await look();
      lose(2);
      const counted = [...OK.readings, { name: 'lost_total', value: 42 }];
      expect(await look()).toEqual({ ...OK, readings: counted });
      expect(await look()).toEqual({ ...OK, readings: counted });
    });

    it('tells who was killed for want of the node’s memory, for ten minutes', async () => {
      const { clock, look, write } = setUpLog();
      expect(await look()).toEqual(WELL);
      write(KILLED, log('Memory cgroup out of memory: Killed process 8 (java) total-vm:1kB'), `12${KILLED.slice(1)}`);
      const problem = {
        problems: [
          {
            reason: 'OutOfMemory',
            message: 'The node ran out of memory, and the kernel killed stress (pid 7) within 10 min.',
          },
        ],
      };
      expect(await look()).toMatchObject(problem);
      clock.advance(10 * MINUTE_MS - 1);
      expect(await look()).toMatchObject(problem);
      clock.advance(1);
      expect(await look()).toEqual(WELL);
    });

    it('names the last of many, and keeps no more than it needs', async () => {
      const { look, write } = setUpLog();
      write(
        ...Array.from({ length: 2000 }, (_, pid) => log(`Out of memory: Killed process ${pid} (stress) total-vm:1kB`)),
      );
      expect(await look()).toMatchObject({
        problems: [
          {
            message:
              'The node ran out of memory, and the kernel killed stress (pid 1999), stress (pid 1998), stress (pid 1997) and 253 more within 10 min.',
          },
        ],
      });
    });

    it('names tasks that hang, where they are counted and where they are not', async () => {
      const { files, look, write } = setUpLog();
      await look();
      write(HANGS, HANGS);
      expect(await look()).toMatchObject({
        problems: [
          { reason: 'HungTasks', message: 'The kernel found tasks that hung within 10 min: jbd2/sda1-8 (pid 345).' },
        ],
      });
      files[HUNG] = '4\n';
      expect(await look()).toMatchObject({
        problems: [
          {
            reason: 'HungTasks',
            message:
              'The kernel found tasks that hung for two minutes and more 2 times within 10 min: jbd2/sda1-8 (pid 345).',
          },
        ],
      });
    });

    it('tells of a damaged file system that counts nothing, and once of one that does', async () => {
      const ext4 = log('EXT4-fs error (device sda1): ext4_find_entry:1455: inode #2');
      const { files, look, write } = setUpLog();
      write(CORRUPT, CORRUPT, ext4);
      files['/sys/fs/ext4/sda1/errors_count'] = '1\n';
      expect(await look()).toMatchObject({
        problems: [
          { reason: 'FilesystemErrors', subject: 'sda1', message: 'ext4 on sda1 has recorded 1 error.' },
          {
            reason: 'FilesystemErrors',
            subject: 'dm-0',
            message:
              'XFS on dm-0 told 2 errors within 10 min, the last: Corruption detected. Unmount and run xfs_repair.',
          },
        ],
      });
    });

    it('takes garbage in it for nothing', async () => {
      const { look, write } = setUpLog();
      write('', '\0', 'x'.repeat(100_000), '4,1,1,-;', '<html>');
      expect(await look()).toEqual(WELL);
    });

    it('does as ever where it is not granted', async () => {
      const { files, clock } = setUp();
      const kernelLog = async () => ({ kind: 'none', why: 'the agent may not read /dev/kmsg (EPERM)' }) as const;
      expect(await kernel.run(testContext(kernel, { host: fakeHostFiles(files), clock, kernelLog }))).toEqual(OK);
    });
  });
});
