/**
 * The ends of logs, with one that is gone by now: a kubelet removes the log of the run before when the next one has ended, which
 * is the moment at which it is wanted. So it is read when that run begins, and kept packed until it is the one before the last.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { SceneLog } from '../../model/scene.ts';
import { type TailOf, type Tails, readTails } from './log-tail.ts';
import type { SeenRestart } from './run-watch.ts';

export interface TailReader {
  /** A container was started again: what it wrote last is to be kept. Reads nothing yet. */
  note(restart: SeenRestart): void;
  /** Reads what one of those wrote last, the one that was noted first. False: there was none. */
  remember(): boolean;
  /** @throws the system's error, where the directory itself cannot be read */
  read(of: TailOf): Tails;
}

/** Of containers that were started again, the last ones; some kibibytes each. */
const MOST_KEPT = 64;
const MOST_BYTES = 32 * 1024;
/** Of one look: a crash storm on a node of 110 pods must not hold up the next looks. */
const MOST_A_LOOK = 16;

/**
 * Keeps what was noted, some a look. Between two of them whoever waits for the end of a log is served: that is for a scene, and
 * this for one that may come.
 *
 * @param serve resolves when those that wait have been served
 */
export async function rememberSome(reader: Pick<TailReader, 'remember'>, serve: () => Promise<void>): Promise<void> {
  for (let count = 0; count < MOST_A_LOOK; count += 1) {
    await serve();
    if (!reader.remember()) return;
  }
}

/** @param directory `/var/log/pods` as this process finds it */
export function createTailReader(directory: string): TailReader {
  /** The oldest first. */
  const kept = new Map<string, { readonly run: number; readonly packed: Uint8Array }>();
  /** Of what is not read yet. */
  const noted = new Map<string, SeenRestart>();
  const findKept = ({ namespace, pod, uid }: TailOf, container: string): SceneLog | undefined => {
    const found = uid === undefined ? undefined : kept.get(keyOf({ namespace, pod, uid, container }));
    // What this program wrote.
    return found && (JSON.parse(inflateRawSync(found.packed).toString('utf8')) as SceneLog);
  };

  return {
    note(restart) {
      const key = keyOf(restart);
      noted.delete(key);
      noted.set(key, restart);
      // That many could not be kept.
      dropOldest(noted);
    },
    remember() {
      const [first] = noted;
      if (first === undefined) return false;
      const [key, restart] = first;
      noted.delete(key);
      kept.delete(key);
      const [log] = readTails(directory, { ...restart, isAlone: true }).logs;
      const packed = log && deflateRawSync(JSON.stringify(log));
      if (packed === undefined || packed.length > MOST_BYTES) return true;
      kept.set(key, { run: restart.run, packed });
      dropOldest(kept);
      return true;
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

function dropOldest(map: Map<string, unknown>): void {
  const [oldest] = map.keys();
  if (map.size > MOST_KEPT && oldest !== undefined) map.delete(oldest);
}

const keyOf = ({ namespace, pod, uid, container }: Omit<SeenRestart, 'run'>): string =>
  [namespace, pod, uid, container].join('/');
