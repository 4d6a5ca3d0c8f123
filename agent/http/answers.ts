/**
 * Answers kept as strings, because many may ask at once and little changes. Ages are part of an answer and must be right
 * to the second, so nothing is kept beyond the second it was made in, nor beyond a change.
 */
import type { Clock } from '../base/clock.ts';

export interface Answers {
  /** The string of `key`, made now or in this second. `key` names the content and its form. */
  get(key: string, make: (now: number) => string): string;
  /** Something changed. */
  clear(): void;
}

/** A form of every node of a large cluster; beyond it they are made anew. */
const MAX_ANSWERS = 1024;

export function createAnswers(clock: Pick<Clock, 'now'>): Answers {
  const kept = new Map<string, string>();
  let second = Number.NaN;
  return {
    get(key, make) {
      const now = clock.now();
      const current = Math.floor(now / 1000);
      if (current !== second || kept.size >= MAX_ANSWERS) kept.clear();
      second = current;
      const known = kept.get(key);
      if (known !== undefined) return known;
      const made = make(now);
      kept.set(key, made);
      return made;
    },
    clear: () => kept.clear(),
  };
}
