/**
 * Whether a unit has processes, by its control group. Counts of the kernel are taken, not lists of process ids: a
 * container does not see those of other processes.
 */
import type { HostFiles } from '../../types.ts';
import { listIfThere, readIfThere } from '../if-there.ts';
import { usualCgroup } from './unit-name.ts';

/** `none` also where it has no control group; `unknown`: it has one and nothing is counted, or it was not found. */
export type Processes = 'some' | 'none' | 'unknown';

const V2_ROOTS = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'] as const;
const V1_ROOT = '/sys/fs/cgroup/systemd';
const V1_PIDS = '/sys/fs/cgroup/pids';
const MAX_SLICES = 200;

/** Rejects where something is there and cannot be read. */
export async function processesOf(host: HostFiles, unit: string): Promise<Processes> {
  for (const root of V2_ROOTS) {
    if (!(await host.exists(`${root}/cgroup.controllers`)) || !(await host.exists(`${root}/system.slice`))) continue;
    const group = await findGroup(host, root, unit);
    if (typeof group !== 'object') return group;
    const events = await readIfThere(host, `${root}/${group.path}/cgroup.events`);
    return events === undefined || /^populated 0$/m.test(events) ? 'none' : 'some';
  }
  if (!(await host.exists(`${V1_ROOT}/system.slice`))) return 'unknown';
  const group = await findGroup(host, V1_ROOT, unit);
  if (typeof group !== 'object') return group;
  const count = await readIfThere(host, `${V1_PIDS}/${group.path}/pids.current`);
  if (count !== undefined) return Number(count) > 0 ? 'some' : 'none';
  // Where it lists nobody, there may be some whom this process does not see.
  const listed = await readIfThere(host, `${V1_ROOT}/${group.path}/cgroup.procs`);
  return listed === undefined || listed.trim() === '' ? 'unknown' : 'some';
}

/** A unit may name another slice than the usual one; only slices hold units. */
async function findGroup(
  host: HostFiles,
  root: string,
  unit: string,
): Promise<{ readonly path: string } | 'none' | 'unknown'> {
  const usual = usualCgroup(unit);
  if (await host.exists(`${root}/${usual}`)) return { path: usual };
  const slices = [''];
  // It grows while it is gone through: slices lie in slices.
  for (const slice of slices) {
    if (slices.length > MAX_SLICES) return 'unknown';
    const names = await listIfThere(host, `${root}/${slice}`);
    if (slice !== '' && names.includes(unit)) return { path: `${slice}${unit}` };
    // Of pods there may be hundreds, and no service of the host is among them.
    const inner = names.filter((name) => name.endsWith('.slice') && !name.startsWith('kubepods'));
    slices.push(...inner.map((name) => `${slice}${name}/`));
  }
  return 'none';
}
