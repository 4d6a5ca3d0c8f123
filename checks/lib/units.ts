/** What the parts of a node are called on hosts that kubeadm did not make, for remedies. */

/** After a command with UNIT. k3s and RKE2 run the kubelet within their own program. */
export const KUBELET_UNIT =
  'UNIT is kubelet, or k3s, k3s-agent, rke2-server or rke2-agent; Talos: `talosctl service kubelet`';

/** One that hangs is better than one that does not come back: it refuses to start where swap was switched on since. */
export const KUBELET_STARTS =
  'see that nothing keeps it from starting again, as a full disk (`df -h /var/lib/kubelet`) or swap (`swapon --show`)';

/** After a command with UNIT. k3s and RKE2 have a containerd of their own, and end no container when they restart. */
export const RUNTIME_UNIT =
  'UNIT is containerd, crio or docker, or k3s, k3s-agent, rke2-server or rke2-agent; Talos: `talosctl service cri`';

/** That of parts of a control plane. */
export const WITHIN_K3S = 'k3s has no container for it: `journalctl -u k3s -n 100`';
