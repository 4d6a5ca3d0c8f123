/** Removes all that a lab made: at its end, and after a process that did not come to it. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { findHierarchies, killGroup, processesIn, readIfThere, removeGroup } from './cgroups.ts';
import { type LabPlace, abandonedPlaces, startSweeping, stopSweeping } from './registry.ts';
import { run, tryRun, waitUntil } from './run.ts';

/** Rejects when something stays. Waits when another process is about it. */
export async function removeLab(place: LabPlace): Promise<void> {
  if (!existsSync(place.directory)) return;
  if (!startSweeping(place)) {
    await waitUntil(() => !existsSync(place.directory), 30_000);
    return;
  }
  try {
    await thaw(place);
    await killProcesses(place);
    await removeNetwork(place);
    await unmount(place);
    const left = (await leftoversOf(place)).filter((what) => what !== place.directory);
    if (left.length > 0) throw new Error(`the lab ${place.name} cannot be removed: ${left.join(', ')}`);
  } catch (error) {
    stopSweeping(place);
    throw error;
  }
  // Last: from here on the number may be taken again.
  rmSync(place.directory, { recursive: true, force: true });
}

/** Removes the labs of processes that are gone. One that resists stays for the next time, and is said. */
export async function sweepAbandoned(): Promise<void> {
  for (const place of abandonedPlaces())
    await removeLab(place).catch((error: unknown) => process.stderr.write(`${String(error)}\n`));
}

/** What of a lab is on this machine: network namespaces, links, cgroups, processes, mounts, loop devices, files. */
export async function leftoversOf({ name, directory }: LabPlace): Promise<string[]> {
  const hierarchies = findHierarchies();
  const groups = (hierarchies?.roots ?? []).map((root) => `${root}/${name}`).filter((path) => existsSync(path));
  const pids = hierarchies === undefined ? [] : processesIn(hierarchies, name);
  return [
    ...(await namespacesOf(name)).map((one) => `network namespace ${one}`),
    ...(existsSync(`/sys/class/net/${name}`) ? [`link ${name}`] : []),
    ...groups.map((path) => `cgroup ${path}`),
    ...pids.map((pid) => `process ${pid}`),
    ...mountsBelow(directory).map((path) => `mount ${path}`),
    ...loopDevicesBelow(directory).map((path) => `loop device ${path}`),
    ...(existsSync(directory) ? [directory] : []),
  ];
}

/** A frozen file system keeps its writers from ending, and cannot be unmounted. */
async function thaw({ directory }: LabPlace): Promise<void> {
  await Promise.all(mountsBelow(directory).map((path) => tryRun('fsfreeze', ['--unfreeze', path])));
}

async function killProcesses({ name }: LabPlace): Promise<void> {
  const hierarchies = findHierarchies();
  if (hierarchies === undefined) return;
  await killGroup(hierarchies, name);
  await removeGroup(hierarchies, name);
}

async function removeNetwork({ name }: LabPlace): Promise<void> {
  if (existsSync(`/sys/class/net/${name}`)) await tryRun('ip', ['link', 'delete', name]);
  const namespaces = await namespacesOf(name);
  if (namespaces.length > 0)
    await run('ip', ['-force', '-batch', '-'], { input: namespaces.map((one) => `netns delete ${one}\n`).join('') });
}

async function unmount({ directory }: LabPlace): Promise<void> {
  for (const path of mountsBelow(directory).toReversed())
    await run('umount', [path]).catch(() => tryRun('umount', ['--lazy', path]));
  // A device is freed with its last mount; some mount namespace of another process may still hold one.
  await waitUntil(() => loopDevicesBelow(directory).length === 0, 2000);
  for (const device of loopDevicesBelow(directory)) await tryRun('losetup', ['--detach', device]);
}

async function namespacesOf(name: string): Promise<string[]> {
  const listed = await tryRun('ip', ['netns', 'list']);
  const names = listed.split('\n').map((line) => line.split(' ')[0] ?? '');
  return names.filter((one) => one.startsWith(`${name}-`));
}

const mountsBelow = (directory: string): string[] =>
  readIfThere('/proc/self/mountinfo')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((path) => path.startsWith(`${directory}/`));

function loopDevicesBelow(directory: string): string[] {
  const names = readdirSync('/sys/block').filter((name) => name.startsWith('loop'));
  const isOurs = (name: string): boolean =>
    readIfThere(`/sys/block/${name}/loop/backing_file`).startsWith(`${directory}/`);
  return names.filter(isOurs).map((name) => `/dev/${name}`);
}
