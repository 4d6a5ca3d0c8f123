import { describe, expect, it } from 'vitest';
import { findRuntime, isDockerShim, kubeletRuntimeSocket } from './runtime-sockets.ts';
import { fakeHostFiles } from './testing.ts';

const find = (
  paths: readonly string[],
  more: { configured?: string; kubelet?: string; dockerBelongsHere?: boolean } = {},
) =>
  findRuntime({
    configured: more.configured,
    kubelet: async () => more.kubelet,
    exists: async (path) => paths.includes(path),
    dockerBelongsHere: async () => more.dockerBelongsHere === true,
  });

describe('findRuntime', () => {
  it('finds nothing on a bare machine', async () => {
    expect(await find([])).toEqual({ kind: 'none' });
  });

  it('finds Docker, also beside the containerd that comes with it', async () => {
    const docker = { kind: 'docker', socketPath: '/run/docker.sock', configured: false };
    expect(await find(['/run/docker.sock'])).toEqual(docker);
    expect(await find(['/run/docker.sock', '/run/containerd/containerd.sock'])).toEqual(docker);
    expect(await find(['/var/run/docker.sock'])).toEqual({ ...docker, socketPath: '/var/run/docker.sock' });
  });

  it('takes the runtime of a distribution before a Docker that somebody installed besides', async () => {
    const k3s = '/run/k3s/containerd/containerd.sock';
    expect(await find(['/run/docker.sock', k3s])).toEqual({ kind: 'cri', socketPath: k3s, configured: false });
  });

  it('takes containerd for the runtime unless Docker belongs here', async () => {
    const containerd = ['/run/containerd/containerd.sock'];
    expect(await find(containerd)).toEqual({ kind: 'cri', socketPath: containerd[0], configured: false });
    expect(await find(containerd, { dockerBelongsHere: true })).toEqual({ kind: 'none' });
  });

  it('believes the configuration', async () => {
    expect(await find([], { configured: '/d/docker.sock' })).toEqual({
      kind: 'docker',
      socketPath: '/d/docker.sock',
      configured: true,
    });
    const containerd = '/x/containerd.sock';
    expect(await find([], { configured: containerd })).toEqual({
      kind: 'cri',
      socketPath: containerd,
      configured: true,
    });
  });

  it('believes the kubelet', async () => {
    const kubelet = '/run/containerd/containerd.sock';
    const found = { kind: 'cri', socketPath: kubelet, configured: true };
    expect(await find(['/run/docker.sock'], { kubelet })).toEqual(found);
    expect(await find([], { kubelet })).toEqual(found);
  });
});

describe('kubeletRuntimeSocket', () => {
  const CONFIG = '/var/lib/kubelet/config.yaml';
  const FLAGS = '/var/lib/kubelet/kubeadm-flags.env';

  it.each([
    ['no file', {}, undefined],
    ['a setting', { [CONFIG]: 'a: b\ncontainerRuntimeEndpoint: unix:///run/crio/crio.sock\n' }, '/run/crio/crio.sock'],
    [
      'a path through a link',
      { [CONFIG]: 'containerRuntimeEndpoint: unix:///var/run/crio/crio.sock\n' },
      '/run/crio/crio.sock',
    ],
    [
      'EKS’ file',
      {
        '/etc/kubernetes/kubelet/config.json':
          '{"kind":"KubeletConfiguration","containerRuntimeEndpoint":"unix:///run/containerd/containerd.sock"}',
      },
      '/run/containerd/containerd.sock',
    ],
    [
      'AKS’ flags',
      {
        '/etc/default/kubelet':
          'KUBELET_FLAGS=--v=2 --container-runtime-endpoint=unix:///run/containerd/containerd.sock\n',
      },
      '/run/containerd/containerd.sock',
    ],
    ['a quoted setting', { [CONFIG]: 'containerRuntimeEndpoint: "unix:///run/a.sock"\n' }, '/run/a.sock'],
    ['an empty setting', { [CONFIG]: 'containerRuntimeEndpoint: ""\nevictionHard: {}\n' }, undefined],
    [
      'a flag, which outranks the setting',
      {
        [CONFIG]: 'containerRuntimeEndpoint: unix:///run/crio/crio.sock\n',
        [FLAGS]: 'KUBELET_KUBEADM_ARGS="--node-ip=1.2.3.4 --container-runtime-endpoint=unix:///run/b.sock --v=2"\n',
      },
      '/run/b.sock',
    ],
    [
      'no flag in a comment',
      { '/etc/default/kubelet': '#KUBELET_EXTRA_ARGS=--container-runtime-endpoint=/run/no.sock\n' },
      undefined,
    ],
    [
      'the flag that outranks the other, in quotes',
      {
        '/etc/default/kubelet': "KUBELET_EXTRA_ARGS='--container-runtime-endpoint=unix:///run/crio/crio.sock'\n",
        [FLAGS]: 'KUBELET_KUBEADM_ARGS="--container-runtime-endpoint=unix:///run/b.sock"\n',
      },
      '/run/crio/crio.sock',
    ],
    ['a setting without a value', { [CONFIG]: 'containerRuntimeEndpoint:\ncpuManagerPolicy: none\n' }, undefined],
    ['a last flag', { [FLAGS]: 'KUBELET_KUBEADM_ARGS="--container-runtime-endpoint=/run/c.sock"\n' }, '/run/c.sock'],
  ])('reads %s', async (_, files, socket) => {
    expect(await kubeletRuntimeSocket(fakeHostFiles(files))).toBe(socket);
  });

  it('does not take a file that cannot be read for a missing one', async () => {
    await expect(kubeletRuntimeSocket(fakeHostFiles({ [CONFIG]: { error: 'EACCES' } }))).rejects.toThrow('EACCES');
  });
});

it('knows the shims of Docker', () => {
  expect(['/run/cri-dockerd.sock', '/var/run/dockershim.sock', '/run/crio/crio.sock'].map(isDockerShim)).toEqual([
    true,
    true,
    false,
  ]);
});
