/** Own addresses: where to listen, what to tell others, and from where to probe. */
import { AgentError } from '../../base/errors.ts';
import type { ListenAddress } from '../probes/socket.ts';
import type { LocalAddresses } from '../probes/target-socket.ts';
import { type Address, addressOf, formatAddress, isLoopback, isUndialable } from '../transport/address.ts';

export interface OwnAddresses {
  readonly listening: readonly string[];
  /** Those of them that others can dial. */
  readonly dialable: readonly string[];
  /** Peers may be on loopback addresses, because this agent is. */
  readonly onLoopback: boolean;
  readonly local: LocalAddresses;
}

/** @throws AgentError `config` for a host that is no IP literal */
export function ownAddresses(listen: readonly ListenAddress[]): OwnAddresses {
  const addresses = listen.map(toAddress);
  // Peers know this node by these, so it probes from them.
  const ofFamily = (wanted: Address['family']): string | undefined =>
    addresses.find(({ family, host }) => family === wanted && !isUndialable({ family, host, port: 1 }))?.host;
  const [ipv4, ipv6] = [ofFamily('ipv4'), ofFamily('ipv6')];
  return {
    listening: addresses.map(formatAddress),
    dialable: addresses.filter((address) => !isUndialable(address)).map(formatAddress),
    onLoopback: addresses.some(isLoopback),
    local: { ...(ipv4 !== undefined && { ipv4 }), ...(ipv6 !== undefined && { ipv6 }) },
  };
}

function toAddress({ host, port }: ListenAddress): Address {
  const address = addressOf(host, port);
  if (address === undefined) throw new AgentError('config', `${host} is no IP address to listen on.`);
  return address;
}
