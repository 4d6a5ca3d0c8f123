/** How many lines were counted since the last look, by the second in which they were written. */

export interface FreshLines {
  /** @param at when the line was written, Unix ms */
  add(at: number): void;
  /** What was added since; the oldest second first. */
  take(): readonly (readonly [second: number, lines: number])[];
}

/** The end of a log that is met for the first time may span days: of its seconds the latest are told. */
const MOST_SECONDS = 1000;

export function createFreshLines(): FreshLines {
  const counts = new Map<number, number>();
  return {
    add(at) {
      const second = Math.floor(at / 1000) * 1000;
      counts.set(second, (counts.get(second) ?? 0) + 1);
    },
    take() {
      if (counts.size === 0) return [];
      const taken = [...counts].toSorted(([a], [b]) => a - b).slice(-MOST_SECONDS);
      counts.clear();
      return taken;
    },
  };
}
