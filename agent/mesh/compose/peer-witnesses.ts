/** The hosts of peers as witnesses: they answer also where agents are dead, or where their ports are blocked. */
import { HOST_PORTS } from '../probes/host-ports.ts';
import type { Witness } from '../probes/witnesses.ts';
import { isLoopback, parseAddress } from '../transport/address.ts';

const MAX_WITNESSES = 8;

export interface PeerPlace {
  /** Where it announced that it listens; never of Services. Those of this machine witness nothing. */
  readonly addresses: readonly string[];
  /** This agent has lost it. */
  readonly isLost: boolean;
}

/**
 * Each time others, at most four hosts: first of peers that are silent since a moment ago, or whose agent alone is. Who is
 * on one side of a cut with one such host must not find nobody because it asks the other side.
 *
 * @param random from 0 to 1, 1 excluded
 */
export function peerWitnesses(peers: readonly PeerPlace[], random: () => number): readonly Witness[] {
  const hosts = new Map<string, number>();
  for (const { addresses, isLost } of peers) {
    for (const text of addresses) {
      const address = parseAddress(text);
      if (address === undefined || isLoopback(address)) continue;
      const order = hosts.get(address.host) ?? Infinity;
      hosts.set(address.host, Math.min(order, random() + (isLost ? 1 : 0)));
    }
  }
  return [...hosts]
    .sort(([, one], [, other]) => one - other)
    .flatMap(([host]) => HOST_PORTS.map((port): Witness => ({ kind: 'peer', host, port })))
    .slice(0, MAX_WITNESSES);
}
