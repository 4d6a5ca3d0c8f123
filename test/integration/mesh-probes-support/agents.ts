/** Probing agents on loopback addresses, in this process. */
import { createHash } from 'node:crypto';
import { systemClock } from '../../../agent/base/clock.ts';
import type { Away, Observation, ProbeTarget } from '../../../agent/mesh/probes/observation.ts';
import { type Probes, startProbes } from '../../../agent/mesh/probes/probes.ts';

export const CLUSTER_KEY = Buffer.alloc(32, 0x5a);

export interface Place {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

export interface TestAgent {
  readonly probes: Probes;
  readonly seen: Observation[];
  readonly aways: Away[];
  /** Runs for each observation, after it was kept. */
  onObservation: (observation: Observation) => void;
}

/** A stand-in for a real key: the probes use its bytes only. */
export const authorKeyOf = (name: string): Buffer => createHash('sha256').update(name).digest();

export const targetAt = ({ name, host, port }: Place, paceMs: number): ProbeTarget => ({
  peerId: name,
  authorKey: authorKeyOf(name),
  addresses: [{ host, port }],
  paceMs,
});

export async function startTestAgent(
  place: Place,
  clusterKey: Uint8Array = CLUSTER_KEY,
  probesFrom = place.host,
): Promise<TestAgent> {
  const seen: Observation[] = [];
  const aways: Away[] = [];
  const probes = await startProbes(
    {
      authorKey: authorKeyOf(place.name),
      clusterKeys: [clusterKey],
      listen: [{ host: place.host, port: place.port }],
      local: { ipv4: probesFrom },
    },
    {
      clock: systemClock,
      random: Math.random,
      state: () => ({ boot: 1, sequence: 1, digest: new Uint8Array(8) }),
      onObservation(observation) {
        seen.push(observation);
        agent.onObservation(observation);
      },
      onAway: (away) => aways.push(away),
    },
  );
  const agent: TestAgent = { probes, seen, aways, onObservation: () => {} };
  return agent;
}

/** What the edge's state machine does: looks when a ping was refused and from the second miss on, pings faster then. */
export function followUp(agent: TestAgent, places: readonly Place[]): void {
  const misses = new Map<string, number>();
  const plan = (): void =>
    agent.probes.setPlan(places.map((place) => targetAt(place, (misses.get(place.name) ?? 0) > 0 ? 250 : 1000)));
  agent.onObservation = (observation) => {
    if (observation.kind === 'answered') misses.set(observation.peerId, 0);
    if (observation.kind === 'missed') {
      const count = (misses.get(observation.peerId) ?? 0) + 1;
      misses.set(observation.peerId, count);
      if (observation.cause === 'refused' || count >= 2) agent.probes.look(observation.peerId);
    }
    plan();
  };
  plan();
}
