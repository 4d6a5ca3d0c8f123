/** How often an edge is probed: often while it matters, seldom when it is known to be dead. */

export interface Pace {
  /** Mean time between two probes. */
  intervalMs(nowMs: number): number;
  /** True once the edge is probed only to find out that it is back: these probes share the budget of 32 a second. */
  isSlow(nowMs: number): boolean;
  missed(nowMs: number): void;
  answered(): void;
  /** What was missed so far says nothing: if it is silent, it is probed as often as after a first miss. */
  doubtAnew(nowMs: number): void;
  /** Somebody says that it is back: once a second again for a minute. */
  hasten(nowMs: number): void;
}

export const NORMAL_MS = 1000;
/** After one miss. Four a second make 6 misses in 2 s out of a silence that began up to 1 s before. */
export const DOUBTING_MS = 250;
/** A verdict takes up to 3.2 s for the observers and 2 s of waiting for each other; then haste is over. */
const DOUBTING_FOR_MS = 6000;
/** Short outages must heal at once: lost members are probed 1/s for a minute. */
const PATIENT_FOR_MS = 60_000;
const LONGEST_MS = 15_000;

/** Probes a second that an agent spends on all its lost edges together, however many members died. */
const SLOW_PROBES_PER_SECOND = 32;

export function createPace(): Pace {
  let silentSinceMs: number | undefined;
  let backoffMs = NORMAL_MS;
  const silentFor = (nowMs: number): number => (silentSinceMs === undefined ? -1 : nowMs - silentSinceMs);
  return {
    intervalMs(nowMs) {
      const silentMs = silentFor(nowMs);
      if (silentMs < 0) return NORMAL_MS;
      if (silentMs < DOUBTING_FOR_MS) return DOUBTING_MS;
      return silentMs < PATIENT_FOR_MS ? NORMAL_MS : backoffMs;
    },
    isSlow: (nowMs) => silentFor(nowMs) >= DOUBTING_FOR_MS,
    missed(nowMs) {
      silentSinceMs ??= nowMs;
      if (silentFor(nowMs) >= PATIENT_FOR_MS) backoffMs = Math.min(LONGEST_MS, 2 * backoffMs);
    },
    answered() {
      silentSinceMs = undefined;
      backoffMs = NORMAL_MS;
    },
    doubtAnew(nowMs) {
      if (silentSinceMs !== undefined) silentSinceMs = nowMs;
    },
    hasten(nowMs) {
      if (silentFor(nowMs) > DOUBTING_FOR_MS) silentSinceMs = nowMs - DOUBTING_FOR_MS;
      backoffMs = NORMAL_MS;
    },
  };
}

/** The interval of each of `slowEdges` lost edges such that together they stay within the budget. */
export const withinBudget = (intervalMs: number, slowEdges: number): number =>
  Math.max(intervalMs, Math.ceil((slowEdges * 1000) / SLOW_PROBES_PER_SECOND));
