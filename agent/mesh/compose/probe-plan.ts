/** Whom to probe, and where: what membership wants and what is known of addresses, made into the prober's plan. */
import type { ProbeAddress, ProbeTarget } from '../probes/observation.ts';
import { parseAddress } from '../transport/address.ts';
import type { Directory } from './directory.ts';

export interface ProbePlan {
  /** Node names with the mean time between two probes, ms. The plan is made anew only when the Map is another one. */
  aim(probes: ReadonlyMap<string, number>): void;
  /**
   * One probe of each of these at once. Those that are in no plan are in it until the first observation; the others are
   * pinged once more.
   */
  sample(names: readonly string[]): void;
  observed(peerId: string): void;
  /** Addresses or names changed. */
  refresh(): void;
}

export interface ProbePlanDeps {
  readonly directory: Pick<Directory, 'byName'>;
  /** Where a peer is, the best first. */
  readonly addressesOf: (peerId: string) => readonly string[];
  readonly setPlan: (targets: readonly ProbeTarget[]) => void;
  readonly ping: (peerId: string) => void;
}

/** Of a member that is probed once; it has left the plan before the second. */
const SAMPLE_PACE_MS = 1000;

export function createProbePlan({ directory, addressesOf, setPlan, ping }: ProbePlanDeps): ProbePlan {
  let aimed: ReadonlyMap<string, number> = new Map();
  const samples = new Map<string, string>();

  const targetOf = (name: string, paceMs: number): ProbeTarget | undefined => {
    const node = directory.byName(name);
    const addresses = node === undefined ? [] : addressesOf(node.peerId).flatMap((text) => probeAddress(text) ?? []);
    // Without an address there is nothing to learn of it, and nothing to hold against it.
    if (node === undefined || addresses.length === 0) return undefined;
    return { peerId: node.peerId, authorKey: node.author, addresses, paceMs };
  };
  const apply = (): void => {
    const paces = new Map([...samples.values()].map((name) => [name, SAMPLE_PACE_MS]));
    for (const [name, paceMs] of aimed) paces.set(name, paceMs);
    setPlan([...paces].flatMap(([name, paceMs]) => targetOf(name, paceMs) ?? []));
  };
  return {
    aim(probes) {
      if (probes === aimed) return;
      aimed = probes;
      apply();
    },
    sample(names) {
      const before = samples.size;
      for (const name of names) {
        const peerId = directory.byName(name)?.peerId;
        if (peerId === undefined) continue;
        if (aimed.has(name)) ping(peerId);
        else samples.set(peerId, name);
      }
      if (samples.size > before) apply();
    },
    observed(peerId) {
      if (samples.delete(peerId)) apply();
    },
    refresh: apply,
  };
}

function probeAddress(text: string): ProbeAddress | undefined {
  const address = parseAddress(text);
  return address && { host: address.host, port: address.port };
}
