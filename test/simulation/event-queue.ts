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
  const swap = (a: number, b: number): void => {
    [heap[a], heap[b]] = [heap[b] as Entry, heap[a] as Entry];
  };
  const isOutOfOrder = (parent: number, child: number): boolean =>
    child < heap.length && isBefore(heap[child] as Entry, heap[parent] as Entry);
  const push = (entry: Entry): void => {
    heap.push(entry);
    for (let child = heap.length - 1; child > 0;) {
      const parent = (child - 1) >> 1;
      if (!isOutOfOrder(parent, child)) break;
      swap(parent, child);
      child = parent;
    }
  };
  const pop = (): Entry | undefined => {
    const [first] = heap;
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    heap[0] = last;
    for (let parent = 0; ;) {
      let least = parent;
      for (const child of [2 * parent + 1, 2 * parent + 2]) if (isOutOfOrder(least, child)) least = child;
      if (least === parent) break;
      swap(parent, least);
      parent = least;
    }
    return first;
  };
  const take = (timeMs: number): (() => void) | undefined => {
    const [next] = heap;
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
    at(timeMs, action) {
      count += 1;
      push({ timeMs: Math.max(now, timeMs), order: count, action });
    },
    after(delayMs, action) {
      count += 1;
      push({ timeMs: now + delayMs, order: count, action });
    },
    runUntil(timeMs) {
      for (let action = take(timeMs); action !== undefined; action = take(timeMs)) action();
    },
  };
}
