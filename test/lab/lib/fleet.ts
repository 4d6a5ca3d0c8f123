/** A cluster of agents in a lab, all listened to all the time, for tests that do things to many of them at once. */
import { availableParallelism, loadavg } from 'node:os';
import { FEW_CHECKS, QUIET_CHECKS, createAgentCluster, isWhole } from './agents.ts';
import { createLab } from './lab/lab.ts';
import type { Lab, LabHost, LabProcess } from './lab/types.ts';
import { type Said, type Saying, type Watch, createWatch, sleep } from './watch.ts';

export interface FleetOptions {
  /** Hosts, named n1, n2 and so on. */
  readonly size: number;
  /** For more agents than a machine bears easily: as they ship, with one check, started a few at a time, and seldom asked. */
  readonly large?: boolean;
}

export interface Fleet {
  readonly lab: Lab;
  readonly watch: Watch;
  readonly names: readonly string[];
  hostsOf(names: readonly string[]): LabHost[];
  but(names: readonly string[]): LabHost[];
  /** Resolves when each of these agents answers. */
  start(names: readonly string[]): Promise<void>;
  /** Ends what a test that failed has left: the network is whole, and every agent runs. */
  restore(): Promise<void>;
  /** What the agent has logged. */
  outputOf(name: string): string;
  /** Of all agents together, since they started. */
  cpuSeconds(): number;
  /** Of all agents. */
  pids(): readonly number[];
  /** SIGKILL; resolves when they have ended. */
  kill(names: readonly string[]): Promise<void>;
  /** SIGTERM; resolves when they have ended. */
  stop(names: readonly string[]): Promise<void>;
  freeze(names: readonly string[]): void;
  thaw(names: readonly string[]): void;
  /** Waits until every agent is healthy, and no member anything but alive to it. */
  untilHealthy(what: string, withinMs?: number): Promise<readonly Saying[]>;
  /**
   * Waits until that has been so for some seconds, with nothing else said, and where they are many the machine has
   * caught up with their start. Agents that start together on one machine starve each other for a while, and a fault
   * on top of that is another test.
   */
  untilCalm(withinMs?: number): Promise<void>;
  remove(): Promise<void>;
}

const LARGE_EVERY_MS = 2000;
/** More would only wait for the CPU. */
const LARGE_AT_ONCE = 3;

const CALM_MS = 3000;
/** Of the last minute, as the kernel counts. Forty calm agents, which wake up in bursts, make 12 on two cores. */
const CALM_LOAD = 8 * availableParallelism();
/** Once it is over it is told for a quarter of an hour. */
const HISTORY = [/: Partition \S+ info$/, /: NodeLeaving \S+ info$/, /: \S+ is leaving$/];

/** All agents are started, and nothing is waited for. */
export async function createFleet({ size, large = false }: FleetOptions): Promise<Fleet> {
  const names = Array.from({ length: size }, (_, index) => `n${index + 1}`);
  const lab = await createLab({ hosts: names, ...(large && { ipv6: false, disksInMemory: true }) });
  const agents = createAgentCluster(lab.hosts);
  const running = new Map<string, LabProcess>();
  const processesOf = (which: readonly string[]): LabProcess[] => which.flatMap((name) => running.get(name) ?? []);
  const hostsOf = (which: readonly string[]): LabHost[] => which.map((name) => lab.host(name));
  const start = async (which: readonly string[]): Promise<void> => {
    const waiting = hostsOf(which);
    const startSome = async (): Promise<void> => {
      for (let host = waiting.shift(); host !== undefined; host = waiting.shift())
        running.set(host.name, await agents.start(host, large ? FEW_CHECKS : QUIET_CHECKS, { bundled: large }));
    };
    await Promise.all(Array.from({ length: large ? LARGE_AT_ONCE : which.length }, startSome));
  };
  const freeze = (which: readonly string[]): void => processesOf(which).forEach((one) => one.freeze());
  const thaw = (which: readonly string[]): void => processesOf(which).forEach((one) => one.thaw());
  const hasEnded = (name: string): boolean => running.get(name)?.usage().pids.length === 0;
  const watch = createWatch(lab.hosts, large ? LARGE_EVERY_MS : undefined);
  const remove = async (): Promise<void> => {
    await watch.stop();
    await lab.remove();
  };
  try {
    await start(names);
  } catch (error) {
    await remove();
    throw error;
  }
  const untilHealthy: Fleet['untilHealthy'] = (what, withinMs) =>
    watch.until(lab.hosts, what, isHealthy(size), withinMs);
  return {
    lab,
    watch,
    names,
    hostsOf,
    but: (which) => lab.hosts.filter(({ name }) => !which.includes(name)),
    start,
    async restore() {
      await lab.heal();
      thaw(names);
      await start(names.filter(hasEnded));
    },
    outputOf: (name) => running.get(name)?.output() ?? '',
    cpuSeconds: () => [...running.values()].reduce((sum, one) => sum + one.usage().cpuSeconds, 0),
    pids: () => [...running.values()].flatMap((one) => one.usage().pids),
    async kill(which) {
      const killed = processesOf(which);
      for (const one of killed) one.kill('SIGKILL');
      await Promise.all(killed.map(({ ended }) => ended));
    },
    async stop(which) {
      await Promise.all(processesOf(which).map((one) => one.stop()));
    },
    freeze,
    thaw,
    untilHealthy,
    async untilCalm(withinMs = 60_000) {
      const end = performance.now() + withinMs;
      for (;;) {
        await untilHealthy('all are healthy', end - performance.now());
        watch.begin();
        await sleep(CALM_MS);
        const others = watch.others(HISTORY);
        const load = large ? (loadavg()[0] ?? 0) : 0;
        if (others.length === 0 && load < CALM_LOAD) return;
        process.stdout.write(`not calm yet: ${others[0] ?? `load ${load}`}\n`);
        if (performance.now() > end) throw new Error(`not calm after ${withinMs} ms: ${others[0] ?? `load ${load}`}`);
      }
    },
    remove,
  };
}

const isHealthy =
  (size: number) =>
  ({ status, states }: Said): boolean =>
    isWhole(status, size) && Object.values(states).every((state) => state === 'alive');
