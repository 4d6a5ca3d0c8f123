import { describe, expect, it } from 'vitest';
import { mountOf, parseMountInfo, parseWritableFstab, readMounts } from './mounts.ts';
import { fakeHostFiles } from './testing.ts';

const ROOT = '27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,errors=remount-ro';

describe('parseMountInfo', () => {
  it('reads a line, with optional fields or without', () => {
    const expected = {
      id: '27',
      device: '254:0',
      root: '/',
      mountPoint: '/',
      type: 'ext4',
      source: '/dev/vda',
      options: ['rw', 'errors=remount-ro'],
    };
    expect(parseMountInfo(`${ROOT}\r\n`)).toEqual([expected]);
    expect(parseMountInfo(ROOT.replace('shared:1 ', ''))).toEqual([expected]);
    expect(parseMountInfo(ROOT.replace('shared:1', 'shared:1 master:2 propagate_from:3'))).toEqual([expected]);
  });

  it('takes the options of the file system, not those of the mount', () => {
    expect(parseMountInfo('30 27 8:1 /data /mnt ro,nosuid - xfs /dev/sda1 rw')[0]?.options).toEqual(['rw']);
  });

  it('unescapes', () => {
    const line = String.raw`30 27 8:1 / /mnt/my\040disk\011a\134b\012 rw - xfs /dev/disk\040one rw`;
    expect(parseMountInfo(line)[0]).toMatchObject({ mountPoint: '/mnt/my disk\ta\\b\n', source: '/dev/disk one' });
  });

  it('takes a mount without a source', () => {
    expect(parseMountInfo('30 27 0:9 / /run rw - tmpfs  rw')[0]).toMatchObject({ source: '', options: ['rw'] });
  });

  it.each([
    '',
    '\n',
    'nonsense',
    '27 1 254:0 / / rw',
    '27 1 254:0 / / rw,relatime - ext4 /dev',
    '27 1 x / / rw - ext4 a b',
  ])('leaves out %j', (text) => {
    expect(parseMountInfo(text)).toEqual([]);
  });
});

describe('mountOf', () => {
  const mounts = parseMountInfo(
    [ROOT, '30 27 8:1 / /var/lib rw - xfs /dev/sda1 rw', '31 30 8:2 / /var/lib/etcd rw - xfs /dev/sdb rw'].join('\n'),
  );

  it.each([
    ['/var/lib/etcd/member', '31'],
    ['/var/lib/etcd', '31'],
    ['/var/lib/etcd2', '30'],
    ['/var/library', '27'],
    ['/', '27'],
  ])('%s', (path, id) => {
    expect(mountOf(mounts, path)?.id).toBe(id);
  });
});

describe('readMounts', () => {
  it('sees only the last mount on a mount point', async () => {
    const table = `${ROOT}\n30 27 8:1 / /mnt rw - xfs /dev/sda1 rw\n31 30 0:40 / /mnt rw - tmpfs tmpfs rw\n`;
    const mounts = await readMounts(fakeHostFiles({ '/proc/1/mountinfo': table }));
    expect(mounts).toMatchObject({ value: [{ id: '27' }, { id: '31' }] });
  });

  it('takes its own mounts where those of process 1 are hidden, and names them as the host does', async () => {
    const files = {
      '/proc/self/mountinfo': `${ROOT.replace(' / / ', ' / /host ')}\n30 27 8:1 / /host/var rw - xfs /dev/sda1 rw\n31 1 0:5 / / rw - overlay overlay rw`,
    };
    const host = { ...fakeHostFiles(files), locate: (path: string) => (path === '/' ? '/host' : `/host${path}`) };
    expect(await readMounts(host)).toMatchObject({ value: [{ mountPoint: '/' }, { mountPoint: '/var' }] });
    expect(await readMounts(fakeHostFiles({ '/proc/self/mountinfo': ROOT }))).toMatchObject({ value: [{ id: '27' }] });
  });

  it('names the table that it misses', async () => {
    expect(await readMounts(fakeHostFiles({}))).toMatchObject({ why: 'there is no /proc/1/mountinfo' });
    expect(await readMounts(fakeHostFiles({ '/proc/1/mountinfo': '' }))).toEqual({
      why: '/proc/1/mountinfo has an unexpected form',
    });
  });
});

it('finds what /etc/fstab wants writable', () => {
  const fstab = [
    '# /dev/sdz /comment ext4 defaults 0 1',
    'UUID=1 / ext4 errors=remount-ro 0 1\r',
    String.raw`LABEL=data /mnt/my\040data xfs rw,noatime`,
    '/dev/sdb /usr ext4 ro,noatime 0 0',
    '/data /srv none bind 0 0',
    '/dev/sdc none swap sw 0 0',
    'short',
    '/dev/sdd /plain ext4',
  ].join('\n');
  expect([...parseWritableFstab(fstab)]).toEqual(['/', '/mnt/my data', '/plain']);
  expect([...parseWritableFstab('')]).toEqual([]);
});
