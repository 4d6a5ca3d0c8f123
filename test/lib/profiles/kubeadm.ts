import { KUBE_ETCD, NEW_AUTHORITY } from '../../../checks/lib/certificates/testing.ts';
import {
  APISERVER_WELL,
  CONTROLLERS_WELL,
  KERNEL,
  KUBELET_WELL,
  KUBE_PROXY_WELL,
  MASTER,
  type Profile,
  SERVICE_WELL,
  WORKER,
  etcdMetricsWell,
  etcdWell,
  listeners,
  systemd,
} from './profile.ts';

const SOURCE = 'https://kubernetes.io/docs/reference/setup-tools/kubeadm/implementation-details/';
const manifest = (name: string, ...flags: readonly string[]): string =>
  `apiVersion: v1\nkind: Pod\nmetadata:\n  name: ${name}\nspec:\n  containers:\n  - command:\n    - ${name}\n${flags.map((flag) => `    - --${flag}\n`).join('')}`;
const KUBELET = {
  '/var/lib/kubelet/config.yaml':
    'apiVersion: kubelet.config.k8s.io/v1beta1\nclusterDNS:\n- 10.96.0.10\nclusterDomain: cluster.local\ncontainerRuntimeEndpoint: unix:///run/containerd/containerd.sock\nhealthzBindAddress: 127.0.0.1\nhealthzPort: 10248\nstaticPodPath: /etc/kubernetes/manifests\n',
  '/var/lib/kubelet/kubeadm-flags.env':
    'KUBELET_KUBEADM_ARGS="--pod-infra-container-image=registry.k8s.io/pause:3.10"\n',
  '/var/lib/kubelet/pki/kubelet-client-current.pem': KUBE_ETCD,
  '/etc/kubernetes/kubelet.conf':
    'users:\n- user:\n    client-certificate: /var/lib/kubelet/pki/kubelet-client-current.pem\n',
  '/etc/kubernetes/pki/ca.crt': NEW_AUTHORITY,
  '/run/containerd/containerd.sock': '',
};
const PKI = '/etc/kubernetes/pki';

export const KUBEADM_MASTER: Profile = {
  name: 'kubeadm, control plane',
  source: SOURCE,
  files: {
    ...systemd('kubelet.service', 'containerd.service'),
    ...KERNEL,
    ...KUBELET,
    ...listeners({ 6443: 'all', 10_259: 'loopback', 10_257: 'loopback' }),
    '/etc/kubernetes/manifests/etcd.yaml': manifest(
      'etcd',
      'listen-client-urls=https://127.0.0.1:2379,https://10.0.0.1:2379',
      'listen-metrics-urls=http://127.0.0.1:2381',
      `cert-file=${PKI}/etcd/server.crt`,
      `key-file=${PKI}/etcd/server.key`,
      `trusted-ca-file=${PKI}/etcd/ca.crt`,
    ),
    '/etc/kubernetes/manifests/kube-apiserver.yaml': manifest(
      'kube-apiserver',
      'advertise-address=10.0.0.1',
      'secure-port=6443',
    ),
    '/etc/kubernetes/manifests/kube-scheduler.yaml': manifest(
      'kube-scheduler',
      'bind-address=127.0.0.1',
      'leader-elect=true',
    ),
    '/etc/kubernetes/manifests/kube-controller-manager.yaml': manifest(
      'kube-controller-manager',
      'bind-address=127.0.0.1',
    ),
    [`${PKI}/etcd/healthcheck-client.crt`]: KUBE_ETCD,
    [`${PKI}/etcd/healthcheck-client.key`]: '-----BEGIN EC PRIVATE KEY-----\n',
    [`${PKI}/etcd/ca.crt`]: NEW_AUTHORITY,
    [`${PKI}/apiserver.crt`]: KUBE_ETCD,
    '/etc/kubernetes/admin.conf': `client-certificate-data: ${Buffer.from(KUBE_ETCD).toString('base64')}\n`,
  },
  answers: {
    ...etcdWell('https://127.0.0.1:2379'),
    ...etcdMetricsWell('http://127.0.0.1:2381'),
    ...APISERVER_WELL,
    ...CONTROLLERS_WELL,
    ...KUBELET_WELL,
    ...KUBE_PROXY_WELL,
    ...SERVICE_WELL,
  },
  expected: MASTER,
};

export const KUBEADM_WORKER: Profile = {
  name: 'kubeadm, worker',
  source: SOURCE,
  files: { ...systemd('kubelet.service', 'containerd.service'), ...KERNEL, ...KUBELET, ...listeners({}) },
  answers: { ...KUBELET_WELL, ...KUBE_PROXY_WELL, ...SERVICE_WELL },
  expected: WORKER,
};

/** Kubespray puts an nginx on the loopback of every worker, which passes on what API servers elsewhere answer. */
export const KUBESPRAY_WORKER: Profile = {
  ...KUBEADM_WORKER,
  name: 'Kubespray with Docker, worker',
  source: 'https://github.com/kubernetes-sigs/kubespray/blob/master/docs/operations/ha-mode.md',
  files: {
    ...KUBEADM_WORKER.files,
    ...systemd('kubelet.service', 'docker.service', 'cri-dockerd.service'),
    ...listeners({ 6443: 'loopback' }),
    '/etc/kubernetes/manifests/nginx-proxy.yml': 'kind: Pod\n',
    '/run/docker.sock': '',
  },
  answers: { ...KUBEADM_WORKER.answers, ...APISERVER_WELL },
  hasDocker: true,
  expected: { ...KUBEADM_WORKER.expected, 'container-runtime': 'ok' },
};

/** Cilium in place of kube-proxy, which answers /healthz on its port. */
export const CILIUM_WORKER: Profile = {
  ...KUBEADM_WORKER,
  name: 'kubeadm with Cilium in place of kube-proxy, worker',
  source: 'https://docs.cilium.io/en/stable/network/kubernetes/kubeproxy-free/',
  answers: { ...KUBELET_WELL, ...SERVICE_WELL },
  expected: { ...KUBEADM_WORKER.expected, 'kube-proxy': 'unknown' },
};
