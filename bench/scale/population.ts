/** The nodes of a simulated cluster: their keys, and what each says of itself on a quiet day. */
import { CHECKS } from '../../checks/registry.ts';
import { BINDING, encodeBinding } from '../../agent/mesh/codec/binding.ts';
import { REPORT, encodeReport } from '../../agent/mesh/codec/report.ts';
import { signEnvelope } from '../../agent/mesh/envelope/envelope.ts';
import { parseClusterId } from '../../agent/mesh/identity/cluster-id.ts';
import { clusterKeyFrom } from '../../agent/mesh/identity/cluster-key.ts';
import { type KeyPair, keyPairFromSeed } from '../../agent/mesh/identity/key-pair.ts';
import { prefixOf } from '../../agent/mesh/identity/peer-id.ts';
import { type Rings, createRings } from '../../agent/mesh/membership/rings.ts';
import type { CheckResult, NodeReport } from '../../agent/model/report.ts';

export interface Citizen {
  readonly index: number;
  readonly name: string;
  readonly keys: KeyPair;
  readonly prefix: string;
  /** Where its agent listens. */
  readonly address: string;
}

export interface Population {
  readonly citizens: readonly Citizen[];
  readonly rings: Rings;
  byName(name: string): Citizen;
}

export const CLUSTER_KEY = clusterKeyFrom(new Uint8Array(32).fill(7));
export const CLUSTER_ID = '6f1c2b9e-0d5c-4b3e-9f51-2a7d3c8e4b10';
/** Its 16 bytes. */
export const CLUSTER = parseClusterId(CLUSTER_ID) ?? new Uint8Array(16);
/** Where virtual clocks begin. */
export const NOON = Date.UTC(2026, 0, 1, 12, 0, 0);
/** All agents have run for so long. */
export const AGE_MS = 3_600_000;

/** On which side of a half/half partition it is: 0 or 1. Who speaks for others is on their side. */
export const halfOf = ({ index }: Citizen): number => Math.imul(index + 1, 0x9e3779b1) >>> 31;

export function createPopulation(size: number): Population {
  const citizens = Array.from({ length: size }, (_, index) => citizen(index));
  const names = new Map(citizens.map((one) => [one.name, one]));
  return {
    citizens,
    rings: createRings(names.keys()),
    byName(name) {
      const found = names.get(name);
      if (found === undefined) throw new Error(`nobody is called ${name}`);
      return found;
    },
  };
}

function citizen(index: number): Citizen {
  const seed = new Uint8Array(32);
  new DataView(seed.buffer).setUint32(28, index + 1);
  const keys = keyPairFromSeed(seed);
  const address = `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}:7576`;
  return {
    index,
    name: `ip-10-0-${index >> 8}-${index & 255}.ec2.internal`,
    keys,
    prefix: prefixOf(keys.author),
    address,
  };
}

/** A worker on which every check that finds something to look at is content: about 1.5 KiB with its edges. */
export function quietReport({ name, index }: Citizen, at: number, ageMs = 5000): NodeReport {
  return {
    node: name,
    version: '0.1.0',
    startedAt: at - AGE_MS,
    results: CHECKS.map((check, place): CheckResult => {
      const isAbsent = check.id === 'etcd';
      const readings = Object.entries(check.readings).flatMap(([reading, { shared }]) =>
        shared === true ? { name: reading, value: 0.1 + ((index * 7 + place) % 97) / 113 } : [],
      );
      return {
        check: check.id,
        status: isAbsent ? 'absent' : 'ok',
        ...(isAbsent && { why: 'no manifest, no unit and no data directory' }),
        problems: [],
        since: at - AGE_MS + 1000 * place,
        ageMs: ageMs + (index % 1000),
        durationMs: 3 + place,
        intervalMs: check.intervalMs,
        readings: isAbsent ? [] : readings,
        confirming: false,
        ended: [],
      };
    }),
  };
}

/** The envelopes of a node that has run for a while: its claim of the name, and its last report. */
export function firstWords(population: Population, one: Citizen): { binding: Uint8Array; report: Uint8Array } {
  const binding = encodeBinding({ boot: 1, sequence: 1, node: one.name }, { generation: 1 });
  const edges = population.rings.neighbours(one.name).map((peer, place) => ({
    peer: population.byName(peer).prefix,
    network: 'underlay' as const,
    state: 'good' as const,
    forMs: AGE_MS - 1000 * place,
    rttMs: 0.4 + place / 10,
    offset: { offsetMs: place / 10, uncertaintyMs: 0.3 },
    lossTo: 0,
    lossFrom: 0,
  }));
  const report = encodeReport(
    { boot: 1, sequence: 1, contentSequence: 1 },
    {
      report: quietReport(one, NOON),
      madeAt: NOON,
      edges,
      store: { state: 'ok', since: NOON - AGE_MS, message: '' },
      addresses: [one.address],
      hostUptimeMs: 10 * AGE_MS,
    },
  );
  return {
    binding: signEnvelope(BINDING, binding, one.keys, CLUSTER),
    report: signEnvelope(REPORT, report, one.keys, CLUSTER),
  };
}
