/** What runs in the pods of a host, as its containerd knows it: which process is whose, when it was made, what memory it has. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readIfThere } from './lab/cgroups.ts';
import type { LabHost } from './lab/types.ts';
import { CTR } from './pod-images.ts';

export interface PodTask {
  readonly id: string;
  /** Its first process. */
  readonly pid: number;
}

/** Of the manifest: `agent` or `overlay`. */
export type Instance = 'agent' | 'overlay';

/** @param name of the container, as in the manifest @returns those that run */
export const containersOf = (host: LabHost, name: string): Promise<PodTask[]> =>
  runningWith(host, { 'io.cri-containerd.kind': 'container', 'io.kubernetes.container.name': name });

/** The process that holds the pod's namespaces. */
export const sandboxesOf = (host: LabHost, instance: Instance): Promise<PodTask[]> =>
  runningWith(host, { 'io.cri-containerd.kind': 'sandbox', 'app.kubernetes.io/instance': instance });

async function runningWith(host: LabHost, labels: Readonly<Record<string, string>>): Promise<PodTask[]> {
  const filter = Object.entries(labels).map(([name, value]) => `labels."${name}"==${value}`);
  const ids = (await host.exec('ctr', [...CTR, 'containers', 'ls', '-q', filter.join(',')])).split('\n');
  const tasks = (await host.exec('ctr', [...CTR, 'tasks', 'ls'])).split('\n');
  return tasks.flatMap((line) => {
    const [, id, pid] = /^([0-9a-f]{64})\s+(\d+)\s+RUNNING/.exec(line) ?? [];
    return id !== undefined && ids.includes(id) ? [{ id, pid: Number(pid) }] : [];
  });
}

/** Clock ticks a second, of every Linux that Node runs on. */
const TICKS = 100;

/** When the kernel made the process, ms since 1970: to a hundredth of a second. Field 22 of proc_pid_stat(5). */
export function madeAt(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  const uptimeMs = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 1000;
  return Date.now() - uptimeMs + (Number(fields[19]) / TICKS) * 1000;
}

export interface Memory {
  /** Of all its processes by smaps_rollup, bytes: shared pages count for each of them, and by their share. */
  readonly rss: number;
  readonly pss: number;
  readonly anonymous: number;
  /** Of its control group: what no file is behind, and all that counts against its limit. */
  readonly groupAnonymous: number;
  readonly group: number;
  /** What counted at most since it began. */
  readonly groupPeak: number;
}

const MEMORY = '/sys/fs/cgroup/memory';

/** With control groups of version 1. */
export function memoryOf({ pid }: PodTask): Memory {
  const [, path = ''] = /^\d+:memory:(.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, 'utf8')) ?? [];
  const read = (file: string): string => readFileSync(join(MEMORY, path, file), 'utf8');
  const pids = read('cgroup.procs').split('\n').filter(Boolean);
  const rollups = pids.map((one) => readIfThere(`/proc/${one}/smaps_rollup`));
  const sum = (name: string): number =>
    rollups.reduce((all, text) => all + Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0), 0) *
    1024;
  return {
    rss: sum('Rss'),
    pss: sum('Pss'),
    anonymous: sum('Anonymous'),
    groupAnonymous: Number(/^total_rss (\d+)$/m.exec(read('memory.stat'))?.[1]),
    group: Number(read('memory.usage_in_bytes')),
    groupPeak: Number(read('memory.max_usage_in_bytes')),
  };
}
