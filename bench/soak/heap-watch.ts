/** Two heap snapshots of one agent, and which classes of objects grew between them. */
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { waitUntil } from '../../test/lab/lib/lab/run.ts';
import { type ClassSize, growthOf, readClasses } from './heap-classes.ts';

export interface HeapWatch {
  /** What the agent has to be started with. */
  readonly env: Readonly<Record<string, string>>;
  /** Takes the first snapshot after a third of the time. */
  begin(pid: () => number | undefined, minutes: number): void;
  /** Takes the second one; lines for people. */
  growth(): Promise<readonly string[]>;
  remove(): void;
}

const WRITTEN_WITHIN_MS = 120_000;
const LINES = 30;

/** @param directory where the snapshots stay; absent: they are removed */
export function createHeapWatch(directory: string | undefined): HeapWatch {
  const own = mkdtempSync(join(directory ?? tmpdir(), 'meerkat-soak-heap-'));
  const over = new AbortController();
  let pidOf: () => number | undefined = () => undefined;
  let first: Promise<ReadonlyMap<string, ClassSize> | undefined> = Promise.resolve(undefined);
  const take = async (): Promise<ReadonlyMap<string, ClassSize> | undefined> => {
    const pid = pidOf();
    if (pid === undefined) return undefined;
    const before = new Set(readdirSync(own));
    process.kill(pid, 'SIGUSR2');
    let size = -1;
    const written = (): boolean => {
      const [file] = readdirSync(own).filter((name) => !before.has(name));
      const now = file === undefined ? -1 : statSync(join(own, file)).size;
      const isWhole =
        now > 0 && now === size && file !== undefined && readFileSync(join(own, file), 'utf8').trimEnd().endsWith('}');
      size = now;
      return isWhole;
    };
    if (!(await waitUntil(written, WRITTEN_WITHIN_MS))) return undefined;
    const [file = ''] = readdirSync(own).filter((name) => !before.has(name));
    return readClasses(readFileSync(join(own, file), 'utf8'));
  };
  return {
    env: { NODE_OPTIONS: `--heapsnapshot-signal=SIGUSR2 --diagnostic-dir=${own}` },
    begin(pid, minutes) {
      pidOf = pid;
      first = sleep(minutes * 20_000, undefined, { signal: over.signal }).then(take, () => undefined);
    },
    async growth() {
      over.abort();
      const [before, after] = [await first, await take()];
      if (before === undefined || after === undefined) return ['there are no two heap snapshots'];
      return growthOf(before, after).slice(0, LINES);
    },
    remove() {
      over.abort();
      if (directory === undefined) rmSync(own, { recursive: true, force: true });
    },
  };
}
