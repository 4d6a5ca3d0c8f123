/** A network that delays, loses and cuts, between hosts that can be switched off and agents that can be killed or frozen. */
import type { Random } from '../lib/random.ts';

export interface Host {
  readonly name: string;
  /** Has power. */
  isOn: boolean;
  isAgentRunning: boolean;
  /** SIGSTOP: the kernel goes on, the agent does not. */
  isFrozen: boolean;
  /** Whether its default gateway answers. */
  hasGateway: boolean;
}

export interface Network {
  readonly hosts: ReadonlyMap<string, Host>;
  host(name: string): Host;
  /** One direction only. */
  cut(from: string, to: string): void;
  /** Cuts every path between different groups. */
  partition(groups: readonly (readonly string[])[]): void;
  /** All paths open, no loss. */
  heal(): void;
  setLoss(ratio: number): void;
  /** Everything to and from the host takes so much longer; 0 ends it. */
  slow(name: string, byMs: number): void;
  /** Opens one direction again. */
  mend(from: string, to: string): void;
  lossRatio(): number;
  isCut(from: string, to: string): boolean;
  /** One-way time of a datagram or segment in ms; undefined where it is lost. Says nothing of the host at the end. */
  pass(from: string, to: string): number | undefined;
  /** Bytes get through both ways, sooner or later. */
  isConnected(one: string, other: string): boolean;
}

export function createNetwork(names: readonly string[], random: Random): Network {
  const hosts = new Map<string, Host>(
    names.map((name) => [name, { name, isOn: true, isAgentRunning: true, isFrozen: false, hasGateway: true }]),
  );
  const cuts = new Set<string>();
  const key = (from: string, to: string): string => `${from}>${to}`;
  // Paths differ, and every datagram of one path a little.
  const base = new Map(names.map((name) => [name, new Map<string, number>()]));
  const slowness = new Map<string, number>();
  let loss = 0;
  const latency = (from: string, to: string): number => {
    const [one, other] = from < to ? [from, to] : [to, from];
    const path = base.get(one);
    const least = path?.get(other) ?? 0.1 + 2 * random.next();
    path?.set(other, least);
    const isQueued = random.chance(0.001);
    const slowMs = (slowness.get(from) ?? 0) + (slowness.get(to) ?? 0);
    return least + random.next() + (isQueued ? 80 * random.next() : 0) + slowMs;
  };
  const host = (name: string): Host => {
    const found = hosts.get(name);
    if (found === undefined) throw new Error(`no host ${name}`);
    return found;
  };
  const isCut = (from: string, to: string): boolean => cuts.size > 0 && cuts.has(key(from, to));
  return {
    hosts,
    host,
    cut(from, to) {
      cuts.add(key(from, to));
    },
    partition(groups) {
      for (const [index, group] of groups.entries()) {
        const others = groups.filter((_, other) => other !== index).flat();
        for (const from of group) for (const to of others) cuts.add(key(from, to));
      }
    },
    heal() {
      cuts.clear();
      loss = 0;
    },
    setLoss(ratio) {
      loss = ratio;
    },
    slow: (name, byMs) => void slowness.set(name, byMs),
    mend: (from, to) => void cuts.delete(key(from, to)),
    lossRatio: () => loss,
    isCut,
    pass: (from, to) => (isCut(from, to) || random.chance(loss) ? undefined : latency(from, to)),
    isConnected: (one, other) => host(one).isOn && host(other).isOn && !isCut(one, other) && !isCut(other, one),
  };
}
