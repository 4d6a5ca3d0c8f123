import { describe, expect, it } from 'vitest';
import { enabledUnit, existingFile, kubeletTrace, staticManifest } from './presence.ts';
import { type FakeFile, fakeHostFiles } from './testing.ts';

const SYSTEMD = { '/run/systemd/system/': '' };
const WANTED = '/etc/systemd/system/multi-user.target.wants/etcd.service';

describe('enabledUnit', () => {
  it.each<[string, Record<string, FakeFile>, string | undefined]>([
    ['wanted by a target', { ...SYSTEMD, [WANTED]: '' }, 'enabled unit etcd.service'],
    [
      'required by a target',
      { ...SYSTEMD, '/etc/systemd/system/multi-user.target.requires/etcd.service': '' },
      'enabled unit etcd.service',
    ],
    ['enabled where systemd does not run', { [WANTED]: '' }, undefined],
    ['not wanted by anything', { ...SYSTEMD, '/etc/systemd/system/etcd.service': '[Unit]' }, undefined],
    ['another unit', { ...SYSTEMD, '/etc/systemd/system/multi-user.target.wants/ssh.service': '' }, undefined],
    ['masked', { ...SYSTEMD, [WANTED]: '', '/etc/systemd/system/etcd.service': '' }, undefined],
    [
      'with a unit file of its own',
      { ...SYSTEMD, [WANTED]: '', '/etc/systemd/system/etcd.service': '[Unit]' },
      'enabled unit etcd.service',
    ],
    ['no units at all', SYSTEMD, undefined],
  ])('%s', async (_name, files, expected) => {
    expect(await enabledUnit(fakeHostFiles(files), ['etcd2.service', 'etcd.service'])).toBe(expected);
  });

  it.each([
    ['the mark of systemd', { '/run/systemd/system': { error: 'EACCES' } }],
    ['the units', { ...SYSTEMD, '/etc/systemd/system/multi-user.target.wants': { error: 'EACCES' } }],
    ['the unit itself', { ...SYSTEMD, [WANTED]: '', '/etc/systemd/system/etcd.service': { error: 'EACCES' } }],
  ])('rejects when it may not look at %s', async (_name, files: Record<string, FakeFile>) => {
    await expect(enabledUnit(fakeHostFiles(files), ['etcd.service'])).rejects.toThrow('EACCES');
  });
});

describe('staticManifest', () => {
  it.each([
    ['/etc/kubernetes/manifests/etcd.yaml'],
    ['/var/lib/rancher/rke2/agent/pod-manifests/etcd.yaml'],
    ['/var/lib/rancher/k3s/agent/pod-manifests/etcd.yaml'],
  ])('finds %s', async (path) => {
    expect(await staticManifest(fakeHostFiles({ [path]: 'kind: Pod' }), ['etcd'])).toBe(`static manifest ${path}`);
  });

  it('finds nothing in an empty directory', async () => {
    expect(await staticManifest(fakeHostFiles({ '/etc/kubernetes/manifests/': '' }), ['etcd'])).toBeUndefined();
  });

  it('rejects when it may not look', async () => {
    const host = fakeHostFiles({ '/etc/kubernetes/manifests/etcd.yaml': { error: 'EACCES' } });

    await expect(staticManifest(host, ['etcd'])).rejects.toThrow('EACCES');
  });
});

describe('existingFile', () => {
  it('names the first that exists', async () => {
    expect(await existingFile(fakeHostFiles({ '/b': '', '/c': '' }), ['/a', '/b', '/c'])).toBe('file /b');
  });
});

describe('kubeletTrace', () => {
  it.each<[Record<string, FakeFile>, string | undefined]>([
    [{ '/var/lib/kubelet/config.yaml': '' }, 'file /var/lib/kubelet/config.yaml'],
    [{ '/etc/kubernetes/kubelet.conf': '' }, 'file /etc/kubernetes/kubelet.conf'],
    [{ ...SYSTEMD, '/etc/systemd/system/multi-user.target.wants/kubelet.service': '' }, 'enabled unit kubelet.service'],
    [{ '/var/lib/rancher/k3s/agent/kubelet.kubeconfig': '' }, 'file /var/lib/rancher/k3s/agent/kubelet.kubeconfig'],
    [{ '/var/lib/kubelet/': '' }, undefined],
  ])('%j → %s', async (files, expected) => {
    expect(await kubeletTrace(fakeHostFiles(files))).toBe(expected);
  });
});
