/** How fast a member writes, and how often its leader changed: differences of its metrics over some time. */
import { type Histogram, countAbove, grownBetween, quantileOf, totalOf } from '../histogram.ts';
import { type CounterWindow, createCounterWindow } from '../window.ts';
import type { EtcdMetrics } from './answers.ts';

/** What is kept of earlier metrics. */
export interface WritesMemory {
  readonly durations: CounterWindow<EtcdMetrics>;
  leaders: CounterWindow<number>;
  lastChanges?: number;
}

/** One of the two writes in the last half minute. */
export interface Durations {
  readonly p99Ms: number;
  /** The time is longer than etcd's histogram can tell. */
  readonly isMore: boolean;
  readonly count: number;
  /** Over how long, ms. */
  readonly spanMs: number;
  /** How many took longer than so many milliseconds, or more than that. */
  countAbove(limitMs: number): number;
}

export interface Writes {
  readonly fsync?: Durations;
  readonly commit?: Durations;
  /** In the last {@link LEADERS_MS}, as far as this agent was there. */
  readonly leaderChanges: number;
}

const WINDOW_MS = 30_000;
/** Fewer seconds say too little; the metrics are read every 10 s. */
const SHORTEST_MS = 25_000;
/** A window of writes, and up to the next metrics. */
export const WRITES_WINDOW_MS = 40_000;
export const LEADERS_MS = 300_000;

const leadersWindow = (): CounterWindow<number> => createCounterWindow(LEADERS_MS);

export const createWritesMemory = (): WritesMemory => ({
  durations: createCounterWindow(WINDOW_MS),
  leaders: leadersWindow(),
});

/**
 * Updates the memory.
 *
 * @param at monotonic ms, of these metrics
 */
export function measureWrites(memory: WritesMemory, metrics: EtcdMetrics, at: number): Writes {
  const { walFsync, backendCommit, leaderChanges } = metrics;
  const base = memory.durations.add(at, metrics);
  const spanMs = base === undefined ? 0 : at - base.at;
  const fsync = spanMs < SHORTEST_MS ? undefined : durationsOf(base?.value.walFsync, walFsync, spanMs);
  const commit = spanMs < SHORTEST_MS ? undefined : durationsOf(base?.value.backendCommit, backendCommit, spanMs);
  return {
    ...(fsync !== undefined && { fsync }),
    ...(commit !== undefined && { commit }),
    leaderChanges: leaderChanges === undefined ? 0 : changesOf(memory, leaderChanges, at),
  };
}

function durationsOf(
  before: Histogram | undefined,
  after: Histogram | undefined,
  spanMs: number,
): Durations | undefined {
  const grown = before === undefined || after === undefined ? undefined : grownBetween(before, after);
  const p99 = grown === undefined ? undefined : quantileOf(grown, 0.99);
  if (grown === undefined || p99 === undefined) return undefined;
  return {
    p99Ms: p99.value * 1000,
    isMore: p99.isMore,
    count: totalOf(grown),
    spanMs,
    countAbove: (limitMs) => countAbove(grown, limitMs / 1000),
  };
}

function changesOf(memory: WritesMemory, changes: number, at: number): number {
  // The member was started anew, and counts from 0.
  if (changes < (memory.lastChanges ?? 0)) memory.leaders = leadersWindow();
  memory.lastChanges = changes;
  return changes - (memory.leaders.add(at, changes)?.value ?? changes);
}
