/** Agents that die, hosts without power, restarts, and machines that come in the place of others. */
import type { Fault } from '../schedule.ts';
import type { World } from '../world.ts';
import { DOWN_MS, FEW_LEFT_MS, RENAMED_MS, type Running, SILENT_MS, STARTED_MS, type Stage } from './stage.ts';

/** In a cluster of at most so many everybody observes everybody; in a larger one others have to take over first. */
const ALL_OBSERVE = 9;

export function beginLoss(
  { world, truth }: Stage,
  { kind, hosts, loss }: Extract<Fault, { kind: 'crash' | 'power-off' }>,
): Running {
  for (const host of hosts) {
    if (kind === 'crash') world.crash(host);
    else world.powerOff(host);
  }
  const isNewKey = loss === 'key' || loss === 'all';
  const left = world.agents().length;
  const areFewLeft = 2 * hosts.length > world.names.length || (world.names.length > ALL_OBSERVE && hosts.length > 2);
  const slowest = areFewLeft ? FEW_LEFT_MS : SILENT_MS;
  return {
    ...(left > 0 && { knownAfterMs: kind === 'crash' ? DOWN_MS : slowest }),
    healedAfterMs: isNewKey ? RENAMED_MS : STARTED_MS,
    end() {
      for (const host of hosts) {
        if (kind === 'power-off' && !world.network.host(host).isOn) world.powerOn(host);
        if (!canStart(world, host)) continue;
        world.loseDisk(host, loss);
        if (isNewKey) truth.dispute(world.nodeAt(host));
        world.start(host);
      }
    },
  };
}

export function beginRestart({ world, truth }: Stage, hosts: readonly string[], isAlone: boolean): Running {
  const agents = hosts.flatMap((host) => world.agent(world.nodeAt(host)) ?? []);
  for (const agent of agents) {
    agent.hasLeft = true;
    if (isAlone) world.goodbyes.add(agent.node);
    agent.process.run(() => {
      agent.save();
      void agent.mesh.stop('restart').then(() => {
        if (agent.process.isAlive()) world.crash(agent.host.name);
        truth.note();
      });
    });
  }
  return {
    ...(isAlone && { knownAfterMs: DOWN_MS }),
    healedAfterMs: STARTED_MS,
    end() {
      for (const { host, node } of agents) {
        world.goodbyes.delete(node);
        // Whoever was started meanwhile has nothing to do with this.
        if (host.agent !== undefined && !agents.includes(host.agent)) continue;
        world.crash(host.name);
        if (canStart(world, host.name)) world.start(host.name, node);
      }
    },
  };
}

export function beginReinstall(
  { world, truth }: Stage,
  { host, spare }: Extract<Fault, { kind: 'reinstall' }>,
): Running {
  const node = world.nodeAt(host);
  world.powerOff(host);
  world.queue.after(6000, () => {
    truth.dispute(node);
    world.homes.set(node, spare);
    world.start(spare, node);
    truth.note();
  });
  return { knownAfterMs: SILENT_MS, healedAfterMs: STARTED_MS, end: () => {} };
}

/** Two faults may be of one host, and the one that ends last starts its agent. */
const canStart = (world: World, host: string): boolean =>
  world.network.host(host).isOn && world.host(host).agent?.process.isAlive() !== true;
