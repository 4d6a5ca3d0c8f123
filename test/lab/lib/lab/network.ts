/**
 * The lab's networks: a bridge in a network namespace of its own, the switch, with one port for each host, named after
 * it, and one for the test's own process. Faults are rules of the switch, so that a host's own packet filter stays its own.
 */
import { existsSync } from 'node:fs';
import { type Faults, OVERLAY_PORT, TEST_PORT, rulesetOf } from './faults.ts';
import type { LabPlace } from './registry.ts';
import { run } from './run.ts';

export interface HostAddresses {
  readonly name: string;
  readonly namespace: string;
  readonly address: string;
  readonly address6?: string;
  readonly overlayAddress?: string;
  readonly mac: string;
}

export interface Network {
  readonly gateway: string;
  readonly gateway6?: string;
  readonly hosts: readonly HostAddresses[];
  /** Makes the host's namespace and plugs it in. The host has no IPv6 address when the lab has none. */
  connect(host: HostAddresses): Promise<void>;
  /** Everything of the host's network is gone afterwards. */
  disconnect(host: HostAddresses): Promise<void>;
  /** The carrier of the host's link. */
  setLink(host: HostAddresses, state: 'up' | 'down'): Promise<void>;
  apply(faults: Faults): Promise<void>;
}

export interface NetworkOptions {
  readonly hosts: readonly string[];
  readonly overlay: boolean;
  readonly ipv6: boolean;
}

/** Second octets of 10.x for the two networks; the third one is the lab's number. */
const UNDERLAY = 213;
const OVERLAY = 214;
/** A unique local prefix, RFC 4193. */
const PREFIX6 = 'fd6d:6b61:7400';

/** True when neither the names nor the addresses of that lab are in use on this machine. */
export function isPlaceFree({ id, name }: LabPlace, routes: string): boolean {
  if (existsSync(`/sys/class/net/${name}`) || existsSync(`/run/netns/${name}-switch`)) return false;
  const destinations = routes.split('\n').map((line) => /(?:^|\s)(\d+\.\d+\.\d+\.\d+)(?:\/(\d+))?\s/.exec(line));
  return !destinations.some((match) =>
    [UNDERLAY, OVERLAY].some((octet) => contains(match?.[1], Number(match?.[2] ?? 32), `10.${octet}.${id}.0`)),
  );
}

/** Makes the switch and connects the test's own process. No host is plugged in yet. */
export async function createNetwork(place: LabPlace, options: NetworkOptions): Promise<Network> {
  const switchNamespace = `${place.name}-switch`;
  const inSwitch = (commands: readonly string[]): Promise<string> => batch(commands, switchNamespace);
  const hosts = options.hosts.map((name, index) => addressesOf(place, name, index, options));
  const [gateway, gateway6] = [`10.${UNDERLAY}.${place.id}.1`, `${PREFIX6}:${place.id}::1`];
  const network: Network = {
    gateway,
    ...(options.ipv6 && { gateway6 }),
    hosts,
    async connect(host) {
      await run('ip', ['netns', 'add', host.namespace]);
      await inSwitch([
        `link add name ${host.name} type veth peer name eth0 address ${host.mac} netns ${host.namespace}`,
        // One packet is one packet on the wire, so that a loss hits what it would hit there.
        `link set dev ${host.name} gso_max_segs 1 master lab up`,
      ]);
      if (!options.ipv6) await setInside(host.namespace, 1, ['ipv6/conf/all/disable_ipv6']);
      await batch(hostCommands(host, network), host.namespace);
      if (options.overlay) await fillOverlay(host, network);
    },
    async disconnect({ name, namespace }) {
      // The link first: a namespace goes on in the background, and its links with it.
      await inSwitch([`link delete dev ${name}`]);
      await run('ip', ['netns', 'delete', namespace]);
    },
    setLink: async ({ name }, state) => void (await inSwitch([`link set dev ${name} ${state}`])),
    apply: async (faults) =>
      void (await run('ip', ['netns', 'exec', switchNamespace, 'nft', '-f', '-'], { input: rulesetOf(faults) })),
  };
  await createSwitch(place, switchNamespace, network);
  return network;
}

async function createSwitch(place: LabPlace, namespace: string, { gateway, gateway6 }: Network): Promise<void> {
  await run('ip', ['netns', 'add', namespace]);
  await run('ip', ['link', 'add', 'name', place.name, 'type', 'veth', 'peer', 'name', TEST_PORT, 'netns', namespace]);
  const settings = ['ipv4/ip_forward', 'bridge/bridge-nf-call-iptables', 'bridge/bridge-nf-call-ip6tables'];
  await setInside(namespace, 0, settings);
  await batch(
    [
      'link set lo up',
      'link add name lab type bridge forward_delay 0 stp_state 0 mcast_snooping 0',
      `addr add ${gateway}/24 dev lab`,
      ...(gateway6 === undefined ? [] : [`addr add ${gateway6}/64 dev lab nodad`]),
      'link set lab up',
      `link set ${TEST_PORT} master lab up`,
    ],
    namespace,
  );
  await batch([
    `addr add ${gateway.replace(/1$/, '2')}/24 dev ${place.name}`,
    ...(gateway6 === undefined ? [] : [`addr add ${gateway6.replace(/1$/, '2')}/64 dev ${place.name} nodad`]),
    `link set ${place.name} up`,
  ]);
}

function addressesOf({ id, name }: LabPlace, host: string, index: number, options: NetworkOptions): HostAddresses {
  const last = 11 + index;
  const hex = (value: number): string => value.toString(16).padStart(2, '0');
  return {
    name: host,
    namespace: `${name}-${host}`,
    address: `10.${UNDERLAY}.${id}.${last}`,
    ...(options.ipv6 && { address6: `${PREFIX6}:${id}::${last}` }),
    ...(options.overlay && { overlayAddress: `10.${OVERLAY}.${id}.${last}` }),
    mac: `02:6d:6b:00:${hex(id)}:${hex(last)}`,
  };
}

const hostCommands = (
  { address, address6, overlayAddress }: HostAddresses,
  { gateway, gateway6 }: Network,
): string[] => [
  'link set lo up',
  `addr add ${address}/24 dev eth0`,
  ...(address6 === undefined ? [] : [`addr add ${address6}/64 dev eth0 nodad`]),
  'link set eth0 gso_max_segs 1 up',
  `route add default via ${gateway}`,
  ...(gateway6 === undefined ? [] : [`route add default via ${gateway6}`]),
  ...(overlayAddress === undefined
    ? []
    : [
        `link add name overlay0 type vxlan id 1 local ${address} dev eth0 dstport ${OVERLAY_PORT}`,
        `addr add ${overlayAddress}/24 dev overlay0`,
        'link set overlay0 mtu 1450 up',
      ]),
];

/** Frames for everybody go to each other host, so that the overlay needs no multicast. */
async function fillOverlay(host: HostAddresses, { hosts }: Network): Promise<void> {
  const others = hosts.filter(({ name }) => name !== host.name);
  const input = others.map(({ address }) => `fdb append 00:00:00:00:00:00 dev overlay0 dst ${address}\n`).join('');
  await run('bridge', ['-n', host.namespace, '-batch', '-'], { input });
}

/** Writes kernel settings of a namespace below /proc/sys/net; one that this kernel lacks is left out. */
async function setInside(namespace: string, value: number, settings: readonly string[]): Promise<void> {
  const script = `for f in ${settings.join(' ')}; do [ ! -e $f ] || echo ${value} >$f || exit 1; done`;
  await run('ip', ['netns', 'exec', namespace, 'sh', '-c', `cd /proc/sys/net && ${script}`]);
}

const batch = (commands: readonly string[], namespace?: string): Promise<string> =>
  run('ip', [...(namespace === undefined ? [] : ['-n', namespace]), '-batch', '-'], {
    input: `${commands.join('\n')}\n`,
  });

function contains(network: string | undefined, length: number, address: string): boolean {
  if (network === undefined) return false;
  const number = (text: string): number => text.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
  const shared = 2 ** (32 - Math.min(length, 24));
  return Math.floor(number(network) / shared) === Math.floor(number(address) / shared);
}
