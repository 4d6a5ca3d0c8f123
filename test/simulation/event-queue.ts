/** Virtual time: actions run in the order of their times, equal times in the order in which they were added. */

export interface EventQueue {
  now(): number;
  at(timeMs: number, action: () => void): void;
  after(delayMs: number, action: () => void): void;
  /** Runs everything up to this time. */
  runUntil(timeMs: number): void;
  /** Takes the next action up to this time off the queue, and moves the time to it. Without one the time is there. */
  take(timeMs: number): (() => void) | undefined;
}

interface Entry {
  readonly timeMs: number;
  readonly order: number;
  readonly action: () => void;
}

const isBefore = (one: Entry, other: Entry): boolean =>
  one.timeMs === other.timeMs ? one.order < other.order : one.timeMs < other.timeMs;

export function createEventQueue(): EventQueue {
  /** A binary heap, the earliest first. */
  const heap: Entry[] = [];
  let now = 0;
  let count = 0;
  const push = (timeMs: number, action: () => void): void => {
    count += 1;
    const entry = { timeMs, order: count, action };
    let place = heap.length;
    while (place > 0) {
      const parent = heap[(place - 1) >> 1] as Entry;
      if (!isBefore(entry, parent)) break;
      heap[place] = parent;
      place = (place - 1) >> 1;
    }
    heap[place] = entry;
  };
  /** Takes the first away: the last goes down from its place. */
  const pop = (): void => {
    const last = heap.pop();
    const size = heap.length;
    if (last === undefined || size === 0) return;
    let place = 0;
    for (let child = 1; child < size; child = 2 * place + 1) {
      if (child + 1 < size && isBefore(heap[child + 1] as Entry, heap[child] as Entry)) child += 1;
      const lesser = heap[child] as Entry;
      if (!isBefore(lesser, last)) break;
      heap[place] = lesser;
      place = child;
    }
    heap[place] = last;
  };
  const take = (timeMs: number): (() => void) | undefined => {
    const next = heap[0];
    if (next === undefined || next.timeMs > timeMs) {
      now = timeMs;
      return undefined;
    }
    pop();
    now = next.timeMs;
    return next.action;
  };
  return {
    now: () => now,
    take,
    at: (timeMs, action) => push(Math.max(now, timeMs), action),
    after: (delayMs, action) => push(now + delayMs, action),
    runUntil(timeMs) {
      for (let action = take(timeMs); action !== undefined; action = take(timeMs)) action();
    },
  };
}
