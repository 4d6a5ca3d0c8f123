/** Every kind of trouble that a soak makes, each planned by the seed before it begins. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../test/lib/random.ts';
import type { Herd } from './herd.ts';
import type { NetworkFaults } from './network-faults.ts';
import { between, draw } from './random.ts';
import type { Truth } from './truth.ts';

export interface Ground {
  readonly herd: Herd;
  readonly network: NetworkFaults;
  readonly truth: Truth;
  readonly signal: AbortSignal;
}

/** Who a fault may choose from. */
export interface Choice {
  readonly names: readonly string[];
  /** Agents that no other fault of the episode ends or freezes, and that may be ended. */
  readonly mortal: readonly string[];
  /** The same, those included that are never ended. */
  readonly free: readonly string[];
}

export interface Fault {
  /** In words, with its victims. */
  readonly text: string;
  /** No other fault of the episode may end, freeze or unplug them. */
  readonly victims: readonly string[];
  /** Both ends of a path that fails alone: with all others well nobody may be called lost for it. */
  readonly ends?: readonly string[];
  /** Makes the trouble and ends it; everything that it ended runs again when it resolves. */
  run(ground: Ground): Promise<void>;
}

export interface FaultKind {
  readonly id: string;
  readonly weight: number;
  plan(random: Random, choice: Choice): Fault;
}

export const FAULT_KINDS: readonly FaultKind[] = [
  {
    id: 'kill',
    weight: 5,
    plan(random, { mortal }) {
      const victims = draw(random, mortal, between(random, 1, 3));
      const seconds = between(random, 1, 30);
      return fault(victims, `killed for ${seconds} s: ${victims.join(' ')}`, async ({ herd, truth, signal }) => {
        truth.down(victims);
        await herd.end(victims, 'SIGKILL');
        await pause(seconds, signal);
        await herd.start(victims);
      });
    },
  },
  {
    id: 'freeze',
    weight: 4,
    plan(random, { names, free }) {
      const victims = draw(random, free, between(random, 1, Math.max(1, Math.floor(names.length / 8))));
      const seconds = between(random, 5, 20);
      return fault(victims, `frozen for ${seconds} s: ${victims.join(' ')}`, async ({ herd, truth, signal }) => {
        truth.down(victims);
        herd.freeze(victims);
        await lasting(seconds, signal, () => herd.thaw(victims));
      });
    },
  },
  {
    id: 'cut',
    weight: 5,
    plan: (random, { names }) => cutOf(random, names),
  },
  {
    id: 'two cuts',
    weight: 3,
    plan(random, choice) {
      const cuts = [cutOf(random, choice.names), cutOf(random, choice.names)];
      return fault([], cuts.map(({ text }) => text).join(', and '), async (ground) => {
        await Promise.all(cuts.map((cut) => cut.run(ground)));
      });
    },
  },
  {
    id: 'power off',
    weight: 3,
    plan(random, { mortal }) {
      const victims = draw(random, mortal, between(random, 1, 2));
      const seconds = between(random, 3, 40);
      return fault(victims, `without power for ${seconds} s: ${victims.join(' ')}`, async ({ herd, truth, signal }) => {
        truth.down(victims);
        await Promise.all(victims.map((name) => herd.powerOff(name)));
        await lasting(seconds, signal, () => herd.powerOn(victims));
        await herd.start(victims);
      });
    },
  },
  {
    id: 'restart of a third',
    weight: 2,
    plan(random, { names, mortal }) {
      const victims = draw(random, mortal, Math.floor(names.length / 3));
      const signalName = random.chance(0.5) ? 'SIGTERM' : 'SIGKILL';
      return fault(victims, `started again after ${signalName}: ${victims.join(' ')}`, async ({ herd, truth }) => {
        truth.down(victims);
        await herd.end(victims, signalName);
        await herd.start(victims);
      });
    },
  },
  {
    id: 'database lost',
    weight: 2,
    plan(random, { mortal }) {
      const victims = draw(random, mortal, between(random, 1, 2));
      const seconds = between(random, 1, 10);
      return fault(victims, `killed, database deleted, ${seconds} s: ${victims.join(' ')}`, async (ground) => {
        ground.truth.down(victims);
        await ground.herd.end(victims, 'SIGKILL');
        for (const name of victims) ground.herd.deleteDatabase(name);
        await pause(seconds, ground.signal);
        await ground.herd.start(victims);
      });
    },
  },
  {
    id: 'loss',
    weight: 3,
    plan(random) {
      const seconds = between(random, 10, 40);
      return fault([], `10 % of all packets lost for ${seconds} s`, async ({ network, signal }) => {
        const end = await network.add((lab) => lab.loss('*', 0.1));
        await lasting(seconds, signal, end);
      });
    },
  },
  {
    id: 'flapping link',
    weight: 3,
    plan(random, { free }) {
      const victims = draw(random, free, 1);
      const flaps = Array.from({ length: between(random, 3, 8) }, () => ({
        down: between(random, 3, 30) / 10,
        up: between(random, 3, 40) / 10,
      }));
      return fault(victims, `link down ${flaps.length} times: ${victims.join(' ')}`, (ground) =>
        flap(ground, victims, flaps),
      );
    },
  },
  {
    id: 'one path',
    weight: 2,
    plan(random, { names }) {
      const [from = '', to = ''] = draw(random, names, 2);
      const oneWay = random.chance(0.5);
      const seconds = between(random, 5, 40);
      const how = oneWay ? 'nothing of it reaches' : 'nothing passes between it and';
      const text = `${from}: ${how} ${to} for ${seconds} s`;
      const own = fault([], text, async ({ network, signal }) => {
        const end = await network.add((lab) => lab.cut(from, to, { oneWay }));
        await lasting(seconds, signal, end);
      });
      return { ...own, ends: [from, to] };
    },
  },
];

function fault(victims: readonly string[], text: string, run: Fault['run']): Fault {
  return { victims, text, run };
}

function cutOf(random: Random, names: readonly string[]): Fault {
  const side = draw(random, names, between(random, 1, Math.floor(names.length / 3)));
  const others = names.filter((name) => !side.includes(name));
  const seconds = between(random, 3, 60);
  return fault([], `cut off for ${seconds} s: ${side.join(' ')}`, async ({ network, truth, signal }) => {
    truth.apart(side);
    const end = await network.add((lab) => lab.partition([side, others]));
    await lasting(seconds, signal, end);
  });
}

async function flap(
  { herd, truth, signal }: Ground,
  victims: readonly string[],
  flaps: readonly { readonly down: number; readonly up: number }[],
): Promise<void> {
  truth.apart(victims);
  const hosts = victims.map((name) => herd.lab.host(name));
  try {
    for (const { down, up } of flaps) {
      await Promise.all(hosts.map((host) => host.linkDown()));
      await pause(down, signal);
      await Promise.all(hosts.map((host) => host.linkUp()));
      await pause(up, signal);
    }
  } finally {
    await Promise.all(hosts.map((host) => host.linkUp()));
  }
}

const pause = (seconds: number, signal: AbortSignal): Promise<void> => sleep(seconds * 1000, undefined, { signal });

/** The end comes also when the soak is interrupted. */
async function lasting(seconds: number, signal: AbortSignal, end: () => unknown): Promise<void> {
  try {
    await pause(seconds, signal);
  } finally {
    await end();
  }
}
