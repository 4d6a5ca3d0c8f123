/** What every row of the benchmark is given, and how its figures are made. */
import { loadavg } from 'node:os';
import { type Figure, median } from '../lib/table.ts';
import type { Fleet } from './fleet.ts';

/** How often and how long each row measures. */
export interface Plan {
  readonly kills: number;
  readonly silences: number;
  /** Seconds that each cut lasts beyond its last verdict. */
  readonly cuts: readonly number[];
  readonly events: number;
  readonly frozenSeconds: number;
  /** Shares of packets. */
  readonly losses: readonly number[];
  readonly lossSeconds: number;
  readonly idleSeconds: number;
}

export const PLAN: Plan = {
  kills: 5,
  silences: 3,
  cuts: [5, 60],
  /** Twelve are what an author has before it is said that its problems come and go. */
  events: 12,
  frozenSeconds: 117,
  losses: [0.05, 0.2],
  lossSeconds: 30,
  idleSeconds: 60,
};

export const QUICK_PLAN: Plan = {
  kills: 3,
  silences: 1,
  cuts: [5],
  events: 8,
  frozenSeconds: 27,
  losses: [0.2],
  lossSeconds: 20,
  idleSeconds: 30,
};

export interface Context {
  readonly fleet: Fleet;
  readonly plan: Plan;
  readonly signal: AbortSignal;
}

export interface Row {
  readonly id: string;
  /** It drops packets, which needs hosts with networks of their own. */
  readonly needsFaults?: true;
  run(context: Context): Promise<Figure[]>;
}

/** So long is waited for whatever has to be said; later counts as never. */
export const BOUND_MS = 60_000;

/** Rounds in ms, where undefined stands for never within {@link BOUND_MS}. */
export interface Rounds {
  readonly what: string;
  readonly rounds: readonly (number | undefined)[];
  readonly target?: string;
  readonly how: string;
}

/** The median of the rounds, with the worst one beside it. */
export function secondsFigure({ fleet }: Context, { what, rounds, target, how }: Rounds): Figure {
  const seconds = rounds.map((ms) => (ms ?? BOUND_MS) / 1000);
  const never = rounds.filter((ms) => ms === undefined).length;
  const late = never === 0 ? '' : `; in ${never} not within ${BOUND_MS / 1000} s`;
  const worst = Math.max(...seconds).toFixed(2);
  return {
    what: nameOf(fleet, what),
    value: median(seconds),
    unit: 's',
    // Targets are Meerkat's own.
    ...(target !== undefined && fleet.product.name === 'meerkat' && { target }),
    note: `median of ${rounds.length}, worst ${worst}${late}; ${how}; ${loadNote()}`,
  };
}

export const nameOf = ({ product, names }: Fleet, what: string): string =>
  `${what}, ${product.name}, ${names.length} agents`;

export const loadNote = (): string => `load ${(loadavg()[0] ?? 0).toFixed(1)}`;

/** The latest of them; undefined where one never came. */
export function last(times: Iterable<number | undefined>): number | undefined {
  const all = [...times];
  return all.includes(undefined) ? undefined : Math.max(...all.map((one) => one ?? 0));
}

/** The middle one; never counts as latest. */
export const middle = (times: Iterable<number | undefined>): number | undefined => {
  const found = median([...times].map((one) => one ?? Infinity));
  return found === Infinity ? undefined : found;
};
