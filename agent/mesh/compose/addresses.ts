/** Own addresses: where to listen, what to tell others, and from where to probe. */
import { AgentError } from '../../base/errors.ts';
import type { OwnPlace } from '../peer-manager/address-book.ts';
import type { ListenAddress } from '../probes/socket.ts';
import type { LocalAddresses } from '../probes/target-socket.ts';
import {
  type Address,
  addressOf,
  formatAddress,
  isLoopback,
  isUndialable,
  parseAddress,
} from '../transport/address.ts';

/** Where an agent is: given at the start, and again when it has moved. */
export interface Place {
  /** Where gossip (TCP) and probes (UDP) listen, by the same port. */
  readonly listen: readonly ListenAddress[];
  /** Addresses that peers are told, `10.0.0.7:7576`. Default: those of `listen` that can be dialled. */
  readonly announce?: readonly string[];
  /** IP literals of all of this machine's network devices, also of those that every machine has alike. */
  readonly hostAddresses?: readonly string[];
}

export interface OwnAddresses {
  readonly listen: readonly ListenAddress[];
  readonly listening: readonly string[];
  /** What peers are told. */
  readonly announced: readonly string[];
  /** Of all these addresses: an agent of none of them is out of reach of this one, and this one of it. */
  readonly families: ReadonlySet<Address['family']>;
  /** Peers may be on loopback addresses, because this agent is. */
  readonly onLoopback: boolean;
  readonly local: LocalAddresses;
  /** Whether the address leads to this machine, to whatever is at that port here. */
  readonly isHere: (address: Address) => boolean;
}

/** @throws AgentError `config` for a host that is no IP literal */
export function ownAddresses({ listen, announce, hostAddresses = [] }: Place): OwnAddresses {
  const addresses = listen.map(toAddress);
  const announced = announce ?? addresses.filter((address) => !isUndialable(address)).map(formatAddress);
  // Peers know this node by it, so it probes from it. Of several the kernel knows best which leads to whom: one of them may
  // be a virtual one, or of a network of containers.
  const ofFamily = (wanted: Address['family']): string | undefined => {
    const own = addresses.filter(({ family, host }) => family === wanted && !isUndialable({ family, host, port: 1 }));
    return own.length === 1 ? own[0]?.host : undefined;
  };
  const [ipv4, ipv6] = [ofFamily('ipv4'), ofFamily('ipv6')];
  const hosts = new Set(hostAddresses.flatMap((host) => addressOf(host, 1)?.host ?? []));
  const ports = new Set(listen.map(({ port }) => port));
  const own = new Set([...addresses.map(formatAddress), ...announced]);
  return {
    listen,
    listening: addresses.map(formatAddress),
    announced,
    families: new Set(
      [...addresses, ...announced.flatMap((text) => parseAddress(text) ?? [])].map(({ family }) => family),
    ),
    onLoopback: addresses.some(isLoopback),
    local: { ...(ipv4 !== undefined && { ipv4 }), ...(ipv6 !== undefined && { ipv6 }) },
    isHere: (address) => own.has(formatAddress(address)) || (hosts.has(address.host) && ports.has(address.port)),
  };
}

/** The same as the peer manager wants to know it. */
export const placeOf = ({ onLoopback, announced }: OwnAddresses): OwnPlace => ({
  allowLoopback: onLoopback,
  ownAddresses: announced,
});

function toAddress({ host, port }: ListenAddress): Address {
  const address = addressOf(host, port);
  if (address === undefined) throw new AgentError('config', `${host} is no IP address to listen on.`);
  return address;
}
