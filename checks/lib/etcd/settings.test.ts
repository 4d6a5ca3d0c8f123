import { describe, expect, it } from 'vitest';
import { fakeHostFiles } from '../testing.ts';
import { parseEtcdSettings, reachableUrl, readEtcdSettings } from './settings.ts';

const MANIFEST = '/etc/kubernetes/manifests/etcd.yaml';
const KUBEADM = `apiVersion: v1
kind: Pod
spec:
  containers:
  - command:
    - etcd
    - --advertise-client-urls=https://10.0.0.5:2379
    - --cert-file=/etc/kubernetes/pki/etcd/server.crt
    - --client-cert-auth=true
    - --key-file=/etc/kubernetes/pki/etcd/server.key
    - --listen-client-urls=https://10.0.0.5:2379,https://127.0.0.1:2379
    - --listen-metrics-urls=http://127.0.0.1:2381
    - --listen-peer-urls=https://10.0.0.5:2380
    - --peer-cert-file=/etc/kubernetes/pki/etcd/peer.crt
    - --trusted-ca-file=/etc/kubernetes/pki/etcd/ca.crt
    image: registry.k8s.io/etcd:3.5.15-0
`;
const K3S = `advertise-client-urls: https://10.0.0.5:2379
client-transport-security:
  cert-file: /var/lib/rancher/k3s/server/tls/etcd/server-client.crt
listen-client-http-urls: https://127.0.0.1:2382
listen-client-urls: https://127.0.0.1:2379,https://10.0.0.5:2379
listen-metrics-urls: http://127.0.0.1:2381
`;

describe('parseEtcdSettings', () => {
  it.each<[string, string, object]>([
    [
      'a kubeadm manifest',
      KUBEADM,
      {
        clientUrl: 'https://127.0.0.1:2379',
        metricsUrl: 'http://127.0.0.1:2381',
        certFile: '/etc/kubernetes/pki/etcd/server.crt',
        keyFile: '/etc/kubernetes/pki/etcd/server.key',
        trustedCaFile: '/etc/kubernetes/pki/etcd/ca.crt',
      },
    ],
    ['a k3s file', K3S, { clientUrl: 'https://127.0.0.1:2382', metricsUrl: 'http://127.0.0.1:2381' }],
    [
      'an environment file',
      '# ETCD_LISTEN_CLIENT_URLS="http://localhost:1"\nETCD_LISTEN_CLIENT_URLS="http://0.0.0.0:4001"\n',
      { clientUrl: 'http://127.0.0.1:4001' },
    ],
    [
      'a command of one string',
      'command: ["etcd --listen-client-urls http://127.0.0.1:5 --name a"]',
      { clientUrl: 'http://127.0.0.1:5' },
    ],
    [
      'a command of quoted strings',
      `["etcd","--listen-client-urls=http://127.0.0.1:5"]`,
      { clientUrl: 'http://127.0.0.1:5' },
    ],
    ['nothing of the kind', 'kind: Pod', {}],
  ])('reads %s', (_, text, expected) => {
    expect(parseEtcdSettings(text)).toEqual(expected);
  });
});

describe('reachableUrl', () => {
  it.each([
    ['http://10.0.0.5:2379,http://127.0.0.1:2379', 'http://127.0.0.1:2379'],
    ['https://10.0.0.5:2379', 'https://10.0.0.5:2379'],
    ['https://0.0.0.0:2379', 'https://127.0.0.1:2379'],
    ['https://[::]:2379', 'https://[::1]:2379'],
    ['http://localhost:2379/', 'http://127.0.0.1:2379'],
    ['unix:///run/etcd.sock,http://[::1]:2379', 'http://[::1]:2379'],
    ['unix:///run/etcd.sock', undefined],
    ['', undefined],
  ])('takes from %s %s', (list, url) => {
    expect(reachableUrl(list)).toBe(url);
  });
});

describe('readEtcdSettings', () => {
  it('prefers the static manifest', async () => {
    const host = fakeHostFiles({
      [MANIFEST]: KUBEADM,
      '/etc/default/etcd': 'ETCD_LISTEN_CLIENT_URLS=http://127.0.0.1:1',
    });

    expect(await readEtcdSettings(host)).toMatchObject({ source: MANIFEST, clientUrl: 'https://127.0.0.1:2379' });
  });

  it('follows the configuration file that a manifest names', async () => {
    const host = fakeHostFiles({
      '/var/lib/rancher/rke2/agent/pod-manifests/etcd.yaml': 'args:\n- --config-file=/data/config\n',
      '/data/config': K3S,
    });

    expect(await readEtcdSettings(host)).toMatchObject({ source: '/data/config', clientUrl: 'https://127.0.0.1:2382' });
  });

  it('says what it may not read and looks on', async () => {
    const host = fakeHostFiles({
      [MANIFEST]: { error: 'EACCES' },
      '/etc/default/etcd': 'ETCD_LISTEN_CLIENT_URLS=http://127.0.0.1:1',
    });

    const settings = await readEtcdSettings(host);

    expect(settings).toMatchObject({ clientUrl: 'http://127.0.0.1:1' });
    expect(settings.obstacles).toEqual([expect.stringContaining('may not read')]);
  });

  it('finds nothing where there is nothing', async () => {
    expect(await readEtcdSettings(fakeHostFiles({}))).toEqual({ obstacles: [] });
  });
});
