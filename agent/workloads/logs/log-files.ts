/**
 * Where a kubelet has the logs of containers: `/var/log/pods/NAMESPACE_POD_UID/CONTAINER/RESTARTS.log`. Namespaces and
 * pods have no `_` in their names. A log that has grown too long is renamed to `0.log.20060102-150405`, a later run of the
 * kubelet compresses that (`.gz`), and `.tmp` is on its way to be one. Source: pkg/kubelet/logs/container_log_manager.go and
 * pkg/kubelet/kuberuntime/helpers.go of Kubernetes.
 */

export interface PodDirectory {
  readonly namespace: string;
  readonly pod: string;
  /** Of a static pod a hash of its configuration. */
  readonly uid: string;
}

/** Undefined for what is no directory of a pod. */
export function parsePodDirectory(name: string): PodDirectory | undefined {
  const parts = name.split('_');
  const [namespace = '', pod = '', uid = ''] = parts;
  return parts.length === 3 && namespace !== '' && pod !== '' && uid !== '' ? { namespace, pod, uid } : undefined;
}

/** The files of one run of a container. */
export interface InstanceFiles {
  /** So often it had been restarted before. */
  readonly restarts: number;
  /** Is not there for a moment while it is rotated. */
  readonly current: string;
  /** Newest first, those that are not compressed. */
  readonly rotated: readonly string[];
}

const CURRENT = /^(\d{1,9})\.log$/;
const ROTATED = /^(\d{1,9})\.log\.(\d{8}-\d{6})$/;

/** Of the container's latest run; undefined: it has not written yet. @param names what is in its directory */
export function latestInstance(names: readonly string[]): InstanceFiles | undefined {
  const runs = runsIn(names);
  return runs.length === 0 ? undefined : instanceOf(names, Math.max(...runs));
}

/** Of which runs there are logs, one entry a file. @param names what is in the container's directory */
export const runsIn = (names: readonly string[]): number[] =>
  names.flatMap((name) => {
    const restarts = (CURRENT.exec(name) ?? ROTATED.exec(name))?.[1];
    return restarts === undefined ? [] : [Number(restarts)];
  });

/** Of one run, whether there are any or not. @param names what is in the container's directory */
export function instanceOf(names: readonly string[], restarts: number): InstanceFiles {
  const rotated = names.filter((name) => Number(ROTATED.exec(name)?.[1] ?? -1) === restarts);
  return { restarts, current: `${restarts}.log`, rotated: rotated.toSorted().toReversed() };
}
