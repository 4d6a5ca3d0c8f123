/** Measured points as columns of equal length, and how they are put in order and together. */

export interface Points {
  /** Unix ms; of a bucket its start. */
  readonly times: number[];
  /** How many samples are in it. */
  readonly counts: number[];
  readonly averages: number[];
  readonly minima: number[];
  readonly maxima: number[];
}

export const noPoints = (): Points => ({ times: [], counts: [], averages: [], minima: [], maxima: [] });

/** Single samples: average, minimum and maximum are the value. */
export function fromSamples(times: ArrayLike<number>, values: ArrayLike<number>): Points {
  const column = Array.from(values);
  return {
    times: Array.from(times),
    counts: Array.from<number>({ length: column.length }).fill(1),
    averages: column,
    minima: [...column],
    maxima: [...column],
  };
}

export function appendPoints(target: Points, more: Points): void {
  for (let index = 0; index < more.times.length; index += 1) copyPoint(target, more, index);
}

/** The points from `from` to before `to`, by time. */
export function selectPoints(points: Points, from: number, to: number): Points {
  const chosen = points.times
    .map((_, index) => index)
    .filter((index) => (points.times[index] ?? 0) >= from && (points.times[index] ?? 0) < to);
  if (chosen.some((index, at) => (points.times[chosen[at - 1] ?? index] ?? 0) > (points.times[index] ?? 0))) {
    chosen.sort((a, b) => (points.times[a] ?? 0) - (points.times[b] ?? 0));
  }
  const selected = noPoints();
  for (const index of chosen) copyPoint(selected, points, index);
  return selected;
}

/**
 * Puts neighbouring points of the same bucket of `widthMs` together: average of averages weighted by count, smallest
 * minimum, greatest maximum. Points in order of time make one point a bucket.
 */
export function fold(points: Points, widthMs: number): Points {
  const folded = noPoints();
  for (let index = 0; index < points.times.length; index += 1) {
    const start = Math.floor((points.times[index] ?? 0) / widthMs) * widthMs;
    const last = folded.times.length - 1;
    if (folded.times[last] === start) mergePoint(folded, last, points, index);
    else {
      copyPoint(folded, points, index);
      folded.times[last + 1] = start;
    }
  }
  return folded;
}

function copyPoint(target: Points, source: Points, index: number): void {
  target.times.push(source.times[index] ?? 0);
  target.counts.push(source.counts[index] ?? 0);
  target.averages.push(source.averages[index] ?? 0);
  target.minima.push(source.minima[index] ?? 0);
  target.maxima.push(source.maxima[index] ?? 0);
}

function mergePoint(target: Points, at: number, source: Points, index: number): void {
  const count = source.counts[index] ?? 0;
  const total = (target.counts[at] ?? 0) + count;
  const average = target.averages[at] ?? 0;
  target.counts[at] = total;
  target.averages[at] = average + ((source.averages[index] ?? 0) - average) * (count / total);
  target.minima[at] = Math.min(target.minima[at] ?? 0, source.minima[index] ?? 0);
  target.maxima[at] = Math.max(target.maxima[at] ?? 0, source.maxima[index] ?? 0);
}
