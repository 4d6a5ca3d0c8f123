/** Faults of a simulated cluster: what is done, what everybody must think of it by when, and how it ends. */
import type { MemberState } from '../../agent/model/member.ts';
import type { Random } from '../lib/random.ts';
import type { VirtualCluster } from './virtual-cluster.ts';

export interface Fault {
  /** For people. */
  readonly what: string;
  begin(cluster: VirtualCluster): void;
  /** So long after the begin every healthy agent must think what `expected` says. */
  readonly knownAfterMs: number;
  /** What an observer must think of a subject then; undefined where it does not matter. */
  expected(observer: string, subject: string): MemberState | 'isolated' | undefined;
  /** Down states that are right while it lasts and until it healed. */
  allowed(observer: string, subject: string): readonly MemberState[];
  readonly lastsMs: number;
  end(cluster: VirtualCluster): void;
  /** So long after the end everybody must think that everybody is alive. */
  readonly healedAfterMs: number;
  /** What to wait before the next fault; 5 s unless it says otherwise. */
  readonly pauseMs?: number;
}

/** One probe interval and 1.5 s. */
const HEALED_AFTER_MS = 2500;
const NOTHING: readonly MemberState[] = [];

export function hostLoss(lost: ReadonlySet<string>, size: number, lastsMs = 12_000): Fault {
  // Where most members vanish, the rest must first find whom to observe now.
  const knownAfterMs = 2 * lost.size <= size ? 4200 : 7500;
  return {
    what: `power off ${[...lost].join(',')}`,
    begin: (cluster) => lost.forEach((name) => cluster.powerOff(name)),
    knownAfterMs,
    expected: (_, subject) => (lost.has(subject) ? 'unreachable' : 'alive'),
    allowed: (_, subject) => (lost.has(subject) ? ['unreachable'] : NOTHING),
    lastsMs,
    end: (cluster) => lost.forEach((name) => cluster.powerOn(name)),
    healedAfterMs: HEALED_AFTER_MS,
  };
}

export function killedAgents(killed: ReadonlySet<string>): Fault {
  return {
    what: `kill the agents of ${[...killed].join(',')}`,
    begin: (cluster) => killed.forEach((name) => cluster.killAgent(name)),
    knownAfterMs: 1500,
    expected: (_, subject) => (killed.has(subject) ? 'agent-down' : 'alive'),
    allowed: (_, subject) => (killed.has(subject) ? ['agent-down'] : NOTHING),
    lastsMs: 8000,
    end: (cluster) => killed.forEach((name) => cluster.startAgent(name)),
    healedAfterMs: HEALED_AFTER_MS,
  };
}

/** 8 s of every 9. */
export function frozenAgents(frozen: ReadonlySet<string>, times = 3): Fault {
  const cycles = Array.from({ length: times }, (_, cycle) => 9000 * cycle);
  return {
    what: `freeze ${[...frozen].join(',')} for 8 s of 9`,
    begin(cluster) {
      for (const startMs of cycles) {
        cluster.queue.after(startMs, () => frozen.forEach((name) => cluster.freeze(name)));
        cluster.queue.after(startMs + 8000, () => frozen.forEach((name) => cluster.thaw(name)));
      }
    },
    knownAfterMs: 4000,
    expected(observer, subject) {
      if (frozen.has(observer)) return undefined;
      return frozen.has(subject) ? 'agent-unresponsive' : 'alive';
    },
    allowed: (_, subject) => (frozen.has(subject) ? ['agent-unresponsive'] : NOTHING),
    lastsMs: 9000 * times - 500,
    end: () => {},
    healedAfterMs: HEALED_AFTER_MS,
  };
}

export function partition(
  groups: readonly (readonly string[])[],
  withoutGateway: readonly string[],
  size: number,
  lastsMs = 12_000,
): Fault {
  const groupOf = (name: string): readonly string[] => groups.find((group) => group.includes(name)) ?? [];
  const isIsolated = (name: string): boolean => withoutGateway.includes(name) && groupOf(name).length === 1;
  const isApart = (one: string, other: string): boolean => !groupOf(one).includes(other);
  return {
    what: `partition ${groups.map((group) => group.join(',')).join(' | ')}, no gateway: ${withoutGateway.join(',')}`,
    begin(cluster) {
      cluster.network.partition(groups);
      for (const name of withoutGateway) cluster.network.host(name).hasGateway = false;
    },
    // A small side of a large cluster must first find out whom to observe.
    knownAfterMs: size <= 17 ? 4200 : 7500,
    expected(observer, subject) {
      if (isIsolated(observer)) return 'isolated';
      return isApart(observer, subject) ? 'unreachable' : 'alive';
    },
    allowed: (observer, subject) => (!isIsolated(observer) && isApart(observer, subject) ? ['unreachable'] : NOTHING),
    lastsMs,
    end(cluster) {
      cluster.network.heal();
      for (const host of cluster.network.hosts.values()) host.hasGateway = true;
    },
    healedAfterMs: lastsMs <= 60_000 ? HEALED_AFTER_MS : 16_000,
  };
}

/** One path of many, in one direction or both. With two members it is all there is. */
export function linkCut(one: string, other: string, isOneWay: boolean, size: number): Fault {
  const isBetween = (a: string, b: string): boolean => (a === one && b === other) || (a === other && b === one);
  return {
    what: `cut ${one} ${isOneWay ? '->' : '<->'} ${other}`,
    begin(cluster) {
      cluster.network.cut(one, other);
      if (!isOneWay) cluster.network.cut(other, one);
    },
    knownAfterMs: 4200,
    expected: (observer, subject) => (size === 2 && isBetween(observer, subject) ? 'unreachable' : undefined),
    allowed: (observer, subject) => (size === 2 && isBetween(observer, subject) ? ['unreachable'] : NOTHING),
    lastsMs: 15_000,
    end: (cluster) => cluster.network.heal(),
    healedAfterMs: HEALED_AFTER_MS,
  };
}

export function loss(ratio: number, lastsMs = 40_000): Fault {
  return {
    what: `lose ${100 * ratio} % of everything`,
    begin: (cluster) => cluster.network.setLoss(ratio),
    knownAfterMs: 1000,
    expected: () => undefined,
    allowed: () => NOTHING,
    lastsMs,
    end: (cluster) => cluster.network.heal(),
    healedAfterMs: HEALED_AFTER_MS,
    // For as long as an edge remembers that it loses much, it takes more misses to call it lost.
    pauseMs: 40_000,
  };
}

export function cleanRestart(name: string): Fault {
  return {
    what: `restart the agent of ${name}`,
    begin: (cluster) => cluster.restartCleanly(name, 6000),
    knownAfterMs: 500,
    expected: (_, subject) => (subject === name ? 'leaving' : 'alive'),
    allowed: () => NOTHING,
    lastsMs: 6060,
    end: () => {},
    healedAfterMs: HEALED_AFTER_MS,
  };
}

/** Any of them, of any size that leaves somebody to tell. */
export function randomFault(names: readonly string[], random: Random): Fault {
  const size = names.length;
  const shuffled = [...names].sort(() => random.next() - 0.5);
  const some = (most: number): ReadonlySet<string> => new Set(shuffled.slice(0, 1 + random.integer(Math.max(1, most))));
  if (size === 1) return random.chance(0.5) ? loss(0.2) : linkCut('n1', 'n1', true, 1);
  const kinds: readonly (() => Fault)[] = [
    () => hostLoss(some(Math.floor(size / 2)), size),
    () => hostLoss(some(size - 1), size),
    () => killedAgents(some(Math.floor(size / 2))),
    () => frozenAgents(some(Math.floor(size / 4))),
    () => randomPartition(shuffled, random),
    () => randomPartition(shuffled, random),
    () => linkCut(shuffled[0] ?? '', shuffled[1] ?? '', random.chance(0.5), size),
    () => loss(0.2),
    () => cleanRestart(shuffled[0] ?? ''),
  ];
  return random.pick(kinds)();
}

function randomPartition(shuffled: readonly string[], random: Random): Fault {
  const first = 1 + random.integer(shuffled.length - 1);
  const rest = shuffled.slice(first);
  const isInThree = rest.length > 1 && random.chance(0.4);
  const second = isInThree ? 1 + random.integer(rest.length - 1) : rest.length;
  const groups = [shuffled.slice(0, first), rest.slice(0, second), rest.slice(second)].filter(
    ({ length }) => length > 0,
  );
  const withoutGateway = groups.filter(() => random.chance(0.4)).flat();
  return partition(groups, withoutGateway, shuffled.length);
}
