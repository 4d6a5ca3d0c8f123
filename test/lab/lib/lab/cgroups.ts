/** Control groups, of version 1 (one hierarchy a controller) and version 2 (one for all). */
import { existsSync, mkdirSync, readFileSync, readdirSync, realpathSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitUntil } from './run.ts';

export interface Hierarchies {
  readonly version: 1 | 2;
  /** Root directories that have a group for each host. */
  readonly roots: readonly string[];
  /** Those of them that also have one for each started program. */
  readonly perProcess: readonly string[];
}

const CONTROLLERS = ['freezer', 'cpu', 'cpuacct', 'memory', 'blkio', 'pids'];

/** Undefined where there is none that could be written. */
export function findHierarchies(mountPoint = '/sys/fs/cgroup'): Hierarchies | undefined {
  if (existsSync(join(mountPoint, 'cgroup.controllers')))
    return { version: 2, roots: [mountPoint], perProcess: [mountPoint] };
  // cpu and cpuacct are often two names of one hierarchy.
  const directories = CONTROLLERS.map((name) => join(mountPoint, name)).filter((path) =>
    existsSync(join(path, 'tasks')),
  );
  const roots = [...new Set(directories.map((path) => realpathSync(path)))];
  // Throttles of version 1 do not reach groups below: programs stay in their host's own group for the others.
  const perProcess = roots.filter((path) => /freezer|cpuacct/.test(path));
  return perProcess.length === 0 ? undefined : { version: 1, roots, perProcess };
}

/** Makes the group and those above it. `path` is relative to the roots. */
export function makeGroup({ version, roots }: Hierarchies, path: string): void {
  for (const root of roots) {
    path.split('/').reduce((above, name) => {
      if (version === 2) enableControllers(above);
      const directory = join(above, name);
      mkdirSync(directory, { recursive: true });
      return directory;
    }, root);
  }
}

/** Makes a group for one program and returns the directories of all groups that it has to join. */
export function makeProcessGroup(hierarchies: Hierarchies, hostPath: string, name: string): string[] {
  return hierarchies.roots.map((root) => {
    if (!hierarchies.perProcess.includes(root)) return join(root, hostPath);
    const directory = join(root, hostPath, name);
    mkdirSync(directory, { recursive: true });
    return directory;
  });
}

/** Ids of the processes in the group and in all groups below it, in any hierarchy. */
export function processesIn({ roots }: Hierarchies, path: string): number[] {
  const directories = roots.flatMap((root) => tree(join(root, path)));
  const lines = directories.flatMap((directory) => readIfThere(join(directory, 'cgroup.procs')).split('\n'));
  return [...new Set(lines.filter(Boolean).map(Number))].filter((pid) => pid > 0);
}

/** SIGKILL for all in it, again until nobody is left. Rejects after `timeoutMs`. */
export async function killGroup(hierarchies: Hierarchies, path: string, timeoutMs = 10_000): Promise<void> {
  const gone = await waitUntil(() => {
    const pids = processesIn(hierarchies, path);
    for (const pid of pids) signalIfThere(pid, 'SIGKILL');
    return pids.length === 0;
  }, timeoutMs);
  if (!gone) throw new Error(`processes of ${path} do not end: ${processesIn(hierarchies, path).join(', ')}`);
}

/** Removes the group and those below it. Nobody may be in it. */
export async function removeGroup({ roots }: Hierarchies, path: string): Promise<void> {
  for (const directory of roots.flatMap((root) => tree(join(root, path)).toReversed())) {
    // A group stays busy for a moment after its last process.
    await waitUntil(() => {
      try {
        rmdirSync(directory);
        return true;
      } catch {
        return !existsSync(directory);
      }
    }, 2000);
  }
}

/** Of everything that ever ran in the group. */
export function cpuSecondsOf({ version, perProcess }: Hierarchies, path: string): number {
  const files = version === 2 ? 'cpu.stat' : 'cpuacct.usage';
  const text = perProcess.map((root) => readIfThere(join(root, path, files))).join('');
  return version === 2 ? Number(/usage_usec (\d+)/.exec(text)?.[1] ?? 0) / 1e6 : Number(text) / 1e9;
}

/** Limits reads and writes of the group to a device, `7:3`. Undefined: no limit. */
export function throttle(hierarchies: Hierarchies, path: string, device: string, bytesPerSecond?: number): void {
  const { version, roots } = hierarchies;
  const root = version === 2 ? roots[0] : roots.find((one) => one.includes('blkio'));
  if (root === undefined) throw new Error('there is no cgroup controller for block devices here');
  if (version === 2) {
    const limit = bytesPerSecond ?? 'max';
    writeFileSync(join(root, path, 'io.max'), `${device} rbps=${limit} wbps=${limit}`);
    return;
  }
  for (const kind of ['read', 'write'])
    writeFileSync(join(root, path, `blkio.throttle.${kind}_bps_device`), `${device} ${bytesPerSecond ?? 0}`);
}

/** Nothing happens when the process is gone. */
export function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself.
  }
}

export function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function enableControllers(directory: string): void {
  for (const controller of ['cpu', 'memory', 'io', 'pids']) {
    try {
      writeFileSync(join(directory, 'cgroup.subtree_control'), `+${controller}`);
    } catch {
      // Not offered here: what needs it fails by itself.
    }
  }
}

/** The directory and all below it, parents first; nothing when it is not there. */
function tree(directory: string): string[] {
  try {
    const below = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return [directory, ...below.flatMap(({ name }) => tree(join(directory, name)))];
  } catch {
    return [];
  }
}
