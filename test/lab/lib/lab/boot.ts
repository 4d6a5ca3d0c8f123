/** What a host has of its own beside its network: mounts, a host name, files of /etc and /proc. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Hierarchies } from './cgroups.ts';
import type { HostAddresses, Network } from './network.ts';
import { type LabPlace, STATE_DIRECTORY } from './registry.ts';
import { waitUntil, withSystemPath } from './run.ts';
import type { ProcFile } from './types.ts';

export interface BootParts {
  readonly place: LabPlace;
  readonly addresses: HostAddresses;
  readonly network: Network;
  readonly hierarchies: Hierarchies;
  readonly cgroup: string;
  /** Of the host's disk. */
  readonly mountPoint: string;
}

/**
 * Starts the process that holds the host's mount and UTS namespaces, and resolves to its id. /etc is a writable layer
 * over the machine's, /run is empty, /sys shows the host's network, and names of hosts resolve. Its load is calm. Disks
 * of other hosts are out of its sight: held by it they would outlive their labs.
 */
export async function boot(parts: BootParts): Promise<number> {
  const { addresses, network, hierarchies, mountPoint, place, cgroup } = parts;
  const state = stateOf(place, addresses.name);
  mkdirSync(state, { recursive: true });
  for (const { name, text } of Object.values(CALM)) writeFileSync(join(state, name), text);
  const lines = network.hosts.map(({ name, address }) => `${address} ${name}`);
  writeFileSync(join(state, 'hosts'), ['127.0.0.1 localhost', '::1 localhost', ...lines, ''].join('\n'));
  writeFileSync(join(state, 'machine-id'), `${machineIdOf(addresses.namespace + place.directory)}\n`);
  const words = [addresses.name, state, mountPoint, STATE_DIRECTORY];
  const joins = hierarchies.roots.map((root) => `echo $$ >${root}/${cgroup}/cgroup.procs`);
  const enter = `exec nsenter --net=/run/netns/${addresses.namespace} unshare --mount --uts sh -e -c "$0" "$@"`;
  const child = spawn('sh', ['-e', '-c', [...joins, enter].join('\n'), BOOT, ...words], {
    env: withSystemPath(),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  return untilBooted(child, addresses.name);
}

/** Changes what the host reads in that file of /proc. */
export function writeProc(place: LabPlace, host: string, file: ProcFile, text: string): void {
  // In place: the host's mount is of this very file.
  writeFileSync(join(stateOf(place, host), CALM[file].name), text);
}

/** $0: the host's name. $1: a directory for its state. $2: its disk. $3: the directory of all labs. */
const BOOT = `
hostname "$0"
mounts=$(cut -d" " -f5 /proc/self/mountinfo)
for path in $mounts; do
  case $path in "$2") ;; "$3"/*) umount "$path" ;; esac
done
mkdir -p "$1/layer"
mount -t tmpfs tmpfs "$1/layer"
mkdir "$1/layer/etc" "$1/layer/work" "$1/layer/cgroup"
mount -t overlay overlay -o "lowerdir=/etc,upperdir=$1/layer/etc,workdir=$1/layer/work" /etc
cat "$1/hosts" >/etc/hosts
cat "$1/machine-id" >/etc/machine-id
echo "$0" >/etc/hostname
rm -f /etc/resolv.conf
touch /etc/resolv.conf
mount --rbind /sys/fs/cgroup "$1/layer/cgroup"
for file in loadavg pressure/cpu pressure/io pressure/memory; do
  [ ! -e "/proc/$file" ] || mount --bind "$1/\${file#*/}" "/proc/$file"
done
umount --lazy /sys
mount -t sysfs sysfs /sys
mount --rbind "$1/layer/cgroup" /sys/fs/cgroup
mount -t tmpfs tmpfs /run
echo booted
exec sleep infinity
`;

async function untilBooted(child: ChildProcess, name: string): Promise<number> {
  let said = '';
  child.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.once('error', (error) => (said += String(error)));
  const booted = await waitUntil(() => said.includes('booted') || child.exitCode !== null, 10_000);
  if (!booted || child.exitCode !== null || child.pid === undefined) {
    child.kill('SIGKILL');
    throw new Error(`${name} does not boot: ${said}`);
  }
  // It outlives no lab, and must not keep the test's process alive.
  child.unref();
  child.stdout?.destroy();
  child.stderr?.destroy();
  return child.pid;
}

const PRESSURE = ['some', 'full'].map((kind) => `${kind} avg10=0.00 avg60=0.00 avg300=0.00 total=0\n`).join('');

/** Files of /proc that a host has of its own: by name below its state directory, and as they are after a boot. */
const CALM: Readonly<Record<ProcFile, { readonly name: string; readonly text: string }>> = {
  loadavg: { name: 'loadavg', text: '0.10 0.10 0.10 1/200 1000\n' },
  'pressure/cpu': { name: 'cpu', text: PRESSURE },
  'pressure/io': { name: 'io', text: PRESSURE },
  'pressure/memory': { name: 'memory', text: PRESSURE },
};

/** What a host reads there after its boot. */
export const CALM_PROC = Object.fromEntries(Object.entries(CALM).map(([file, { text }]) => [file, text])) as Readonly<
  Record<ProcFile, string>
>;

const stateOf = ({ directory }: LabPlace, host: string): string => join(directory, `${host}.state`);

const machineIdOf = (seed: string): string => createHash('sha256').update(seed).digest('hex').slice(0, 32);
