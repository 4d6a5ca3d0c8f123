/**
 * All logs that the watches want, as they are found in the directory of the kubelet at each look. Reads without waiting, so
 * only in a thread that has nothing else to do.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { compilePattern } from '../../../checks/lib/logs/pattern.ts';
import type { LogWatch, WatchedLog } from '../../../checks/types.ts';
import { messageOf } from '../../base/errors.ts';
import { isPodOf } from '../../model/pod-names.ts';
import { type Follower, type LogPosition, createFollower } from './follower.ts';
import type { LogLine } from './line-format.ts';
import { parsePodDirectory } from './log-files.ts';
import { type FreshLines, createFreshLines } from './fresh-lines.ts';
import { type MatchCount, createMatchCount } from './match-count.ts';

export interface LogScanOptions {
  /** `/var/log/pods` as this process finds it. */
  readonly directory: string;
  readonly watches: readonly LogWatch[];
  /** Unix ms. */
  readonly now: () => number;
}

export interface LogScan {
  /**
   * @param elapsedMs since the look before
   * @throws the system's error, where the directory itself cannot be read
   */
  look(elapsedMs: number): readonly WatchedLog[];
  /** Logs that were wanted at the last look and are too many to be followed. */
  unfollowed(): number;
  close(): void;
}

/** Of one container. What a kubelet's runtime can write at most is more, but nobody reads that. */
const BYTES_PER_SECOND = 1024 * 1024;
/** A look that comes late may read for so long that was missed. */
const MOST_ELAPSED_MS = 5000;
/** Of so many containers logs are followed. */
export const MOST_LOGS = 512;

interface Followed {
  readonly follower: Follower;
  readonly matches: MatchCount | undefined;
  readonly fresh: FreshLines;
  /** Of the stream that counts; only where a stream is named. */
  lastWriteAt: number | undefined;
  position: LogPosition | undefined;
}

interface Place {
  readonly watch: LogWatch;
  readonly namespace: string;
  readonly pod: string;
  readonly podUid: string;
  readonly container: string;
}

const keyOf = ({ watch, namespace, pod, podUid, container }: Place): string =>
  [watch.name, namespace, pod, podUid, container].join('/');

/** @throws SyntaxError for a pattern that is none */
export function createLogScan({ directory, watches, now }: LogScanOptions): LogScan {
  const patterns = new Map(
    watches.flatMap(({ name, pattern }) => (pattern === undefined ? [] : [[name, compilePattern(pattern)] as const])),
  );
  const followed = new Map<string, Followed>();
  let unfollowed = 0;

  const follow = ({ watch, namespace, pod, podUid, container }: Place): Followed => {
    const test = patterns.get(watch.name);
    const matches = test && createMatchCount(watch.windowMs);
    const fresh = createFreshLines();
    const isRead = test !== undefined || watch.stream !== undefined;
    const onLine = ({ stream, at, text }: LogLine): void => {
      if (watch.stream !== undefined && stream !== watch.stream) return;
      one.lastWriteAt = at;
      if (test?.(text) !== true) return;
      matches?.add(at);
      fresh.add(at);
    };
    // What the run before wrote says nothing of this one.
    const onRun = (): void => {
      one.lastWriteAt = undefined;
      matches?.clear();
    };
    const place = join(directory, `${namespace}_${pod}_${podUid}`, container);
    const one: Followed = {
      follower: createFollower({ directory: place, now, ...(isRead && { onLine, onRun }) }),
      matches,
      fresh,
      lastWriteAt: undefined,
      position: undefined,
    };
    return one;
  };

  const lookAt = (place: Place, elapsedMs: number): WatchedLog | undefined => {
    const { watch, namespace, pod, podUid, container } = place;
    const key = keyOf(place);
    const one = followed.get(key) ?? follow(place);
    followed.set(key, one);
    let why: string | undefined;
    try {
      one.position = one.follower.poll(Math.floor((Math.min(elapsedMs, MOST_ELAPSED_MS) / 1000) * BYTES_PER_SECOND));
    } catch (error) {
      why = messageOf(error);
    }
    const { position } = one;
    const fresh = one.fresh.take();
    if (position === undefined && why === undefined) return undefined;
    const lastWriteAt = watch.stream === undefined ? position?.lastWriteAt : one.lastWriteAt;
    return {
      watch: watch.name,
      namespace,
      pod,
      podUid,
      container,
      restarts: position?.restarts ?? 0,
      startedAt: position?.startedAt ?? 0,
      ...(position?.readSince !== undefined && { readSince: position.readSince }),
      ...(lastWriteAt !== undefined && { lastWriteAt }),
      matches: one.matches?.within(now()) ?? 0,
      ...(fresh.length > 0 && { fresh }),
      bytes: position?.bytes ?? 0,
      droppedBytes: position?.droppedBytes ?? 0,
      unreadableLines: position?.unreadableLines ?? 0,
      ...(why !== undefined && { why }),
    };
  };

  return {
    look(elapsedMs) {
      const all = placesIn(directory, watches);
      const places = all.slice(0, MOST_LOGS);
      unfollowed = all.length - places.length;
      const logs = places.flatMap((place) => lookAt(place, elapsedMs) ?? []);
      const wanted = new Set(places.map(keyOf));
      for (const [key, { follower }] of followed) {
        if (wanted.has(key)) continue;
        follower.close();
        followed.delete(key);
      }
      return logs;
    },
    unfollowed: () => unfollowed,
    close() {
      for (const { follower } of followed.values()) follower.close();
      followed.clear();
    },
  };
}

function placesIn(directory: string, watches: readonly LogWatch[]): Place[] {
  // In the same order at each look, so that beyond the most that are followed it is always the same ones.
  return readdirSync(directory)
    .toSorted()
    .flatMap((name) => {
      const pod = parsePodDirectory(name);
      if (pod === undefined) return [];
      const wanted = watches.filter(
        ({ namespace, workload }) => namespace === pod.namespace && isPodOf(workload, pod.pod),
      );
      if (wanted.length === 0) return [];
      const containers = containersIn(join(directory, name));
      return wanted.flatMap((watch) =>
        containers
          .filter((container) => watch.container === '' || container === watch.container)
          .map((container) => ({ watch, namespace: pod.namespace, pod: pod.pod, podUid: pod.uid, container })),
      );
    });
}

/** None of a pod that goes at this very moment. */
function containersIn(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? [entry.name] : [],
    );
  } catch {
    return [];
  }
}
