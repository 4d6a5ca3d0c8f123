import { expect, it } from 'vitest';
import { fakeHostFiles } from '../testing.ts';
import { findClusterDns, parseClusterDns, parsePodResolvConf } from './servers.ts';

it.each([
  ['clusterDNS:\n- 10.96.0.10\nclusterDomain: cluster.local\n', ['10.96.0.10'], 'cluster.local'],
  [
    'clusterDomain: "corp.internal"\nclusterDNS:\n  - "10.43.0.10"\n  - fd00::a\ncgroupDriver: systemd\n',
    ['10.43.0.10', 'fd00::a'],
    'corp.internal',
  ],
  ['clusterDNS: ["10.100.0.10", 172.20.0.10]\n', ['10.100.0.10', '172.20.0.10'], undefined],
  [
    '{"kind":"KubeletConfiguration","clusterDNS":["172.20.0.10"],"clusterDomain":"corp.internal"}',
    ['172.20.0.10'],
    'corp.internal',
  ],
  [
    '{\n  "clusterDNS": [\n    "172.20.0.10"\n  ],\n  "clusterDomain": "cluster.local"\n}',
    ['172.20.0.10'],
    'cluster.local',
  ],
  ['clusterDNS: []\n', [], undefined],
  ['apiVersion: kubelet.config.k8s.io/v1beta1\ncontainerLogMaxSize: 10Mi\n', [], undefined],
  ['', [], undefined],
  ['<html>10.0.0.1</html>', [], undefined],
])('reads a kubelet’s configuration: %j', (text, servers, domain) => {
  expect(parseClusterDns(text)).toEqual({ servers, domain });
});

it('is found where k3s writes it', async () => {
  const host = fakeHostFiles({
    '/var/lib/rancher/k3s/agent/etc/kubelet.conf.d/00-k3s-defaults.conf': 'clusterDNS:\n- 10.43.0.10\n',
  });
  expect(await findClusterDns(host)).toEqual({ value: { servers: ['10.43.0.10'] } });
  expect(await findClusterDns(fakeHostFiles({}))).toEqual({ value: { servers: [] } });
});

it.each([
  [
    'search meerkat.svc.cluster.local svc.cluster.local cluster.local example.org\nnameserver 10.96.0.10\noptions ndots:5\n',
    { servers: ['10.96.0.10'], domain: 'cluster.local' },
  ],
  [
    'nameserver 169.254.20.10\nnameserver fd00::a\nsearch kube-system.svc.corp.internal svc.corp.internal corp.internal\n',
    { servers: ['169.254.20.10', 'fd00::a'], domain: 'corp.internal' },
  ],
  ['search meerkat.svc.cluster.local svc.cluster.local cluster.local\n', undefined],
  ['nameserver 127.0.0.53\noptions edns0 trust-ad\nsearch svc.example.org example.org\n', undefined],
  ['nameserver 10.0.0.2\nsearch a.svc.example.org svc.example.com\n', undefined],
  ['', undefined],
])('knows a pod’s resolv.conf from a node’s: %j', (text, found) => {
  expect(parsePodResolvConf(text)).toEqual(found);
});
