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

/** Where their flags are, those that outrank others first: of Debian's and Red Hat's packages, of kubeadm. */
export const KUBELET_FLAGS = [
  '/etc/default/kubelet',
  '/etc/sysconfig/kubelet',
  '/var/lib/kubelet/kubeadm-flags.env',
] as const;

/** A kubelet that belongs to a cluster has one of these. */
export const KUBELET_KUBECONFIGS = [
  '/etc/kubernetes/kubelet.conf',
  '/var/lib/kubelet/kubeconfig',
  '/var/lib/kubelet/pki/kubelet-client-current.pem',
  '/var/lib/rancher/k3s/agent/kubelet.kubeconfig',
  '/var/lib/rancher/rke2/agent/kubelet.kubeconfig',
  '/var/lib/k0s/kubelet.conf',
  '/var/snap/microk8s/current/credentials/kubelet.config',
] as const;
