/** What waits in order, the newest so many: what is dropped is counted. */

export interface BoundedList<T> {
  /** Returns those for which there was no room, the oldest. */
  add(items: readonly T[]): readonly T[];
  /** Takes the oldest `count` out. */
  take(count: number): readonly T[];
  all(): readonly T[];
  length(): number;
  dropped(): number;
}

export function createBoundedList<T>(capacity: number): BoundedList<T> {
  let waiting: T[] = [];
  let dropped = 0;
  return {
    add(items) {
      for (const item of items) waiting.push(item);
      const excess = waiting.length - capacity;
      if (excess <= 0) return [];
      const gone = waiting.slice(0, excess);
      waiting = waiting.slice(excess);
      dropped += excess;
      return gone;
    },
    take: (count) => waiting.splice(0, count),
    all: () => waiting,
    length: () => waiting.length,
    dropped: () => dropped,
  };
}
