/**
 * What breaks in a generated cluster, and when: a pure function of the seed and the time, so that the present, the
 * timeline and the charts agree without anything being remembered.
 */
import type { AnyCheck, Severity } from '../../checks/types.ts';
import { CONTROL_PLANE_PARTS } from '../model/control-plane.ts';
import type { EdgeState } from '../model/member.ts';
import { chance, pick } from './chance.ts';

/** Places are indexes of nodes. Times are Unix ms. */
export type Fault = { readonly place: number; readonly from: number; readonly to: number } & (
  | {
      readonly kind: 'problem';
      /** Of a path: its other end. */
      readonly peer?: number;
      readonly check: string;
      readonly reason: string;
      readonly severity: Severity;
      readonly message: string;
    }
  | { readonly kind: 'blind'; readonly check: string; readonly message: string }
  /** The agent is gone: `refused`, `unresponsive` or `lost`. */
  | { readonly kind: 'down'; readonly state: EdgeState }
  /** No packet between the node and the next one. */
  | { readonly kind: 'link'; readonly peer: number }
);

export interface FaultPlan {
  /** Those that last at that time; at most one a node. */
  at(time: number): readonly Fault[];
  /** Those that begin in the minute. */
  inMinute(minute: number): readonly Fault[];
}

export interface FaultOptions {
  readonly seed: number;
  readonly count: number;
  /** Nodes before this place have a control plane. */
  readonly masters: number;
}

export const MINUTE_MS = 60_000;
/** Eight minutes with new faults, then two in which everything heals. */
const CYCLE_MINUTES = 10;
const QUIET_MINUTES = 2;
const LONGEST_MINUTES = 3;
/** Faults that overlap fall on different nodes: place modulo this. */
const CLASSES = 8;
const LARGE = 100;

export function createFaultPlan(options: FaultOptions, checks: readonly AnyCheck[]): FaultPlan {
  const { count } = options;
  const eachMinute = count >= LARGE ? 2 : 1;
  const inMinute = (minute: number): Fault[] => {
    if (minute % CYCLE_MINUTES >= CYCLE_MINUTES - QUIET_MINUTES) return [];
    return Array.from({ length: eachMinute }, (_, index) => faultFor(options, checks, minute, index)).filter(
      (fault) => fault !== undefined,
    );
  };
  return {
    inMinute,
    at(time) {
      const minute = Math.floor(time / MINUTE_MS);
      const minutes = Array.from({ length: LONGEST_MINUTES + 1 }, (_, index) => minute - index);
      return minutes.flatMap(inMinute).filter(({ from, to }) => from <= time && time < to);
    },
  };
}

function faultFor(
  options: FaultOptions,
  checks: readonly AnyCheck[],
  minute: number,
  index: number,
): Fault | undefined {
  const { seed, count } = options;
  const roll = (what: string): number => chance(seed, 'fault', minute, index, what);
  const turn = (minute * (count >= LARGE ? 2 : 1) + index) % CLASSES;
  const place =
    count < CLASSES
      ? Math.floor(roll('place') * count)
      : Math.min(Math.floor((roll('place') * count) / CLASSES) * CLASSES + turn, count - 1);
  const begin = minute * MINUTE_MS;
  const from = begin + Math.floor(roll('from') * 20_000);
  const minutes = count < CLASSES ? 1 : 1 + Math.floor(roll('to') * LONGEST_MINUTES);
  // The last minute of every cycle is without a fault.
  const healed = (Math.floor(minute / CYCLE_MINUTES) + 1) * CYCLE_MINUTES - 1;
  const times = { place, from, to: Math.min(minute + minutes, healed) * MINUTE_MS };
  return place > 0 && count > 3 && roll('kind') < 0.4
    ? meshFault(times, count, roll('mesh'))
    : checkFault(options, checks, times, roll('kind'), [minute, index]);
}

type Times = Pick<Fault, 'place' | 'from' | 'to'>;

function meshFault(times: Times, count: number, roll: number): Fault {
  if (roll < 0.3) return { ...times, kind: 'link', peer: (times.place + 1) % count };
  return { ...times, kind: 'down', state: roll < 0.55 ? 'refused' : roll < 0.85 ? 'lost' : 'unresponsive' };
}

/** What they find lies between two nodes. */
const OF_PATHS: ReadonlySet<string> = new Set(['clock', 'overlay', 'reachability']);

function checkFault(
  { seed, count, masters }: FaultOptions,
  checks: readonly AnyCheck[],
  times: Times,
  roll: number,
  names: readonly number[],
): Fault | undefined {
  const isPart = (id: string): boolean => CONTROL_PLANE_PARTS.some((part) => part === id);
  const here = checks.filter(({ id }) => !isPart(id) || times.place < masters);
  const check = pick(here, seed, 'check', ...names);
  if (check === undefined) return undefined;
  if (roll > 0.92)
    return { ...times, kind: 'blind', check: check.id, message: 'simulated: no result within its deadline' };
  const [reason, spec] = pick(Object.entries(check.reasons), seed, 'reason', ...names) ?? [];
  if (reason === undefined || spec === undefined) return undefined;
  const message = 'simulated';
  const peer = OF_PATHS.has(check.id) ? { peer: (times.place + 1) % count } : {};
  return { ...times, kind: 'problem', check: check.id, reason, severity: spec.severity, message, ...peer };
}
