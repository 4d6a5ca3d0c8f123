/** The DaemonSet of the control plane's agents: that of daemonset.yaml with certificates of kubeadm and etcd's disk. */
import { type Document, type YAMLMap, type YAMLSeq, isMap, parseAllDocuments } from 'yaml';

const PKI = '/etc/kubernetes/pki';
const INSTANCE = 'agent-masters';
const INSTANCE_LABEL = 'app.kubernetes.io/instance';

/** By name: what is mounted where the host has it. Certificates, and of all keys the one of etcd's health checks. */
const MOUNTS = [
  { name: 'etcd-health-cert', path: `${PKI}/etcd/healthcheck-client.crt`, why: 'To ask etcd as its health checks do.' },
  { name: 'etcd-health-key', path: `${PKI}/etcd/healthcheck-client.key`, why: 'Its key: all of etcd is open to it.' },
  {
    name: 'etcd-ca',
    path: `${PKI}/etcd/ca.crt`,
    why: 'Whether etcd trusts the API server, and until when it is good.',
  },
  { name: 'apiserver-etcd-client', path: `${PKI}/apiserver-etcd-client.crt`, why: 'The same of the other end.' },
  { name: 'etcd-server', path: `${PKI}/etcd/server.crt`, why: 'Until when it is good.' },
  { name: 'etcd-peer', path: `${PKI}/etcd/peer.crt`, why: 'Until when it is good.' },
  { name: 'ca', path: `${PKI}/ca.crt`, why: 'Until when it is good.' },
  { name: 'apiserver', path: `${PKI}/apiserver.crt`, why: 'Until when it is good.' },
  { name: 'apiserver-kubelet-client', path: `${PKI}/apiserver-kubelet-client.crt`, why: 'Until when it is good.' },
  { name: 'front-proxy-ca', path: `${PKI}/front-proxy-ca.crt`, why: 'Until when it is good.' },
  { name: 'front-proxy-client', path: `${PKI}/front-proxy-client.crt`, why: 'Until when it is good.' },
  { name: 'etcd-data', path: '/var/lib/etcd', type: 'Directory', why: 'How full the disk is, where etcd has its own.' },
] as const;

const HEADER = ' Written by `node tools/manifests.ts` from daemonset.yaml; do not edit.';

/** @param manifest the text of daemonset.yaml */
export function mastersManifest(manifest: string): string {
  const all = parseAllDocuments(manifest, { version: '1.1' }) as Document[];
  const agents = all.find((one) => one.get('kind') === 'DaemonSet' && one.getIn(['metadata', 'name']) === 'meerkat');
  if (agents === undefined) throw new Error('daemonset.yaml has no DaemonSet meerkat');
  agents.setIn(['metadata', 'name'], 'meerkat-masters');
  for (const path of [
    ['metadata', 'labels'],
    ['spec', 'selector', 'matchLabels'],
    ['spec', 'template', 'metadata', 'labels'],
  ])
    agents.setIn([...path, INSTANCE_LABEL], INSTANCE);
  const pod = agents.getIn(['spec', 'template', 'spec']) as YAMLMap;
  pod.set('affinity', agents.createNode(affinity()));
  const containers = pod.get('containers') as YAMLSeq<YAMLMap>;
  const agent = containers.items.find((one) => one.get('name') === 'agent');
  const mounts = agent?.get('volumeMounts') as YAMLSeq;
  const volumes = pod.get('volumes') as YAMLSeq;
  for (const mount of MOUNTS) {
    const { name, path, why } = mount;
    const isDirectory = 'type' in mount;
    const inside = agents.createNode({
      name,
      mountPath: `/host${path}`,
      readOnly: true,
      ...(isDirectory && { mountPropagation: 'HostToContainer' }),
    });
    if (isMap(inside)) inside.commentBefore = ` ${why}`;
    mounts.add(inside);
    volumes.add(agents.createNode({ name, hostPath: { path, type: isDirectory ? mount.type : 'File' } }));
  }
  agents.commentBefore = HEADER;
  return agents.toString({ lineWidth: 0, flowCollectionPadding: false });
}

const affinity = () => ({
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchExpressions: [{ key: 'node-role.kubernetes.io/control-plane', operator: 'Exists' }] }],
    },
  },
});
