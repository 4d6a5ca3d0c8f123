/** How many lines matched in the last while, by when they were written, to a hundredth of that while. */

export interface MatchCount {
  /** @param at when the line was written, Unix ms */
  add(at: number): void;
  /** Of the window up to now. */
  within(now: number): number;
  clear(): void;
}

const STEPS = 100;
const LEAST_STEP_MS = 1000;

export function createMatchCount(windowMs: number): MatchCount {
  const stepMs = Math.max(LEAST_STEP_MS, windowMs / STEPS);
  /** By the step; the oldest first, but for lines that came late. */
  const counts = new Map<number, number>();
  return {
    add(at) {
      const step = Math.floor(at / stepMs);
      counts.set(step, (counts.get(step) ?? 0) + 1);
    },
    within(now) {
      const oldest = Math.floor((now - windowMs) / stepMs);
      // Of a clock that was set back since: else they would count until it is as late again.
      const newest = Math.floor(now / stepMs) + 1;
      let sum = 0;
      for (const [step, count] of counts) {
        if (step <= oldest || step > newest) counts.delete(step);
        else sum += count;
      }
      return sum;
    },
    clear() {
      counts.clear();
    },
  };
}
