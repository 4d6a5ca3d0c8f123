/** One simulated run: a cluster, faults one after the other, and everything that an agent thought and must not have. */
import type { MembershipStep } from '../../agent/mesh/membership/step.ts';
import { type MemberState, isDown } from '../../agent/model/member.ts';
import type { Fault } from './faults.ts';
import type { VirtualAgent } from './virtual-agent.ts';
import { VirtualCluster } from './virtual-cluster.ts';

export interface Trial {
  /** One sentence each; empty when all is well. */
  readonly violations: readonly string[];
  /** From the begin of each fault until the last agent knew, ms. */
  readonly detections: readonly number[];
  /** From the end of each until the last agent thought that all is well, ms. */
  readonly healings: readonly number[];
}

/** Everything is settled by then, and what was only needed to settle is dropped. */
const WARM_UP_MS = 25_000;
const PAUSE_MS = 5000;
const TICK_MS = 20;

export function runTrial(size: number, seed: number, faults: (cluster: VirtualCluster) => Iterable<Fault>): Trial {
  const violations: string[] = [];
  const detections: number[] = [];
  const healings: number[] = [];
  let current: Fault | undefined;
  const seen = new WeakMap<VirtualAgent, readonly unknown[]>();
  const report = (what: string): void => {
    if (violations.length < 20) violations.push(`${(cluster.queue.now() / 1000).toFixed(2)} s: ${what}`);
  };
  const watch = (agent: VirtualAgent, { members }: MembershipStep): void => {
    if (seen.get(agent) === members) return;
    seen.set(agent, members);
    for (const { name, state, testimony } of members) {
      if (!isDown(state) || current?.allowed(agent.name, name).includes(state) === true) continue;
      report(
        `${agent.name} calls ${name} ${state}: ${testimony.map((one) => `${one.observer} ${one.state}`).join(', ')}`,
      );
    }
  };
  const cluster: VirtualCluster = new VirtualCluster(size, seed, (agent, step) => watch(agent, step));
  const { queue } = cluster;
  queue.runUntil(WARM_UP_MS);
  for (const problem of disagreements(cluster, () => 'alive')) report(`after the warm-up ${problem}`);

  for (const fault of faults(cluster)) {
    current = fault;
    const beganAt = queue.now();
    fault.begin(cluster);
    const detected = waitUntilAgreed(cluster, (...pair) => fault.expected(...pair), beganAt + fault.knownAfterMs);
    if (detected.length > 0) report(`${fault.what}: not known in time: ${detected.slice(0, 4).join('; ')}`);
    else detections.push(queue.now() - beganAt);
    queue.runUntil(beganAt + fault.lastsMs);
    const endedAt = queue.now();
    fault.end(cluster);
    const healed = waitUntilAgreed(cluster, () => 'alive', endedAt + fault.healedAfterMs);
    if (healed.length > 0) report(`${fault.what}: not healed in time: ${healed.slice(0, 4).join('; ')}`);
    else healings.push(queue.now() - endedAt);
    current = undefined;
    queue.runUntil(Math.max(queue.now(), endedAt + fault.healedAfterMs) + (fault.pauseMs ?? PAUSE_MS));
    for (const problem of disagreements(cluster, () => 'alive')) report(`after ${fault.what}: ${problem}`);
  }
  return { violations, detections, healings };
}

/** Lets time pass until nobody disagrees; what is left at the deadline. */
function waitUntilAgreed(cluster: VirtualCluster, expected: Fault['expected'], deadlineMs: number): readonly string[] {
  for (;;) {
    const left = disagreements(cluster, expected);
    if (left.length === 0 || cluster.queue.now() >= deadlineMs) return left;
    cluster.queue.runUntil(Math.min(deadlineMs, cluster.queue.now() + TICK_MS));
  }
}

function disagreements(
  cluster: VirtualCluster,
  expected: (observer: string, subject: string) => MemberState | 'isolated' | undefined,
): string[] {
  return [...cluster.agents.values()].flatMap((agent) => {
    const host = cluster.network.host(agent.name);
    if (agent.isDead || host.isFrozen) return [];
    const { members, isolation } = agent.last;
    return members.flatMap(({ name, state }) => {
      const wanted = name === agent.name ? 'alive' : expected(agent.name, name);
      if (wanted === undefined || wanted === state) return [];
      if (wanted === 'isolated' && isolation === 'self') return [];
      return [`${agent.name} thinks ${name} is ${state}, not ${wanted}`];
    });
  });
}
