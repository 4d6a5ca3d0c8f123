/**
 * What has a log and does not run any more. A kubelet keeps the directory of a pod for a while after it is gone, and where it
 * was stopped meanwhile for longer: such a one is neither silent nor a replica, and what took its name is another pod.
 */
import type { JudgedLog, PodsView, WatchedLog } from '../../../checks/types.ts';
import type { Clock } from '../../base/clock.ts';

export interface EndedDeps {
  readonly clock: Pick<Clock, 'monotonic'>;
  /** This node's pods as the Kubernetes API has them. */
  readonly pods: () => PodsView;
  /** Those of which the API tells; `*`: all. */
  readonly namespaces: readonly string[];
}

/** A watch may be behind what runs. */
const MISSING_MS = 60_000;

const WORDS = 'it has ended';

/** Which logs are of what has ended, at each look. What the API does not tell, or nobody asks it, is taken to run. */
export function createEnded({ clock, pods, namespaces }: EndedDeps): () => (one: WatchedLog) => string | undefined {
  /** Since when a pod is not there, by its UID, monotonic ms. */
  const missing = new Map<string, number>();
  const isTold = (namespace: string): boolean => namespaces.includes('*') || namespaces.includes(namespace);
  return () => {
    const view = pods();
    if (view.kind !== 'known') {
      missing.clear();
      return () => undefined;
    }
    const now = clock.monotonic();
    const known = new Map(view.pods.flatMap((pod) => [pod.uid, pod.configHash ?? pod.uid].map((uid) => [uid, pod])));
    for (const uid of missing.keys()) if (known.has(uid)) missing.delete(uid);
    return ({ namespace, podUid, container }) => {
      const pod = known.get(podUid);
      if (pod !== undefined) {
        const isOver = pod.phase === 'Succeeded' || pod.phase === 'Failed';
        const isDone = pod.containers.some(({ name, hasEnded }) => name === container && hasEnded === true);
        return isOver || isDone ? WORDS : undefined;
      }
      // Of a static pod it is a hash, and the API may never have heard of it.
      if (!podUid.includes('-') || !isTold(namespace)) return undefined;
      const since = missing.get(podUid) ?? now;
      missing.set(podUid, since);
      return now - since >= MISSING_MS ? 'its pod is gone' : undefined;
    };
  };
}

/** Of pods of one name the one that began last is the one that runs: there are no two at a time. */
export function withoutReplaced(all: readonly JudgedLog[]): readonly JudgedLog[] {
  const began = new Map<string, Map<string, number>>();
  for (const { namespace, pod, podUid, startedAt } of all) {
    const key = `${namespace}/${pod}`;
    const uids = began.get(key) ?? new Map<string, number>();
    uids.set(podUid, Math.max(startedAt, uids.get(podUid) ?? -Infinity));
    began.set(key, uids);
  }
  return all.map((one) => {
    const uids = began.get(`${one.namespace}/${one.pod}`);
    const isNewest = uids === undefined || (uids.get(one.podUid) ?? 0) >= Math.max(...uids.values());
    return isNewest ? one : { ...one, verdict: 'ended', words: 'another pod has its name', silentMs: 0 };
  });
}
