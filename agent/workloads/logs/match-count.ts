/** How many lines matched in the last while, by the seconds in which they were written. */

export interface MatchCount {
  /** @param at when the line was written, Unix ms */
  add(at: number): void;
  /** Of the window up to now. */
  within(now: number): number;
  inAll(): number;
}

const SECOND = 1000;

export function createMatchCount(windowMs: number): MatchCount {
  /** By the second; the oldest first, but for lines that came late. */
  const counts = new Map<number, number>();
  let total = 0;
  return {
    add(at) {
      const second = Math.floor(at / SECOND);
      counts.set(second, (counts.get(second) ?? 0) + 1);
      total += 1;
    },
    within(now) {
      const oldest = Math.floor((now - windowMs) / SECOND);
      let sum = 0;
      for (const [second, count] of counts) {
        if (second <= oldest) counts.delete(second);
        else sum += count;
      }
      return sum;
    },
    inAll: () => total,
  };
}
