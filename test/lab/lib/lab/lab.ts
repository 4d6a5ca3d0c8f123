/**
 * Whole clusters on this machine: hosts are network namespaces on a switch, each with its own cgroup, mounts and disk.
 * Root only. A lab never reaches beyond the machine, and nothing of it stays.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { findHierarchies } from './cgroups.ts';
import { type Disk, createDisk } from './disk.ts';
import { type Cut, type Faults, NO_FAULTS, TEST_PORT } from './faults.ts';
import { createHost } from './host.ts';
import { makeRoomForNeighbours } from './neighbour-table.ts';
import { type Network, createNetwork, isPlaceFree } from './network.ts';
import { type LabPlace, claimPlace } from './registry.ts';
import { removeLab, sweepAbandoned } from './removal.ts';
import { run } from './run.ts';
import type { CutOptions, Lab, LabHost, LabOptions } from './types.ts';
import { whyNoLab } from './why-no-lab.ts';

/** Removes what earlier labs of dead processes left, then makes a new one. All hosts are powered on. */
export async function createLab(options: LabOptions): Promise<Lab> {
  const reason = whyNoLab();
  if (reason !== undefined) throw new Error(`there can be no lab here: ${reason}`);
  checkNames(options.hosts);
  makeRoomForNeighbours(options.hosts.length);
  await sweepAbandoned();
  const routes = await run('ip', ['-4', 'route', 'show', 'table', 'all']);
  const place = claimPlace((one) => isPlaceFree(one, routes));
  const guardian = startGuardian(place);
  const remove = async (): Promise<void> => {
    await removeLab(place);
    guardian.stdin?.end('removed\n');
  };
  try {
    return await build(place, options, remove);
  } catch (error) {
    await remove().catch(() => {});
    throw error;
  }
}

async function build(place: LabPlace, options: LabOptions, remove: () => Promise<void>): Promise<Lab> {
  const { overlay = false, ipv6 = true, diskMebibytes = 256, disksInMemory = false } = options;
  const imageOf = disksInMemory ? await mountMemory(place) : (name: string) => join(place.directory, `${name}.image`);
  const making = createNetwork(place, { hosts: options.hosts, overlay, ipv6 });
  const disks = options.hosts.map((name) => createDisk(join(place.directory, name), imageOf(name), diskMebibytes));
  await allEnded([making, ...disks]);
  const network = await making;
  const switchboard = createSwitchboard(network);
  const hosts = await createHosts(place, network, await Promise.all(disks), switchboard);
  const host = (name: string): LabHost => {
    const found = hosts.find((one) => one.name === name);
    if (found === undefined) throw new Error(`no host ${name} in this lab`);
    return found;
  };
  return {
    name: place.name,
    hosts,
    gateway: network.gateway,
    host,
    cut: async (from, to, how = {}) => {
      const cuts = cutsOf(host(from), host(to), how);
      await switchboard.change((faults) => ({ ...faults, cuts: [...faults.cuts, ...cuts] }));
    },
    async partition(groups) {
      const cuts = partitionOf(groups.map((names) => names.map(host)));
      await switchboard.change((faults) => ({ ...faults, cuts: [...faults.cuts, ...cuts] }));
    },
    async loss(name, ratio, direction = 'both') {
      const own = { host: name === '*' ? name : host(name).name, ratio, direction };
      await switchboard.change((faults) => {
        const others = faults.losses.filter((one) => one.host !== name);
        return { ...faults, losses: ratio === 0 ? others : [...others, own] };
      });
    },
    async heal() {
      await switchboard.change(() => NO_FAULTS);
      await Promise.all(hosts.map((one) => one.linkUp()));
    },
    remove,
    [Symbol.asyncDispose]: remove,
  };
}

/** Resolves to where a host's disk lies. No host's name begins with a dot. */
async function mountMemory({ directory }: LabPlace): Promise<(name: string) => string> {
  const path = join(directory, '.memory');
  mkdirSync(path);
  await run('mount', ['-t', 'tmpfs', 'tmpfs', path]);
  return (name) => join(path, name);
}

interface Switchboard {
  change(to: (faults: Faults) => Faults): Promise<void>;
}

/** Applies changes one after the other, so that the last one asked for is the one that holds. */
function createSwitchboard(network: Network): Switchboard {
  let faults: Faults = NO_FAULTS;
  let applied = Promise.resolve();
  return {
    change(to) {
      faults = to(faults);
      const wanted = faults;
      applied = applied.catch(() => {}).then(() => network.apply(wanted));
      return applied;
    },
  };
}

async function createHosts(
  place: LabPlace,
  network: Network,
  disks: readonly Disk[],
  switchboard: Switchboard,
): Promise<LabHost[]> {
  const hierarchies = findHierarchies();
  if (hierarchies === undefined) throw new Error('there are no cgroups here');
  const hosts = network.hosts.map(async (addresses, index) => {
    const disk = disks[index];
    if (disk === undefined) throw new Error(`${addresses.name} has no disk`);
    const isolate = (): Promise<void> =>
      switchboard.change((faults) => ({ ...faults, isolated: [...faults.isolated, addresses.name] }));
    return createHost({ place, addresses, network, hierarchies, disk, isolate });
  });
  await allEnded(hosts);
  return Promise.all(hosts);
}

/** When one fails, the others must not go on making things while the lab is being removed. */
const allEnded = async (promises: readonly Promise<unknown>[]): Promise<void> => {
  await Promise.allSettled(promises);
  await Promise.all(promises);
};

function cutsOf(from: LabHost, to: LabHost, { oneWay = false, ...how }: CutOptions): Cut[] {
  const there = { from: from.name, to: to.name, ...how };
  return oneWay ? [there] : [there, { ...there, from: to.name, to: from.name }];
}

const partitionOf = (groups: readonly (readonly LabHost[])[]): Cut[] =>
  groups.flatMap((group) =>
    groups
      .filter((other) => other !== group)
      .flatMap((other) => group.flatMap((from) => other.map((to) => ({ from: from.name, to: to.name })))),
  );

function checkNames(names: readonly string[]): void {
  const bad = names.filter((name, index) => !/^[a-z0-9][a-z0-9-]{0,11}$/.test(name) || names.indexOf(name) !== index);
  const reserved = names.filter((name) => ['switch', 'lab', 'lo', TEST_PORT].includes(name));
  if (bad.length + reserved.length > 0) throw new Error(`not a host's name: ${[...bad, ...reserved].join(', ')}`);
}

/**
 * A shell that waits for a word from this process. When the process ends without it, however that happens, the pipe
 * closes and the shell removes the lab.
 */
function startGuardian({ id }: LabPlace): ChildProcess {
  const script = 'read -r word; [ "$word" = removed ] || exec "$0" "$@"';
  const sweep = [process.execPath, join(import.meta.dirname, '../scripts/remove-lab.ts'), String(id)];
  const child = spawn('sh', ['-c', script, ...sweep], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  child.stdin?.on('error', () => {});
  child.on('error', () => {});
  child.unref();
  return child;
}
