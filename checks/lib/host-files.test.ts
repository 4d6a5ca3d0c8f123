import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHostFiles } from './host-files.ts';

const clock = { monotonic: () => 0 };
let directory = '';

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'meerkat-host-files-'));
  for (const path of ['root/etc', 'root/run', 'root/var', 'proc/net', 'sys/class']) {
    mkdirSync(join(directory, path), { recursive: true });
  }
  writeFileSync(join(directory, 'secret'), 'not the host’s');
  writeFileSync(join(directory, 'root/etc/hostname'), 'node-1\n');
  writeFileSync(join(directory, 'root/run/state'), 'running');
  writeFileSync(join(directory, 'proc/loadavg'), '0.1 0.2 0.3 1/2 3\n');
  writeFileSync(join(directory, 'sys/class/name'), 'eth0');
  symlinkSync('/run', join(directory, 'root/var/run'));
  symlinkSync('../../secret', join(directory, 'root/etc/escape'));
  symlinkSync('loop', join(directory, 'root/etc/loop'));
  symlinkSync('/proc/loadavg', join(directory, 'root/etc/load'));
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

const hostFiles = () =>
  createHostFiles(clock, {
    root: join(directory, 'root'),
    proc: join(directory, 'proc'),
    sys: join(directory, 'sys/'),
  });

describe('locate', () => {
  it.each([
    ['/etc/hostname', 'root/etc/hostname'],
    ['/', 'root'],
    ['/proc', 'proc'],
    ['/proc/net/dev', 'proc/net/dev'],
    ['/sys/class', 'sys/class'],
    ['/process', 'root/process'],
    ['/proc/../../etc/hostname', 'root/etc/hostname'],
    ['/../../secret', 'root/secret'],
    ['etc/./hostname', 'root/etc/hostname'],
    ['/etc/../proc/loadavg', 'proc/loadavg'],
  ])('maps %s', (path, expected) => {
    expect(hostFiles().locate(path).replace(/\/$/, '')).toBe(join(directory, expected));
  });

  it('leaves paths as they are on the host itself', () => {
    const host = createHostFiles(clock);
    expect(['/', '/etc/hostname', '/proc/stat', '/sys', '/a/../b'].map((path) => host.locate(path))).toEqual([
      '/',
      '/etc/hostname',
      '/proc/stat',
      '/sys',
      '/b',
    ]);
  });
});

describe('access', () => {
  it('reads files of all three trees, and lists directories', async () => {
    const host = hostFiles();
    expect(await host.readText('/etc/hostname')).toBe('node-1\n');
    expect(await host.readText('/proc/loadavg')).toBe('0.1 0.2 0.3 1/2 3\n');
    expect(await host.readText('/sys/class/name')).toBe('eth0');
    expect(await host.list('/run')).toEqual(['state']);
  });

  it('follows links as the host does', async () => {
    const host = hostFiles();
    expect(await host.readText('/var/run/state')).toBe('running');
    expect(await host.readText('/etc/load')).toBe('0.1 0.2 0.3 1/2 3\n');
    await expect(host.readText('/etc/escape')).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(host.readText('/etc/loop')).rejects.toMatchObject({ code: 'ELOOP' });
  });

  it('reads at most maxBytes, and a file without a size to its end', async () => {
    expect(await hostFiles().readText('/etc/hostname', 4)).toBe('node');
    expect(await createHostFiles(clock).readText('/proc/self/status')).toContain('VmRSS');
    expect((await createHostFiles(clock).readText('/dev/zero', 100_000)).length).toBe(100_000);
  });

  it('sees what changed below a link that it followed before', async () => {
    const host = hostFiles();
    const link = join(directory, 'root/run/current');
    symlinkSync('/etc/hostname', link);
    expect(await host.readText('/var/run/current')).toBe('node-1\n');
    rmSync(link);
    symlinkSync('/run/state', link);
    expect(await host.readText('/var/run/current')).toBe('running');
    rmSync(link);
    expect(await host.exists('/var/run/current')).toBe(false);
  });

  it('sees a link that is replaced on the way, and a directory that comes later', async () => {
    const host = hostFiles();
    const release = (name: string): void => {
      mkdirSync(join(directory, 'root/srv', name), { recursive: true });
      writeFileSync(join(directory, 'root/srv', name, 'version'), name);
      rmSync(join(directory, 'root/srv/current'), { force: true });
      symlinkSync(`/srv/${name}`, join(directory, 'root/srv/current'));
    };
    expect(await host.exists('/srv/current/version')).toBe(false);
    release('one');
    expect(await host.readText('/srv/current/version')).toBe('one');
    release('two');
    rmSync(join(directory, 'root/srv/one'), { recursive: true });
    expect(await host.readText('/srv/current/version')).toBe('two');
  });

  it('does not wait for the writer of a FIFO', async () => {
    execFileSync('mkfifo', [join(directory, 'root/run/fifo')]);
    expect(await hostFiles().readText('/run/fifo')).toBe('');
    rmSync(join(directory, 'root/run/fifo'));
  });

  it('rejects with the code of the system', async () => {
    const host = hostFiles();
    await expect(host.readText('/etc/none')).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(host.readText('/etc')).rejects.toMatchObject({ code: 'EISDIR' });
    await expect(host.list('/etc/hostname')).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(host.statfs('/none')).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('says what exists', async () => {
    const host = hostFiles();
    expect(await host.exists('/etc')).toBe(true);
    expect(await host.exists('/var/run/state')).toBe(true);
    expect(await host.exists('/etc/none')).toBe(false);
    expect(await host.exists('/etc/hostname/below')).toBe(false);
    await expect(host.exists('/etc/loop')).rejects.toMatchObject({ code: 'ELOOP' });
  });

  it('gives the figures of a file system in bytes', async () => {
    const stats = await hostFiles().statfs('/etc');
    expect(stats.totalBytes).toBeGreaterThanOrEqual(stats.freeBytes);
    expect(stats.freeBytes).toBeGreaterThanOrEqual(stats.availableBytes);
    expect(stats.totalBytes).toBeGreaterThan(1_048_576);
  });

  it('reads the mount table where that is a file of its own', async () => {
    const mountTable = join(directory, 'secret');
    const host = createHostFiles(clock, { proc: join(directory, 'proc'), mountTable });
    expect(await host.readText('/proc/1/mountinfo')).toBe('not the host’s');
    expect(await host.readText('/proc/loadavg')).toContain('0.1');
    await expect(host.readText('/proc/self/mountinfo')).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(hostFiles().readText('/proc/1/mountinfo')).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('gives those of a path of its own, too', async () => {
    const own = join(directory, 'secret');
    const { totalBytes } = await hostFiles().statfs('/etc');
    expect(await hostFiles().statfs(own, 'own')).toMatchObject({ totalBytes });
    await expect(hostFiles().statfs(own)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
