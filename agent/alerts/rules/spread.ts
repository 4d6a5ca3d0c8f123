/** When each of several occurrences was of which the last instant is known, and how far apart they were. */
import { LATE_MS } from './count-window.ts';
import type { Observation } from './types.ts';

/** More are put together, so that what is told at once costs no more than this. */
const MOST_PARTS = 100;

export interface Part {
  readonly atMs: number;
  readonly count: number;
}

/**
 * Oldest first; what is too old to matter for a rule of that time is left out. Put together is what is next to each other, at
 * the older instant, so that it never counts for longer than it should.
 *
 * @param atMs of the last of them
 */
export function partsOf({ count, apartMs = 0 }: Observation, atMs: number, timeframeMs: number): readonly Part[] {
  if (!(apartMs > 0)) return [{ atMs, count }];
  const within = Math.min(count, Math.floor((timeframeMs + LATE_MS) / apartMs) + 1);
  const size = Math.ceil(within / MOST_PARTS);
  const parts: Part[] = [];
  for (let left = within; left > 0; left -= size)
    parts.push({ atMs: atMs - (left - 1) * apartMs, count: Math.min(size, left) });
  return parts;
}
