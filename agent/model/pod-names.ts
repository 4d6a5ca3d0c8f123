/** What the names of pods tell. */

const RANDOM = '[bcdfghjklmnpqrstvwxz2456789]';
const SUFFIX = new RegExp(`^(?:(?:\\d{8,10}-)?(?:${RANDOM}{6,10}-|\\d{1,6}-)?${RANDOM}{5}|\\d{1,10})$`);

/**
 * Whether a pod belongs to a workload, by its name alone: the workload's own, with the hash of a ReplicaSet and five
 * characters (Deployment), with five characters (DaemonSet, Job), with its index or its minute before them (indexed Job, CronJob)
 * or with a number (StatefulSet). Those characters are never vowels: k8s.io/apimachinery/pkg/util/rand. Who names a workload like that may
 * have another's pods counted as its own: `web-24680` those of `web`.
 */
export function isPodOf(workload: string, pod: string): boolean {
  if (pod === workload) return true;
  return pod.startsWith(`${workload}-`) && SUFFIX.test(pod.slice(workload.length + 1));
}

const GENERATED = new RegExp(
  // Of a CronJob the minute; of a ReplicaSet its hash; an index; what makes it the only one. Or what others count or draw.
  `^(.{0,252}?[^-])-(?:(?:\\d{8,10}-)?(?:${RANDOM}{6,10}-|\\d{1,10}-)?${RANDOM}{5}|\\d{1,10}|(?=[a-f]{0,40}\\d)[0-9a-f]{8,40})$`,
);

/** What a pod is a run or a copy of, by its name alone: that without what was generated. @param pod may have its namespace before it */
export const workloadOf = (pod: string): string => GENERATED.exec(pod)?.[1] ?? pod;
