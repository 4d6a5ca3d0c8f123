/** What the Kubernetes API's word of this node's pods says of failures: each once. Pure but for its memory. */
import type { ContainerFacts, PodFacts } from '../../../checks/types.ts';
import type { SceneCause, ScenePlace } from '../../model/scene.ts';

/** Something of which the scene is to be kept. */
export interface Failure extends ScenePlace {
  /** As the kubelet names what it keeps of the pod; undefined: not known. */
  readonly uid: string | undefined;
  readonly cause: SceneCause;
  /** The run that has ended; undefined: it is not about the end of one. */
  readonly run: number | undefined;
}

export interface PodWatch {
  /** What is new in what the API says; the first look only learns what is there. */
  look(pods: readonly PodFacts[]): readonly Failure[];
}

export interface PodWatchDeps {
  readonly isWanted: (namespace: string) => boolean;
  /** ms. */
  readonly monotonic: () => number;
}

/** A probe that fails for a moment, and a start that takes its time, are no failure yet. */
const UNREADY_MS = 60_000;
/** What the runtime says of a container whose end it did not see, as after a boot; the exit code is made up then. */
const UNSEEN = 'Unknown';

interface Watched {
  /** The newest end of each container that is known. */
  readonly ends: Map<string, number>;
  wasReady: boolean;
  unreadySince?: number | undefined;
  isUnreadyTold: boolean;
}

export const uidOf = ({ uid, configHash }: PodFacts): string => configHash ?? uid;

/** The run whose end the API tells of: while a container runs that is the one before. Undefined: it tells of none. */
export function endedRun({ restarts, isRunning, ended }: ContainerFacts): number | undefined {
  if (isRunning === true) return restarts > 0 ? restarts - 1 : undefined;
  return ended === undefined ? undefined : restarts;
}

export function createPodWatch({ isWanted, monotonic }: PodWatchDeps): PodWatch {
  const known = new Map<string, Watched>();
  let isFirst = true;

  const lookAt = (pod: PodFacts, watched: Watched, isOld: boolean): Failure[] => {
    const place = { namespace: pod.namespace, pod: pod.name, uid: uidOf(pod) };
    const failures = pod.containers.flatMap((container): Failure[] => {
      const run = endedRun(container);
      if (run === undefined || run <= (watched.ends.get(container.name) ?? -1)) return [];
      const cause = isOld ? undefined : causeOf(container, run);
      // What ended well is known when it is known that it is started again.
      if (isOld || cause !== undefined) watched.ends.set(container.name, run);
      return cause === undefined ? [] : [{ ...place, container: container.name, cause, run }];
    });
    const isUnready = lookAtReadiness(pod, watched, monotonic());
    // Who crashes is not ready either.
    return failures.length > 0 || !isUnready
      ? failures
      : [{ ...place, container: '', cause: 'not-ready', run: undefined }];
  };

  return {
    look(pods) {
      const wanted = pods.filter(({ namespace }) => isWanted(namespace));
      const uids = new Set(wanted.map(({ uid }) => uid));
      for (const uid of known.keys()) if (!uids.has(uid)) known.delete(uid);
      const failures = wanted.flatMap((pod) => {
        // Whoever is told to end ends, with whatever code.
        if (pod.isDeleting) return [];
        const watched = known.get(pod.uid) ?? { ends: new Map(), wasReady: false, isUnreadyTold: false };
        const isOld = isFirst && !known.has(pod.uid);
        known.set(pod.uid, watched);
        return lookAt(pod, watched, isOld);
      });
      isFirst = false;
      return failures;
    },
  };
}

/** Undefined: it ended well, and nothing says yet that it should not have. */
function causeOf({ restarts, waiting, ended }: ContainerFacts, run: number): SceneCause | undefined {
  const isBad = ended !== undefined && (ended.exitCode !== 0 || ended.reason === 'OOMKilled');
  if (isBad && ended.reason !== UNSEEN) return 'ended';
  if (waiting?.reason === 'CrashLoopBackOff') return 'crash-loop';
  return restarts > run ? 'restarted' : undefined;
}

/** True once for each time that the pod was ready, and is not for a minute; what crashed meanwhile has told it already. */
function lookAtReadiness({ phase, isReady, containers }: PodFacts, watched: Watched, now: number): boolean {
  if (isReady || phase !== 'Running') {
    watched.wasReady = isReady;
    watched.unreadySince = undefined;
    watched.isUnreadyTold = false;
    return false;
  }
  watched.unreadySince ??= now;
  if (containers.some(({ waiting, isRunning }) => waiting !== undefined || isRunning !== true)) {
    watched.isUnreadyTold = true;
  }
  if (!watched.wasReady || watched.isUnreadyTold || now - watched.unreadySince < UNREADY_MS) return false;
  watched.isUnreadyTold = true;
  return true;
}
