/** Members that were lost together: that is the network, or a side of a partition, and no habit of any one of them. */

export interface SharedLosses {
  /** The member became unreachable. */
  lost(name: string, nowMs: number): void;
  /** Whether others were lost about as long ago as this one, `atMs`. Those that follow within seconds count, too. */
  isShared(name: string, atMs: number): boolean;
}

/** Two may have their trouble at once; of three or more it is no chance. */
const TOGETHER = 3;
const TOGETHER_MS = 15_000;

/** @param keptMs for so long it may be asked for a loss, ms */
export function createSharedLosses(keptMs: number): SharedLosses {
  /** The oldest first. */
  let losses: { readonly name: string; readonly atMs: number }[] = [];
  return {
    lost(name, nowMs) {
      const [first] = losses;
      const oldestMs = nowMs - keptMs - TOGETHER_MS;
      if (first !== undefined && first.atMs < oldestMs) losses = losses.filter(({ atMs }) => atMs >= oldestMs);
      losses.push({ name, atMs: nowMs });
    },
    isShared(name, atMs) {
      const together = new Set([name]);
      for (const other of losses) {
        if (Math.abs(other.atMs - atMs) <= TOGETHER_MS) together.add(other.name);
        if (together.size >= TOGETHER) return true;
      }
      return false;
    },
  };
}
