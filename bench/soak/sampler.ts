/** What every agent uses, looked at again and again: memory, handles, threads, disk. */
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Herd } from './herd.ts';

export const FIGURES = {
  agentHeap: 'agent heap used',
  agentExternal: 'agent external memory',
  agentRss: 'agent RSS',
  agentPss: 'agent PSS',
  agentAnonymous: 'agent anonymous',
  agentFds: 'agent file descriptors',
  agentThreads: 'agent threads',
  storeRss: 'store RSS',
  storePss: 'store PSS',
  storeAnonymous: 'store anonymous',
  storeFds: 'store file descriptors',
  disk: 'data directory',
} as const;

export type Figure = keyof typeof FIGURES;

/** One agent at one time. Bytes, or a number of things. */
export interface Sample {
  readonly name: string;
  /** Which of its starts. */
  readonly start: number;
  /** Seconds since the begin of the soak. */
  readonly atSeconds: number;
  readonly values: Partial<Readonly<Record<Figure, number>>>;
}

export interface Sampler {
  readonly samples: readonly Sample[];
  stop(): Promise<void>;
}

const EVERY_MS = 15_000;
const ANSWER_WITHIN_MS = 5000;
const HTTP_PORT = 7575;

/** @param onSample for every one, as soon as it is taken */
export function sampleAll(herd: Herd, onSample: (sample: Sample) => void): Sampler {
  const samples: Sample[] = [];
  const over = new AbortController();
  const began = performance.now();
  const loop = async (): Promise<void> => {
    while (!over.signal.aborted) {
      // One after the other: all at once would be a burst of work that nothing else in the soak is.
      for (const name of herd.names) {
        const sample = await sampleOne(herd, name, (performance.now() - began) / 1000).catch(() => undefined);
        if (sample === undefined) continue;
        samples.push(sample);
        onSample(sample);
      }
      await sleep(EVERY_MS, undefined, { signal: over.signal }).catch(() => {});
    }
  };
  const looping = loop();
  return {
    samples,
    async stop() {
      over.abort();
      await looping;
    },
  };
}

/** Undefined: it does not run now, or not any more. */
async function sampleOne(herd: Herd, name: string, atSeconds: number): Promise<Sample | undefined> {
  const host = herd.awake().find((one) => one.name === name);
  const own = herd.process(name);
  if (host === undefined || own === undefined) return undefined;
  const metrics = await metricsOf(host.address);
  if (herd.process(name)?.start !== own.start) return undefined;
  const agent = memoryOf(own.pid);
  const [child] = readFileSync(`/proc/${own.pid}/task/${own.pid}/children`, 'utf8').split(' ').filter(Boolean);
  const store = child === undefined ? undefined : memoryOf(Number(child));
  return {
    name,
    start: own.start,
    atSeconds,
    values: {
      ...metrics,
      agentRss: agent.rss,
      agentPss: agent.pss,
      agentAnonymous: agent.anonymous,
      agentFds: agent.fds,
      agentThreads: agent.threads,
      ...(store !== undefined && {
        storeRss: store.rss,
        storePss: store.pss,
        storeAnonymous: store.anonymous,
        storeFds: store.fds,
      }),
      disk: sizeOf(host.directory),
    },
  };
}

/** What only the process itself knows. Empty: it did not answer. */
async function metricsOf(address: string): Promise<Sample['values']> {
  try {
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    const text = await (await fetch(`http://${address}:${HTTP_PORT}/metrics`, { signal })).text();
    const read = (name: string): number => Number(new RegExp(`^meerkat_${name} (\\S+)$`, 'm').exec(text)?.[1]);
    const [agentHeap, agentExternal] = [read('nodejs_heap_used_bytes'), read('nodejs_external_memory_bytes')];
    return Number.isNaN(agentHeap + agentExternal) ? {} : { agentHeap, agentExternal };
  } catch {
    return {};
  }
}

/** By proc_pid_smaps_rollup(5). Throws when the process is gone. */
function memoryOf(pid: number): { rss: number; pss: number; anonymous: number; fds: number; threads: number } {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const bytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(rollup)?.[1] ?? 0) * 1024;
  return {
    rss: bytes('Rss'),
    pss: bytes('Pss'),
    anonymous: bytes('Anonymous'),
    fds: readdirSync(`/proc/${pid}/fd`).length,
    threads: readdirSync(`/proc/${pid}/task`).length,
  };
}

/** Of all files in it. */
function sizeOf(directory: string): number {
  const sizes = readdirSync(directory, { withFileTypes: true }).map((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return sizeOf(path);
    return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  });
  return sizes.reduce((sum, size) => sum + size, 0);
}
