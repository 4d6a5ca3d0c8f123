/** The hosts of peers as witnesses: they answer also where agents are dead, or where their ports are blocked. */
import { HOST_PORTS } from '../probes/host-ports.ts';
import type { Witness } from '../probes/witnesses.ts';
import { isLoopback, parseAddress } from '../transport/address.ts';

const MAX_WITNESSES = 8;

/**
 * Each time others, at most four hosts.
 *
 * @param addresses where peers announced that they listen; never of Services. Those of this machine witness nothing
 * @param random from 0 to 1, 1 excluded
 */
export function peerWitnesses(addresses: readonly string[], random: () => number): readonly Witness[] {
  const hosts = addresses.flatMap((text) => {
    const address = parseAddress(text);
    return address === undefined || isLoopback(address) ? [] : address.host;
  });
  return [...new Set(hosts)]
    .map((host) => ({ host, order: random() }))
    .sort((a, b) => a.order - b.order)
    .flatMap(({ host }) => HOST_PORTS.map((port): Witness => ({ kind: 'peer', host, port })))
    .slice(0, MAX_WITNESSES);
}
