/**
 * Which containers were started again, by the files of the kubelet: it writes the log of each run into a file of its own. That
 * is known without the Kubernetes API, and says nothing of how the run before ended. Looks without waiting, so only in a thread
 * that has nothing else to do; what has not changed is looked at by one `stat` a directory.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { latestInstance, parsePodDirectory } from '../logs/log-files.ts';

/** A container runs anew. */
export interface SeenRestart {
  readonly namespace: string;
  readonly pod: string;
  /** Of a static pod a hash of its configuration. */
  readonly uid: string;
  readonly container: string;
  /** The run that has ended. */
  readonly run: number;
}

export interface RunWatch {
  /**
   * What is new since the look before; the first only learns what is there.
   *
   * @throws the system's error, where the directory itself cannot be read
   */
  look(): readonly SeenRestart[];
}

export interface RunWatchOptions {
  /** `/var/log/pods` as this process finds it. */
  readonly directory: string;
  readonly isWanted: (namespace: string) => boolean;
  /** Unix ms. */
  readonly now: () => number;
}

/** A node has 110 pods. */
const MOST_PODS = 512;
const MOST_CONTAINERS = 64;
/** File systems tell times no finer than their ticks: what has just changed may change again without its time. */
const FRESH_MS = 2000;

/** The names in a directory as they were read last. */
interface Listed {
  names: readonly string[];
  /** Undefined: to be read again. */
  changedAt: number | undefined;
}

interface Container extends Listed {
  run: number;
}

interface Pod extends Listed {
  readonly containers: Map<string, Container>;
}

export function createRunWatch({ directory, isWanted, now }: RunWatchOptions): RunWatch {
  const root: Listed = { names: [], changedAt: undefined };
  const pods = new Map<string, Pod>();
  let isFirst = true;

  /** False: it is gone. */
  const list = (path: string, listed: Listed): boolean => {
    const changedAt = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
    if (changedAt === undefined) return false;
    if (changedAt === listed.changedAt) return true;
    try {
      listed.names = readdirSync(path);
    } catch {
      // It is no directory, or is gone by now.
      return false;
    }
    listed.changedAt = now() - changedAt > FRESH_MS ? changedAt : undefined;
    return true;
  };

  const lookAt = (name: string, pod: Pod): SeenRestart[] => {
    if (!list(join(directory, name), pod)) {
      pods.delete(name);
      return [];
    }
    const known = new Set(pod.names);
    for (const container of pod.containers.keys()) if (!known.has(container)) pod.containers.delete(container);
    return pod.names.slice(0, MOST_CONTAINERS).flatMap((container) => {
      // One that was never seen before begins with its first run, unless nothing was.
      const isNew = !pod.containers.has(container);
      const one = pod.containers.get(container) ?? { names: [], changedAt: undefined, run: 0 };
      if (!list(join(directory, name, container), one)) return [];
      pod.containers.set(container, one);
      const run = latestInstance(one.names)?.restarts ?? 0;
      const isAgain = run > one.run && !(isNew && isFirst);
      one.run = Math.max(run, one.run);
      const place = parsePodDirectory(name);
      return isAgain && place !== undefined ? [{ ...place, container, run: run - 1 }] : [];
    });
  };

  return {
    look() {
      if (!list(directory, root)) {
        // With the error of the system, where there is one.
        readdirSync(directory);
        return [];
      }
      const wanted = root.names.filter((name) => {
        const place = parsePodDirectory(name);
        return place !== undefined && isWanted(place.namespace);
      });
      const names = new Set(wanted.slice(0, MOST_PODS));
      for (const name of pods.keys()) if (!names.has(name)) pods.delete(name);
      const seen = [...names].flatMap((name) => {
        const pod = pods.get(name) ?? { names: [], changedAt: undefined, containers: new Map() };
        pods.set(name, pod);
        return lookAt(name, pod);
      });
      isFirst = false;
      return seen;
    },
  };
}
