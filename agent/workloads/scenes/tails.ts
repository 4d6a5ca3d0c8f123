/**
 * The ends of logs, with one that is gone by now: a kubelet removes the log of the run before when the next one has ended, which
 * is the moment at which it is wanted. So it is read when that run begins, and kept packed until it is the one before the last.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { SceneLog } from '../../model/scene.ts';
import { type TailOf, type Tails, readTails } from './log-tail.ts';
import type { SeenRestart } from './run-watch.ts';

export interface TailReader {
  /** A container was started again: what it wrote last is kept. */
  remember(restart: SeenRestart): void;
  /** @throws the system's error, where the directory itself cannot be read */
  read(of: TailOf): Tails;
}

/** Of containers that were started again, the last ones; some kibibytes each. */
const MOST_KEPT = 64;
const MOST_BYTES = 32 * 1024;

/** @param directory `/var/log/pods` as this process finds it */
export function createTailReader(directory: string): TailReader {
  /** The oldest first. */
  const kept = new Map<string, { readonly run: number; readonly packed: Uint8Array }>();
  const findKept = ({ namespace, pod, uid }: TailOf, container: string): SceneLog | undefined => {
    const found = uid === undefined ? undefined : kept.get(keyOf({ namespace, pod, uid, container }));
    // What this program wrote.
    return found && (JSON.parse(inflateRawSync(found.packed).toString('utf8')) as SceneLog);
  };

  return {
    remember(restart) {
      const { logs } = readTails(directory, restart);
      const log = logs.find(({ run }) => run === restart.run);
      const packed = log && deflateRawSync(JSON.stringify(log));
      const key = keyOf(restart);
      kept.delete(key);
      if (packed === undefined || packed.length > MOST_BYTES) return;
      kept.set(key, { run: restart.run, packed });
      const [oldest] = kept.keys();
      if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
    },
    read(of) {
      const { logs, missing } = readTails(directory, of);
      const asked = of.run ?? logs[0]?.run;
      const log = findKept(of, of.container === '' ? (logs[0]?.container ?? '') : of.container);
      const isWanted = log !== undefined && asked !== undefined && log.run <= asked;
      if (!isWanted || logs.some(({ run }) => run === log.run)) return { logs, missing };
      if (log.run < asked) return { logs: [...logs, log], missing };
      // The one that was asked for: that it cannot be read any more does not matter.
      return { logs: [log, ...logs], missing: missing.filter((one) => !one.startsWith(`log of run ${asked}:`)) };
    },
  };
}

const keyOf = ({ namespace, pod, uid, container }: Omit<SeenRestart, 'run'>): string =>
  [namespace, pod, uid, container].join('/');
