/** One host, and what can happen to it. */
import { boot, writeProc } from './boot.ts';
import { type Hierarchies, killGroup, makeGroup, processesIn, throttle } from './cgroups.ts';
import type { Disk } from './disk.ts';
import { get } from './http.ts';
import type { HostAddresses, Network } from './network.ts';
import { type Inside, commandInside, startProgram } from './program.ts';
import type { LabPlace } from './registry.ts';
import { run } from './run.ts';
import type { FetchOptions, LabHost } from './types.ts';

export interface HostParts {
  readonly place: LabPlace;
  readonly addresses: HostAddresses;
  readonly network: Network;
  readonly hierarchies: Hierarchies;
  readonly disk: Disk;
  isolate(): Promise<void>;
}

/** Made and powered on. */
export async function createHost(parts: HostParts): Promise<LabHost> {
  const { addresses, disk, place, hierarchies } = parts;
  const { name, address, address6, overlayAddress } = addresses;
  const cgroup = `${place.name}/${name}`;
  makeGroup(hierarchies, cgroup);
  const power = createPower(parts, cgroup);
  await power.powerOn();
  return {
    name,
    address,
    get address6() {
      return given(address6, 'IPv6');
    },
    get overlayAddress() {
      return given(overlayAddress, 'overlay');
    },
    directory: disk.mountPoint,
    cgroup,
    get poweredOn() {
      return power.keeper() !== undefined;
    },
    ...programsOf(parts, power, cgroup),
    ...requestsOf(parts, power),
    powerOff: () => power.powerOff(),
    powerOn: () => power.powerOn(),
    linkDown: () => power.setLink('down'),
    linkUp: () => power.setLink('up'),
    setProc: (file, text) => writeProc(place, name, file, text),
    isolate: () => parts.isolate(),
    fillDisk: () => disk.fill(),
    freeDisk: () => disk.free(),
    freezeDisk: () => disk.freeze(),
    thawDisk: () => disk.thaw(),
    throttleDisk: async (bytesPerSecond) => throttle(hierarchies, cgroup, disk.device, bytesPerSecond),
    unthrottleDisk: async () => throttle(hierarchies, cgroup, disk.device),
  };
}

/** The agent's HTTP port. */
const DEFAULT_PORT = 7575;

interface Power {
  /** The process that holds the host's namespaces; undefined while the host is powered off. */
  keeper(): number | undefined;
  hasCarrier(): boolean;
  powerOff(): Promise<void>;
  powerOn(): Promise<void>;
  setLink(state: 'up' | 'down'): Promise<void>;
}

function createPower({ addresses, network, hierarchies, disk, place }: HostParts, cgroup: string): Power {
  let keeper: number | undefined;
  let carrier = true;
  return {
    keeper: () => keeper,
    hasCarrier: () => carrier,
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
      keeper = await boot({ place, addresses, network, hierarchies, cgroup, mountPoint: disk.mountPoint });
    },
    async setLink(state) {
      carrier = state === 'up';
      if (keeper !== undefined) await network.setLink(addresses, state);
    },
  };
}

function programsOf(
  { addresses, hierarchies, disk }: HostParts,
  power: Power,
  cgroup: string,
): Pick<LabHost, 'start' | 'exec' | 'processes'> {
  const inside = (): Inside => ({
    hierarchies,
    cgroup,
    keeperPid: keeperOf(power, addresses),
    cwd: disk.mountPoint,
  });
  return {
    start: async (program, args = [], options = {}) => startProgram(inside(), program, args, options),
    async exec(program, args = [], options = {}) {
      const { file, args: words } = commandInside(inside(), program, args);
      return run(file, words, { ...options, label: `${addresses.name}: ${[program, ...args].join(' ')}` });
    },
    processes: () => processesIn(hierarchies, cgroup).filter((pid) => pid !== power.keeper()),
  };
}

function requestsOf({ addresses }: HostParts, power: Power): Pick<LabHost, 'fetch' | 'json'> {
  const ask: LabHost['fetch'] = async (pathOrUrl, options = {}) => {
    keeperOf(power, addresses);
    const url = new URL(pathOrUrl, `http://${addresses.address}:${options.port ?? DEFAULT_PORT}`);
    const direct = power.hasCarrier() && pathOrUrl.startsWith('/');
    return get(url, options, direct ? undefined : addresses.namespace);
  };
  return {
    fetch: ask,
    json: async <T>(pathOrUrl: string, options: FetchOptions = {}) => {
      const headers = { accept: 'application/json', ...options.headers };
      return JSON.parse((await ask(pathOrUrl, { ...options, headers })).body) as T;
    },
  };
}

function keeperOf(power: Power, { name }: HostAddresses): number {
  const keeper = power.keeper();
  if (keeper === undefined) throw new Error(`${name} is powered off`);
  return keeper;
}

function given(address: string | undefined, what: string): string {
  if (address === undefined) throw new Error(`this lab has no ${what}`);
  return address;
}
