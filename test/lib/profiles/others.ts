/** Distributions that lay a node out in a way of their own. */
import { KUBE_ETCD, NEW_AUTHORITY } from '../../../checks/lib/certificates/testing.ts';
import { fetchFailure, fetchResponse } from '../../../checks/lib/testing.ts';
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

const K3S = '/var/lib/rancher/k3s';

/** One process is the whole control plane; its API asks everybody for a token. */
export const K3S_SERVER: Profile = {
  name: 'k3s, server with an embedded etcd',
  source: 'https://docs.k3s.io/architecture',
  files: {
    ...systemd('k3s.service'),
    ...KERNEL,
    ...listeners({ 6443: 'all', 10_259: 'loopback', 10_257: 'loopback' }),
    [`${K3S}/server/db/etcd/config`]:
      'listen-client-urls: https://127.0.0.1:2379,https://10.0.0.1:2379\nlisten-metrics-urls: http://127.0.0.1:2381\n',
    [`${K3S}/server/tls/etcd/client.crt`]: KUBE_ETCD,
    [`${K3S}/server/tls/etcd/client.key`]: '-----BEGIN EC PRIVATE KEY-----\n',
    [`${K3S}/server/tls/server-ca.crt`]: NEW_AUTHORITY,
    [`${K3S}/agent/client-kubelet.crt`]: KUBE_ETCD,
    [`${K3S}/agent/kubelet.kubeconfig`]: 'kind: Config\n',
    [`${K3S}/agent/etc/kubelet.conf.d/00-k3s-defaults.conf`]:
      'clusterDNS:\n- 10.43.0.10\nclusterDomain: cluster.local\n',
    '/run/k3s/containerd/containerd.sock': '',
  },
  answers: {
    ...etcdWell('https://127.0.0.1:2379'),
    ...etcdMetricsWell('http://127.0.0.1:2381'),
    ...CONTROLLERS_WELL,
    'https://127.0.0.1:6443/': fetchResponse(401, '{"kind":"Status","code":401}'),
    ...KUBELET_WELL,
    ...KUBE_PROXY_WELL,
    ...SERVICE_WELL,
  },
  expected: MASTER,
};

/** With the network's own proxy and no control plane that could be seen. The kubelet's configuration is elsewhere. */
export const EKS_NODE: Profile = {
  name: 'EKS, node of Amazon Linux 2023',
  source: 'https://awslabs.github.io/amazon-eks-ami/nodeadm/doc/examples/',
  files: {
    ...systemd('kubelet.service', 'containerd.service'),
    ...KERNEL,
    ...listeners({}),
    '/etc/kubernetes/kubelet/config.json': '{"clusterDNS":["172.20.0.10"],"healthzPort":10248}',
    '/var/lib/kubelet/kubeconfig': 'users:\n- user:\n    exec:\n      command: aws-iam-authenticator\n',
    '/etc/kubernetes/pki/ca.crt': NEW_AUTHORITY,
    '/run/containerd/containerd.sock': '',
  },
  answers: { ...KUBELET_WELL, ...KUBE_PROXY_WELL, ...SERVICE_WELL },
  expected: WORKER,
};

/** No systemd, manifests of names of its own, and an etcd that shows its metrics to nobody. */
export const TALOS_MASTER: Profile = {
  name: 'Talos, control plane',
  source: 'https://www.talos.dev/latest/learn-more/components/',
  files: {
    ...KERNEL,
    ...listeners({ 2379: 'all', 6443: 'all', 7445: 'loopback', 10_259: 'loopback', 10_257: 'loopback' }),
    '/etc/kubernetes/kubelet.yaml': 'kind: KubeletConfiguration\n',
    '/etc/kubernetes/manifests/talos-kube-apiserver.yaml': 'kind: Pod\n',
    '/var/lib/kubelet/pki/kubelet-client-current.pem': KUBE_ETCD,
    '/run/containerd/containerd.sock': '',
  },
  answers: {
    ...etcdWell('https://127.0.0.1:2379'),
    'http://127.0.0.1:2379/': fetchFailure('reset'),
    ...APISERVER_WELL,
    ...CONTROLLERS_WELL,
    ...KUBELET_WELL,
    ...KUBE_PROXY_WELL,
    ...SERVICE_WELL,
  },
  expected: { ...MASTER, etcd: 'unknown', dns: 'unknown' },
};

/** Manifests whose names end in -pod and whose flags are in a file; CRI-O; another network in place of kube-proxy. */
export const OPENSHIFT_MASTER: Profile = {
  name: 'OpenShift, control plane',
  source: 'https://docs.openshift.com/container-platform/latest/architecture/control-plane.html',
  files: {
    ...systemd('kubelet.service', 'crio.service'),
    ...KERNEL,
    ...listeners({ 2379: 'all', 6443: 'all', 10_259: 'all', 10_257: 'all' }),
    '/etc/kubernetes/manifests/kube-apiserver-pod.yaml':
      'args:\n- hyperkube kube-apiserver --openshift-config=/etc/kubernetes/static-pod-resources/configmaps/config/config.yaml\n',
    '/etc/kubernetes/manifests/kube-scheduler-pod.yaml':
      'args:\n- hyperkube kube-scheduler --config=/etc/kubernetes/config.yaml\n',
    '/etc/kubernetes/manifests/kube-controller-manager-pod.yaml':
      'args:\n- hyperkube kube-controller-manager --secure-port=10257\n',
    '/etc/kubernetes/manifests/etcd-pod.yaml':
      'command:\n- exec etcd --listen-client-urls=https://0.0.0.0:2379,unixs://10.0.0.1:0\n',
    '/etc/kubernetes/kubelet.conf': 'kind: KubeletConfiguration\nclusterDNS:\n- 172.30.0.10\n',
    '/var/lib/kubelet/pki/kubelet-client-current.pem': KUBE_ETCD,
    '/run/crio/crio.sock': '',
  },
  answers: {
    ...etcdWell('https://127.0.0.1:2379'),
    'http://127.0.0.1:2379/': fetchFailure('reset'),
    ...APISERVER_WELL,
    ...CONTROLLERS_WELL,
    ...KUBELET_WELL,
    ...SERVICE_WELL,
  },
  expected: { ...MASTER, etcd: 'unknown', 'kube-proxy': 'unknown' },
};
