/** What the kernel says of a process and its children. */
import { readFileSync, readdirSync } from 'node:fs';

export interface Usage {
  /** Resident memory, as `ps` adds it up: pages that processes share count in each. */
  readonly rssBytes: number;
  /** Proportional memory: shared pages are divided among those that share them. */
  readonly pssBytes: number;
  /** Of the resident memory what no file backs: the heaps. It is what a limit of memory cannot take back. */
  readonly anonymousBytes: number;
  /** CPU used since the start. */
  readonly cpuSeconds: number;
}

const TICKS_PER_SECOND = 100;

/** A process and everything below it. */
export function treeOf(pid: number): number[] {
  const parents = new Map<number, number[]>();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const parent = Number(statOf(Number(name))?.[1]);
    parents.set(parent, [...(parents.get(parent) ?? []), Number(name)]);
  }
  const collect = (root: number): number[] => [root, ...(parents.get(root) ?? []).flatMap(collect)];
  return collect(pid);
}

/** One process. A process that is gone uses nothing. */
export function usageOf(pid: number): Usage {
  try {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    const kib = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(rollup)?.[1] ?? 0);
    const stat = statOf(pid) ?? [];
    const ticks = Number(stat[11] ?? 0) + Number(stat[12] ?? 0);
    return {
      rssBytes: kib('Rss') * 1024,
      pssBytes: kib('Pss') * 1024,
      anonymousBytes: kib('Anonymous') * 1024,
      cpuSeconds: ticks / TICKS_PER_SECOND,
    };
  } catch {
    return { rssBytes: 0, pssBytes: 0, anonymousBytes: 0, cpuSeconds: 0 };
  }
}

export const sumUsage = (usages: readonly Usage[]): Usage => ({
  rssBytes: usages.reduce((sum, one) => sum + one.rssBytes, 0),
  pssBytes: usages.reduce((sum, one) => sum + one.pssBytes, 0),
  anonymousBytes: usages.reduce((sum, one) => sum + one.anonymousBytes, 0),
  cpuSeconds: usages.reduce((sum, one) => sum + one.cpuSeconds, 0),
});

/** Fields of /proc/PID/stat from the state on (proc(5), field 3 is index 0). */
function statOf(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
