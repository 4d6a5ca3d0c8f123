/** Agents that stand still, for once or again and again. */
import type { VirtualAgent } from '../agent.ts';
import type { Fault } from '../schedule.ts';
import type { World } from '../world.ts';
import { BACK_MS, type Running, SILENT_MS, type Stage } from './stage.ts';

export function beginFreeze(world: World, hosts: readonly string[]): Running {
  const agents = hosts.flatMap((host) => world.host(host).agent ?? []);
  for (const { process } of agents) process.freeze();
  const isAnybodyAwake = world.agents().some(({ process }) => !process.isFrozen());
  return {
    ...(isAnybodyAwake && { knownAfterMs: SILENT_MS }),
    healedAfterMs: BACK_MS,
    end: () => agents.forEach(({ process }) => process.thaw()),
  };
}

export function beginStutter({ world, truth }: Stage, hosts: readonly string[]): Running {
  const each = (act: (agent: VirtualAgent) => void): void => {
    for (const host of hosts) {
      const { agent } = world.host(host);
      if (agent !== undefined) act(agent);
    }
    truth.note();
  };
  let isOn = true;
  for (const startMs of [0, 9000]) {
    world.queue.after(startMs, () => isOn && each(({ process }) => process.freeze()));
    world.queue.after(startMs + 8000, () => isOn && each(({ process }) => process.thaw()));
  }
  return {
    healedAfterMs: BACK_MS,
    end() {
      isOn = false;
      each(({ process }) => process.thaw());
    },
  };
}

export function beginStarvation(
  { world, truth }: Stage,
  { hosts, stopsMs, runsMs }: Extract<Fault, { kind: 'starve' }>,
): Running {
  const agents = hosts.flatMap((host) => world.agent(world.nodeAt(host)) ?? []);
  let isOn = true;
  for (const { process, node } of agents) {
    world.starved.add(node);
    const stop = (): void => {
      if (!isOn) return;
      process.freeze();
      world.queue.after(stopsMs * (0.8 + 0.4 * world.random.next()), () => {
        process.thaw();
        world.queue.after(runsMs, stop);
      });
    };
    stop();
  }
  return {
    healedAfterMs: BACK_MS,
    end() {
      isOn = false;
      for (const { process, node } of agents) {
        process.thaw();
        world.starved.delete(node);
      }
      truth.note();
    },
  };
}
