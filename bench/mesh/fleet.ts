/** Agents of one product, one on each place: what the rows of the benchmark do to them and ask of them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { treeOf } from '../lib/process.ts';
import type { Place, Running, Site } from './site.ts';

/** What one agent says of a member. */
export interface Said {
  readonly state: string;
  /** Tells a state from a later one of the same name, where the product says it. */
  readonly since?: string;
}

/** What one agent says of all members, itself included. */
export interface View {
  readonly members: ReadonlyMap<string, Said>;
  /** Two agents with the same digest know the same. */
  readonly digest?: string;
}

/** How one event spread. */
export interface EventRound {
  /** From the event at its author until each other agent has it, ms; undefined: it never came within the bound. */
  readonly arrivals: ReadonlyMap<string, number | undefined>;
}

/** What is different from product to product. */
export interface Product {
  readonly name: string;
  /** Between two looks at an agent's view, ms. */
  readonly pollMs: number;
  /** How its views are looked at, in words. */
  readonly seenBy: string;
  /** Of its agents among themselves. */
  readonly port: number;
  /** An agent that has just started takes so long before it says anything of others, ms. */
  readonly settledMs: number;
  start(place: Place): Promise<Running>;
  /** Undefined: no answer. */
  view(place: Place, running: Running): Promise<View | undefined>;
  /** Makes one event at the author and watches the others. */
  event(author: Place, running: ReadonlyMap<string, Running>, signal: AbortSignal): Promise<EventRound>;
  /** How an event is made and timed, in words. */
  readonly eventBy: string;
  close(): Promise<void>;
}

export interface Fleet {
  readonly product: Product;
  readonly site: Site;
  /** Of all agents. The first one is the author of events. */
  readonly names: readonly string[];
  readonly author: string;
  start(name: string): Promise<void>;
  kill(name: string): Promise<void>;
  freeze(name: string): void;
  thaw(name: string): void;
  /** The agent's own process, then those below it. */
  processes(name: string): readonly number[];
  view(name: string): Promise<View | undefined>;
  event(signal: AbortSignal): Promise<EventRound>;
  /** Ends faults, starts who is not there. Resolves to how many had to be started. */
  recover(): Promise<number>;
  stop(): Promise<void>;
}

/** True for a verdict that a member does not do its work: more than a doubt, and not a farewell. */
export const isGone = (state: string | undefined): boolean =>
  state !== undefined && !['alive', 'suspect', 'leaving', 'left'].includes(state);

/** Agents that start at the same time: more would only wait for the CPU. */
const STARTS_AT_ONCE = 4;

/** Nobody runs yet. */
export function createFleet(product: Product, site: Site): Fleet {
  const running = new Map<string, Running>();
  const places = new Map(site.places.map((place) => [place.name, place]));
  const names = [...places.keys()];
  const [author = ''] = names;
  const placeOf = (name: string): Place => {
    const place = places.get(name);
    if (place === undefined) throw new Error(`there is no ${name}`);
    return place;
  };
  const processes = (name: string): readonly number[] => {
    const pid = running.get(name)?.pid;
    return pid === undefined ? [] : treeOf(pid);
  };
  const signalAll = (name: string, signal: NodeJS.Signals): void =>
    processes(name).forEach((pid) => signalIfThere(pid, signal));
  const start = async (name: string): Promise<void> => {
    running.set(name, await product.start(placeOf(name)));
  };
  const stopOne = async (name: string): Promise<void> => {
    const one = running.get(name);
    running.delete(name);
    await one?.stop();
  };
  return {
    product,
    site,
    names,
    author,
    start,
    async kill(name) {
      const one = running.get(name);
      running.delete(name);
      one?.kill('SIGKILL');
      await Promise.race([one?.ended, sleep(10_000, undefined, { ref: false })]);
    },
    freeze: (name) => signalAll(name, 'SIGSTOP'),
    thaw: (name) => signalAll(name, 'SIGCONT'),
    processes,
    async view(name) {
      const one = running.get(name);
      return one === undefined ? undefined : product.view(placeOf(name), one);
    },
    event: (signal) => product.event(placeOf(author), running, signal),
    async recover() {
      await site.faults?.heal();
      names.forEach((name) => signalAll(name, 'SIGCONT'));
      const missing = names.filter((name) => !running.has(name));
      await inBatches(missing, start);
      return missing.length;
    },
    async stop() {
      await inBatches([...running.keys()], stopOne);
      await product.close();
    },
  };
}

async function inBatches<T>(items: readonly T[], each: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const worker = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await each(item);
  };
  await Promise.all(Array.from({ length: STARTS_AT_ONCE }, worker));
}

function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself.
  }
}
