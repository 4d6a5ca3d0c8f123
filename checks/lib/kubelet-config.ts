/**
 * Where kubelets are configured: of kubeadm; of k3s and RKE2 since they have files for it; of EKS, GKE, Kubespray and
 * OpenShift. In YAML or JSON.
 */
export const KUBELET_CONFIGS = [
  '/var/lib/kubelet/config.yaml',
  '/var/lib/rancher/k3s/agent/etc/kubelet.conf.d/00-k3s-defaults.conf',
  '/var/lib/rancher/rke2/agent/etc/kubelet.conf.d/00-rke2-defaults.conf',
  '/etc/kubernetes/kubelet/config.json',
  '/home/kubernetes/kubelet-config.yaml',
  '/etc/kubernetes/kubelet-config.yaml',
  '/etc/kubernetes/kubelet.conf',
] as const;

/** Where their flags are: of kubeadm, of Debian's and Red Hat's packages. */
export const KUBELET_FLAGS = [
  '/var/lib/kubelet/kubeadm-flags.env',
  '/etc/default/kubelet',
  '/etc/sysconfig/kubelet',
] as const;

/** A kubelet that belongs to a cluster has one of these. */
export const KUBELET_KUBECONFIGS = [
  '/etc/kubernetes/kubelet.conf',
  '/var/lib/kubelet/kubeconfig',
  '/var/lib/kubelet/pki/kubelet-client-current.pem',
  '/var/lib/rancher/k3s/agent/kubelet.kubeconfig',
  '/var/lib/rancher/rke2/agent/kubelet.kubeconfig',
] as const;
