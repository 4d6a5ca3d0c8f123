import { describe, expect, it } from 'vitest';
import { diskSpace } from './disk-space.ts';
import { type FakeFile, type FakeHostOptions, fakeHostFiles, testContext } from './lib/testing.ts';
import type { FileSystemStats } from './types.ts';

const GIB = 1024 ** 3;
const ROOT = '27 1 8:1 / / rw - ext4 /dev/sda1 rw';
const ETCD = '28 27 8:16 / /var/lib/etcd rw - ext4 /dev/sdb rw';
const DATA = '29 27 8:32 / /data rw - xfs /dev/sdc rw';

interface Node {
  readonly mounts: string[];
  readonly stats: NonNullable<FakeHostOptions['fileSystems']>;
  readonly files?: Record<string, FakeFile>;
}

function stats(availableGib: number, totalGib: number, freeInodes = 900, totalInodes = 1000): FileSystemStats {
  const availableBytes = availableGib * GIB;
  return { totalBytes: totalGib * GIB, freeBytes: availableBytes, availableBytes, freeInodes, totalInodes };
}

/** The node's table and the agent's own are the same unless `files` says otherwise. */
function contextOf({ mounts, stats: fileSystems, files = {} }: Node, config = {}) {
  const table = { '/proc/1/mountinfo': mounts.join('\n'), '/proc/self/mountinfo': mounts.join('\n') };
  return testContext(diskSpace, {
    config,
    host: fakeHostFiles({ ...table, '/etc/hosts': '', ...files }, { fileSystems }),
  });
}

const run = async (node: Node, config = {}) => await diskSpace.run(contextOf(node, config));
const runRoot = async (root: FileSystemStats, files: Record<string, FakeFile> = {}) =>
  await run({ mounts: [ROOT], stats: { '/': root }, files });

describe('room', () => {
  it('is fine with enough left, and says how much', async () => {
    expect(await runRoot(stats(40, 100))).toEqual({
      status: 'ok',
      readings: [
        { name: 'available_bytes', subject: '/', value: 40 * GIB },
        { name: 'available_ratio', subject: '/', value: 0.4 },
        { name: 'free_inodes_ratio', subject: '/', value: 0.9 },
        { name: 'not_looked_at_count', value: 0 },
        { name: 'lowest_available_ratio', value: 0.4 },
      ],
    });
  });

  it.each([
    [stats(8, 100), 'DiskAlmostFull', '/ has 8.0 GiB of 100 GiB (8.0 %) available.'],
    [stats(0.5, 100), 'DiskFull', '/ has 512 MiB of 100 GiB (0.5 %) available.'],
    [stats(0, 100), 'DiskFull', '/ has 0 B of 100 GiB (0.0 %) available.'],
    [stats(40, 100, 80), 'InodesAlmostFull', '/ has 80 of 1,000 inodes (8.0 %) free.'],
    [stats(40, 100, 0), 'InodesFull', '/ has 0 of 1,000 inodes (0.0 %) free.'],
  ])('runs out: %#', async (root, reason, message) => {
    expect(await runRoot(root)).toMatchObject({ status: 'problem', problems: [{ reason, subject: '/', message }] });
  });

  it('is judged by the settings', async () => {
    const node = { mounts: [ROOT], stats: { '/': stats(8, 100, 80) } };
    const calm = { warningAvailableRatio: 0.05, criticalAvailableRatio: 0.02, warningInodesRatio: 0.05 };
    expect(await run(node, calm)).toMatchObject({ status: 'ok' });
    expect(await run(node, { plentyBytes: 5 * GIB, warningInodesRatio: 0 })).toMatchObject({ status: 'ok' });
  });

  it('is no problem on a large disk with much left, unless the kubelet evicts by the share', async () => {
    expect(await runRoot(stats(150, 4000))).toMatchObject({ status: 'ok' });
    expect(await runRoot(stats(150, 4000), { '/var/lib/kubelet/config.yaml': '' })).toMatchObject({
      problems: [
        { reason: 'DiskAlmostFull', message: '/ has 150 GiB of 3.9 TiB (3.8 %) available; it holds /var/lib/kubelet.' },
      ],
    });
  });

  it('does not ask for inodes where a file system makes them as it needs them', async () => {
    const node = { mounts: [ROOT.replace('ext4', 'btrfs')], stats: { '/': stats(40, 100, 0, 0) } };
    const outcome = await run(node);
    expect(outcome).toMatchObject({ status: 'ok' });
    expect(JSON.stringify(outcome)).not.toContain('free_inodes_ratio');
  });

  it('puts what is critical first', async () => {
    const node = { mounts: [ROOT, ETCD], stats: { '/': stats(8, 100), '/var/lib/etcd': stats(0, 10) } };
    expect(await run(node)).toMatchObject({
      problems: [
        { reason: 'DiskFull', subject: '/var/lib/etcd' },
        { reason: 'DiskAlmostFull', subject: '/' },
      ],
    });
  });
});

describe('which file systems', () => {
  const subjects = async (node: Node, config = {}): Promise<string[]> => {
    const outcome = await run(node, config);
    const readings = 'readings' in outcome ? (outcome.readings ?? []) : [];
    return readings.flatMap(({ name, subject }) => (name === 'available_bytes' ? [subject ?? ''] : []));
  };
  const all = (...points: string[]) => Object.fromEntries(points.map((point) => [point, stats(40, 100)]));

  it('leaves out what is no local disk, and never touches it', async () => {
    const mounts = [
      ROOT,
      '30 27 0:5 / /proc rw - proc proc rw',
      '31 27 0:30 / /run rw - tmpfs tmpfs rw',
      '32 27 0:31 / /nfs rw - nfs4 server:/export rw',
      '33 27 0:32 / /sshfs rw - fuse.sshfs host:/ rw',
      '34 27 7:1 / /snap/core/1 ro - squashfs /dev/loop1 ro',
      '35 27 0:33 / /var/lib/docker/overlay2/x/merged rw - overlay overlay rw',
      '36 27 8:48 / /var/lib/kubelet/pods/u/volumes/v rw - ext4 /dev/sdd rw',
      '37 27 8:64 / /var/snap/microk8s/common/var/lib/kubelet/plugins/csi/x rw - ext4 /dev/sde rw',
      '38 27 8:80 / /gone//deleted rw - ext4 /dev/sdf rw',
    ];
    expect(await run({ mounts, stats: all('/') })).toMatchObject({ status: 'ok' });
  });

  it('takes each file system once, at the mount of its own root', async () => {
    const mounts = [
      '30 27 8:32 /srv /srv rw - xfs /dev/sdc rw',
      '31 27 8:32 / /mnt/volume rw - xfs /dev/sdc rw',
      ROOT,
      '32 27 8:1 /var/lib/kubelet /var/lib/kubelet rw - ext4 /dev/sda1 rw',
    ];
    expect(await subjects({ mounts, stats: all('/', '/mnt/volume') })).toEqual(['/', '/mnt/volume']);
  });

  it('puts first what matters most', async () => {
    const mounts = [DATA, ETCD, '40 27 8:48 / /var rw - xfs /dev/sdd rw', ROOT];
    const files = { '/var/lib/etcd/member': '', '/var/lib/meerkat/meerkat.db': '' };
    const node = { mounts, files, stats: all('/', '/data', '/var', '/var/lib/etcd') };
    expect(await subjects(node)).toEqual(['/', '/var', '/var/lib/etcd', '/data']);
  });

  it('takes an overlay that is the root, and what the settings say', async () => {
    const overlay = '27 1 0:40 / / rw - overlay overlay rw';
    const boot = '30 27 8:3 / /boot/efi rw - vfat /dev/sda3 rw';
    expect(await subjects({ mounts: [overlay, boot], stats: all('/') })).toEqual(['/']);
    expect(
      await subjects({ mounts: [overlay, boot], stats: all('/boot/efi') }, { types: ['vfat'], exclude: [] }),
    ).toEqual(['/boot/efi']);
    expect(await subjects({ mounts: [ROOT, DATA], stats: all('/') }, { exclude: ['/data'] })).toEqual(['/']);
  });

  it('keeps figures of 16, and sees problems on all', async () => {
    const many = Array.from({ length: 30 }, (_, index) => `/data/${index + 10}`);
    const mounts = [ROOT, ...many.map((point, index) => `${50 + index} 27 9:${index} / ${point} rw - xfs /dev/x rw`)];
    expect(await subjects({ mounts, stats: all('/', ...many) })).toHaveLength(16);
    const outcome = await run({ mounts, stats: { ...all('/', ...many), '/data/39': stats(1, 100) } });
    expect(outcome).toMatchObject({ problems: [{ reason: 'DiskFull', subject: '/data/39' }] });
  });
});

describe('writes', () => {
  const READ_ONLY = ROOT.replace(/rw$/, 'ro');

  it('are missed on a file system that was writable before', async () => {
    const files: Record<string, FakeFile> = { '/proc/1/mountinfo': ROOT, '/proc/self/mountinfo': ROOT };
    const host = fakeHostFiles(files, { fileSystems: { '/': stats(40, 100) } });
    const context = testContext(diskSpace, { host });
    expect(await diskSpace.run(context)).toMatchObject({ status: 'ok' });
    files['/proc/1/mountinfo'] = READ_ONLY;
    const expected = {
      status: 'problem',
      problems: [
        { reason: 'FilesystemReadOnly', subject: '/', message: '/ is read-only, but it was writable before.' },
      ],
    };
    expect(await diskSpace.run(context)).toMatchObject(expected);
    expect(await diskSpace.run(context)).toMatchObject(expected);
    files['/proc/1/mountinfo'] = ROOT;
    expect(await diskSpace.run(context)).toMatchObject({ status: 'ok' });
  });

  it.each([
    ['/etc/fstab wants them', READ_ONLY, '/dev/sda1 / ext4 defaults 0 1\n', '/etc/fstab wants it writable'],
    [
      'the kernel stopped them',
      ROOT.replace(/rw$/, 'rw,errors=remount-ro,emergency_ro'),
      '',
      'the kernel stopped all writes after an error',
    ],
  ])('are missed when %s', async (_, mount, fstab, why) => {
    const node = { mounts: [mount], stats: { '/': stats(40, 100) }, files: { '/etc/fstab': fstab } };
    expect(await run(node)).toMatchObject({
      problems: [{ reason: 'FilesystemReadOnly', message: `/ is read-only, but ${why}.` }],
    });
  });

  it('are not missed where nobody wants them', async () => {
    const files = { '/etc/fstab': '/dev/sda1 / ext4 ro 0 1\n' };
    expect(await run({ mounts: [READ_ONLY], stats: { '/': stats(40, 100) }, files })).toMatchObject({ status: 'ok' });
    const bind = '30 27 8:1 / /srv ro - ext4 /dev/sda1 rw';
    expect(await run({ mounts: [ROOT, bind], stats: { '/': stats(40, 100) } })).toMatchObject({ status: 'ok' });
  });

  it.each([
    [{ error: 'EIO' }, DATA, 'looking at it fails with EIO'],
    [stats(40, 100), DATA.replace(/rw$/, 'rw,shutdown'), 'the kernel has shut it down'],
  ])('are lost with their file system: %#', async (data, mount, why) => {
    const node = { mounts: [ROOT, mount], stats: { '/': stats(40, 100), '/data': data } };
    expect(await run(node)).toMatchObject({
      problems: [{ reason: 'FilesystemFailed', subject: '/data', message: `/data is lost: ${why}.` }],
    });
  });
});

describe('what cannot be looked at', () => {
  const other = { '/': stats(40, 100), '/data': { error: 'EACCES' } };

  it.each([
    [
      '/proc/1/mountinfo',
      { '/proc/1/mountinfo': { error: 'ENOENT' }, '/proc/self/mountinfo': { error: 'ENOENT' } },
      'there is no /proc/1/mountinfo',
    ],
    [
      '/proc/self/mountinfo',
      { '/proc/self/mountinfo': { error: 'EACCES' } },
      'the agent may not read /proc/self/mountinfo (EACCES)',
    ],
  ])('is everything without %s', async (_, files, why) => {
    expect(await runRoot(stats(40, 100), files)).toMatchObject({ status: 'unknown', why });
  });

  it('is said when there is no local disk at all', async () => {
    const outcome = await run({ mounts: ['27 1 0:5 / / rw - tmpfs tmpfs rw'], stats: {} });
    expect(outcome).toMatchObject({ status: 'unknown', why: expect.stringContaining('no file system of type ext2') });
  });

  it('is counted when it is of little importance', async () => {
    const outcome = await run({ mounts: [ROOT, DATA], stats: other });
    expect(outcome).toMatchObject({ status: 'ok' });
    expect(outcome).toHaveProperty('readings', expect.arrayContaining([{ name: 'not_looked_at_count', value: 1 }]));
  });

  it('makes the check unknown when the node cannot do without it', async () => {
    const node = {
      mounts: [ROOT, DATA, ETCD],
      stats: { ...other, '/var/lib/etcd': { error: 'EACCES' } },
      files: { '/var/lib/etcd/member': '' },
    };
    expect(await run(node)).toMatchObject({
      status: 'unknown',
      why: 'could not look at /var/lib/etcd: the agent may not read /var/lib/etcd (EACCES)',
    });
  });

  it('does not hide a problem elsewhere', async () => {
    const node = { mounts: [ROOT, DATA], stats: { '/': { error: 'EACCES' }, '/data': stats(0, 10) } };
    expect(await run(node)).toMatchObject({ problems: [{ reason: 'DiskFull', subject: '/data' }] });
  });

  it('is a mount that did not reach the agent’s own tree', async () => {
    const node = {
      mounts: [ROOT, DATA],
      stats: { '/': stats(40, 100), '/data': stats(40, 100) },
      files: { '/proc/self/mountinfo': ROOT, '/data/x': '' },
    };
    expect(await run(node)).toHaveProperty(
      'readings',
      expect.arrayContaining([{ name: 'not_looked_at_count', value: 1 }]),
    );
  });

  it('is none of which something else is mounted in the agent’s container', async () => {
    const kubelet = '30 27 8:48 / /var/lib/kubelet rw - ext4 /dev/sdd rw';
    const own = [
      '50 1 0:99 / / ro - overlay overlay rw',
      '51 50 8:1 /var/lib/meerkat /var/lib/meerkat rw - ext4 /dev/sda1 rw',
      '52 50 8:1 /var/lib/containerd/sandboxes/1/hostname /etc/hostname ro - ext4 /dev/sda1 rw',
      '53 50 8:48 /pods/1/etc-hosts /etc/hosts ro - ext4 /dev/sdd rw',
    ];
    const files = { '/proc/self/mountinfo': own.join('\n') };
    const node = { mounts: [ROOT, kubelet, ETCD], files };
    const seen = { '/var/lib/meerkat': stats(150, 4000), '/etc/hosts': stats(1, 100) };
    expect(await run({ ...node, stats: seen })).toMatchObject({
      status: 'problem',
      problems: [
        {
          reason: 'DiskFull',
          subject: '/var/lib/kubelet',
          message: '/var/lib/kubelet has 1.0 GiB of 100 GiB (1.0 %) available.',
        },
        {
          reason: 'DiskAlmostFull',
          subject: '/',
          message: '/ has 150 GiB of 3.9 TiB (3.8 %) available; it holds /var/lib/meerkat and /var/lib/containerd.',
        },
      ],
      readings: expect.arrayContaining([{ name: 'not_looked_at_count', value: 1 }]),
    });
    const full = { '/var/lib/meerkat': stats(40, 100), '/etc/hosts': { error: 'EIO' } };
    expect(await run({ ...node, stats: full })).toMatchObject({ problems: [{ reason: 'FilesystemFailed' }] });
    const well = { '/var/lib/meerkat': stats(40, 100), '/etc/hosts': stats(40, 100) };
    expect(await run({ ...node, stats: well })).toMatchObject({
      status: 'unknown',
      why: 'could not look at /var/lib/etcd: it is not mounted at /var/lib/etcd for the agent',
    });
    expect(await run({ ...node, mounts: [ROOT, kubelet], stats: well })).toMatchObject({ status: 'ok' });
  });

  it('is a file system that does not answer: it is not asked again, and the others are', async () => {
    const controller = new AbortController();
    const { host } = contextOf({
      mounts: [ROOT, ETCD],
      stats: { '/': stats(40, 100) },
      files: { '/var/lib/etcd/member': '' },
    });
    const asked: string[] = [];
    const { promise, resolve } = Promise.withResolvers<FileSystemStats>();
    const hanging = {
      ...host,
      statfs: async (path: string) => {
        asked.push(path);
        if (path === '/var/lib/etcd') controller.abort();
        return path === '/' ? await host.statfs(path) : await promise;
      },
    };
    const first = testContext(diskSpace, { host: hanging, signal: controller.signal });
    expect(await diskSpace.run(first)).toMatchObject({
      status: 'unknown',
      why: 'could not look at /var/lib/etcd: /var/lib/etcd cannot be read: ETIMEDOUT: no answer in time',
    });
    const second = testContext(diskSpace, { host: hanging, state: first.state });
    expect(await diskSpace.run(second)).toMatchObject({
      why: 'could not look at /var/lib/etcd: an earlier look at it has not come back',
    });
    expect(asked).toEqual(['/', '/var/lib/etcd', '/']);
    resolve(stats(5, 10));
    await promise;
    await new Promise(setImmediate);
    expect(await diskSpace.run(second)).toMatchObject({ status: 'ok' });
  });
});
