/** The network of a large simulated cluster: paths that differ, and groups of hosts that are cut off from each other. */
import { type Host, type Network, createNetwork } from '../../test/simulation/network.ts';
import type { Random } from '../../test/lib/random.ts';

export interface GroupedNetwork extends Network {
  /** From now on only hosts of one group reach each other; undefined: all do. */
  split(groupOf: ((name: string) => number) | undefined): void;
}

/** As {@link createNetwork}, which remembers every path and every cut one by one. */
export function createGroupedNetwork(names: readonly string[], random: Random): GroupedNetwork {
  const hosts = new Map<string, Host>(
    names.map((name) => [name, { name, isOn: true, isAgentRunning: true, isFrozen: false, hasGateway: true }]),
  );
  const weights = new Map(names.map((name) => [name, random.next()]));
  let groups: ReadonlyMap<string, number> | undefined;
  const isCut = (from: string, to: string): boolean => groups !== undefined && groups.get(from) !== groups.get(to);
  /** The same of a path each time, 0.1 to 2.1 ms, and the queues of switches as in the small network. */
  const latency = (from: string, to: string): number => {
    const sum = (weights.get(from) ?? 0) + (weights.get(to) ?? 0);
    return 0.1 + 2 * (sum % 1) + random.next() + (random.chance(0.001) ? 80 * random.next() : 0);
  };
  const host = (name: string): Host => {
    const found = hosts.get(name);
    if (found === undefined) throw new Error(`no host ${name}`);
    return found;
  };
  return {
    ...createNetwork([], random),
    hosts,
    host,
    split(groupOf) {
      groups = groupOf === undefined ? undefined : new Map(names.map((name) => [name, groupOf(name)]));
    },
    isCut,
    pass: (from, to) => (isCut(from, to) ? undefined : latency(from, to)),
    isConnected: (one, other) => host(one).isOn && host(other).isOn && !isCut(one, other),
  };
}
