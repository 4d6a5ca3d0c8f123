/** One host: its network, mounts, cgroup and disk, and what can happen to them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Hierarchies, killGroup, makeGroup, processesIn, throttle } from './cgroups.ts';
import type { Disk } from './disk.ts';
import { get } from './http.ts';
import type { HostAddresses, Network } from './network.ts';
import { type Inside, commandInside, startProgram } from './program.ts';
import { type LabPlace, STATE_DIRECTORY } from './registry.ts';
import { run, waitUntil, withSystemPath } from './run.ts';
import type { FetchOptions, LabHost, ProcFile } from './types.ts';

export interface HostParts {
  readonly place: LabPlace;
  readonly addresses: HostAddresses;
  readonly network: Network;
  readonly hierarchies: Hierarchies;
  readonly disk: Disk;
  isolate(): Promise<void>;
}

/** The agent's HTTP port. */
const DEFAULT_PORT = 7575;

/** Made and powered on. */
export async function createHost(parts: HostParts): Promise<LabHost> {
  const { addresses, network, hierarchies, disk, place } = parts;
  const cgroup = `${place.name}/${addresses.name}`;
  let keeper: number | undefined;
  let carrier = true;

  const inside = (): Inside => {
    if (keeper === undefined) throw new Error(`${addresses.name} is powered off`);
    return { hierarchies, cgroup, keeperPid: keeper, cwd: disk.mountPoint };
  };
  const setLink = async (state: 'up' | 'down'): Promise<void> => {
    carrier = state === 'up';
    if (keeper !== undefined) await network.setLink(addresses, state);
  };
  const host: LabHost = {
    name: addresses.name,
    address: addresses.address,
    get address6() {
      return given(addresses.address6, 'IPv6');
    },
    get overlayAddress() {
      return given(addresses.overlayAddress, 'overlay');
    },
    directory: disk.mountPoint,
    cgroup,
    get poweredOn() {
      return keeper !== undefined;
    },
    start: async (program, args = [], options = {}) => startProgram(inside(), program, args, options),
    async exec(program, args = [], options = {}) {
      const { file, args: words } = commandInside(inside(), program, args);
      return run(file, words, { ...options, label: `${addresses.name}: ${[program, ...args].join(' ')}` });
    },
    async fetch(pathOrUrl, options = {}) {
      inside();
      const url = new URL(pathOrUrl, `http://${addresses.address}:${options.port ?? DEFAULT_PORT}`);
      const direct = carrier && pathOrUrl.startsWith('/');
      return get(url, options, direct ? undefined : addresses.namespace);
    },
    json: async <T>(pathOrUrl: string, options: FetchOptions = {}) => {
      const headers = { accept: 'application/json', ...options.headers };
      return JSON.parse((await host.fetch(pathOrUrl, { ...options, headers })).body) as T;
    },
    processes: () => processesIn(hierarchies, cgroup).filter((pid) => pid !== keeper),
    async powerOff() {
      if (keeper === undefined) return;
      await network.setLink(addresses, 'down');
      keeper = undefined;
      // Whoever waits for a frozen disk could not end.
      await disk.thaw();
      await killGroup(hierarchies, cgroup);
      await network.disconnect(addresses);
    },
    async powerOn() {
      if (keeper !== undefined) return;
      await network.connect(addresses);
      if (!carrier) await network.setLink(addresses, 'down');
      keeper = await boot(parts, cgroup);
    },
    setProc(file, text) {
      // In place: the host's mount is of this very file.
      writeFileSync(join(stateOf(parts), CALM[file].name), text, { flag: 'r+' });
    },
    isolate: () => parts.isolate(),
    linkDown: () => setLink('down'),
    linkUp: () => setLink('up'),
    fillDisk: () => disk.fill(),
    freeDisk: () => disk.free(),
    freezeDisk: () => disk.freeze(),
    thawDisk: () => disk.thaw(),
    throttleDisk: async (bytesPerSecond) => throttle(hierarchies, cgroup, disk.device, bytesPerSecond),
    unthrottleDisk: async () => throttle(hierarchies, cgroup, disk.device),
  };
  makeGroup(hierarchies, cgroup);
  await host.powerOn();
  return host;
}

/**
 * Starts the process that holds the host's mount and UTS namespaces, and resolves to its id. /etc is a writable layer
 * over the machine's, /run is empty, /sys shows the host's network, and names of hosts resolve. Its load is calm. Disks
 * of other hosts are out of its sight: held by it they would outlive their labs.
 */
async function boot(parts: HostParts, cgroup: string): Promise<number> {
  const { addresses, network, hierarchies, disk, place } = parts;
  const [state, groups] = [stateOf(parts), hierarchies.roots];
  mkdirSync(state, { recursive: true });
  for (const { name, text } of Object.values(CALM)) writeFileSync(join(state, name), text);
  const lines = network.hosts.map(({ name, address }) => `${address} ${name}`);
  writeFileSync(join(state, 'hosts'), ['127.0.0.1 localhost', '::1 localhost', ...lines, ''].join('\n'));
  writeFileSync(join(state, 'machine-id'), `${machineIdOf(addresses.namespace + place.directory)}\n`);
  const words = [addresses.name, state, disk.mountPoint, STATE_DIRECTORY];
  const joins = groups.map((root) => `echo $$ >${root}/${cgroup}/cgroup.procs`);
  const enter = `exec nsenter --net=/run/netns/${addresses.namespace} unshare --mount --uts sh -e -c "$0" "$@"`;
  const child = spawn('sh', ['-e', '-c', [...joins, enter].join('\n'), BOOT, ...words], {
    env: withSystemPath(),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  return untilBooted(child, addresses.name);
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

const stateOf = ({ place, addresses }: HostParts): string => join(place.directory, `${addresses.name}.state`);

const machineIdOf = (seed: string): string => createHash('sha256').update(seed).digest('hex').slice(0, 32);

function given(address: string | undefined, what: string): string {
  if (address === undefined) throw new Error(`this lab has no ${what}`);
  return address;
}
