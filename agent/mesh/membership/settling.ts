/** When this agent has looked long enough after its start to judge anybody. */
import type { MembershipOptions } from './step.ts';

export interface Settling {
  isSettled(): boolean;
  /** All that was kept from the run before is taken up: the time to look begins. */
  recalled(nowMs: number): void;
  /** Returns true when it is settled from now on. */
  review(edges: Iterable<{ readonly tried: number }>, nowMs: number): boolean;
}

/** So many probes tell an edge's state after the start, and so long it takes at most. */
export const SETTLED_PROBES = 6;
const SETTLED_AFTER_MS = 10_000;

export function createSettling({ nowMs: madeAtMs, isAlone, isRecalling }: MembershipOptions): Settling {
  // Who knows of nobody has nothing to wait for.
  let isSettled = isAlone === true;
  let startedAtMs = isRecalling === true ? Infinity : madeAtMs;
  return {
    isSettled: () => isSettled,
    recalled: (nowMs) => void (startedAtMs = nowMs),
    review(edges, nowMs) {
      if (isSettled || nowMs < startedAtMs) return false;
      const all = [...edges];
      const isTried = all.length > 0 && all.every(({ tried }) => tried >= SETTLED_PROBES);
      isSettled = isTried || nowMs - startedAtMs >= SETTLED_AFTER_MS;
      return isSettled;
    },
  };
}
