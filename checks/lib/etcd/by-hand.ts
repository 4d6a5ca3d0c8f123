/** How a person reaches etcd where its own container has the only `etcdctl` of the host. */

/**
 * The client of kubeadm's etcd as a command for one of its masters: no host has an `etcdctl`, every image of etcd has, and
 * kubeadm mounts into it the certificate that it makes for health checks. Without `--endpoints` it asks the member beside it.
 * With `--cluster` it asks that one first who the others are, which from etcd 3.5 on needs a majority.
 *
 * @param what the rest of the command
 */
export const etcdctl = (what: string): string =>
  `crictl exec $(crictl ps -q --name '^etcd$') etcdctl --cacert=${PKI}/ca.crt --cert=${PKI}/healthcheck-client.crt --key=${PKI}/healthcheck-client.key ${what}`;

const PKI = '/etc/kubernetes/pki/etcd';

/** Each member's own word on whether it reaches the majority: on kubeadm's masters it needs no certificate. */
export const ETCD_HEALTH = 'curl -s http://127.0.0.1:2381/health';

/** Where the same is said for other hosts. */
export const BY_HAND = '“etcd by hand” in docs/operations.md';
