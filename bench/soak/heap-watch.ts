/** Two heap snapshots of one agent, and which classes of objects grew between them. */
import { closeSync, fstatSync, mkdtempSync, openSync, readFileSync, readSync, readdirSync, rmSync } from 'node:fs';
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
const EVERY_MS = 1000;
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
    const newest = (): string | undefined => readdirSync(own).find((name) => !before.has(name));
    const written = async (): Promise<boolean> => {
      await sleep(EVERY_MS);
      const file = newest();
      return file !== undefined && isWhole(join(own, file));
    };
    if (!(await waitUntil(written, WRITTEN_WITHIN_MS))) return undefined;
    return readClasses(readFileSync(join(own, newest() ?? ''), 'utf8'));
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

/** A snapshot is one object, and its end is written last. */
function isWhole(path: string): boolean {
  const end = Buffer.alloc(8);
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    readSync(file, end, 0, end.byteLength, Math.max(0, size - end.byteLength));
    return size > 0 && end.toString('latin1').replaceAll('\0', '').trimEnd().endsWith(']}');
  } finally {
    closeSync(file);
  }
}
