/** Histograms as Prometheus' text format has them, and what happened between two readings of one. */

/** How many observations were at most `upTo`, those of the buckets before included. */
export interface Bucket {
  /** Infinity for the last one. */
  readonly upTo: number;
  readonly count: number;
}

/** Sorted by `upTo`. */
export type Histogram = readonly Bucket[];

export interface Quantile {
  readonly value: number;
  /** It lies above the last finite bucket, whose bound `value` is. */
  readonly isMore: boolean;
}

/** The buckets of a histogram whose only label is `le`; undefined when there are none, or they were cut off. */
export function parseHistogram(text: string, name: string): Histogram | undefined {
  const buckets: Bucket[] = [];
  const line = new RegExp(`^${name}_bucket\\{le="([^"]+)"\\} (\\S+)\\n`, 'gm');
  for (const [, bound = '', count = ''] of text.matchAll(line))
    buckets.push({ upTo: bound === '+Inf' ? Infinity : Number(bound), count: Number(count) });
  const isWhole = buckets.at(-1)?.upTo === Infinity;
  const isGood = buckets.every(
    ({ upTo, count }, index) => upTo > (buckets[index - 1]?.upTo ?? -Infinity) && count >= 0,
  );
  return isWhole && isGood ? buckets : undefined;
}

/** What came in between; undefined when the counters began anew, or are of other buckets. */
export function grownBetween(before: Histogram, after: Histogram): Histogram | undefined {
  if (before.length !== after.length) return undefined;
  const grown = after.map(({ upTo, count }, index) => ({ upTo, count: count - (before[index]?.count ?? 0) }));
  const isSame = grown.every(({ upTo, count }, index) => upTo === before[index]?.upTo && count >= 0);
  return isSame ? grown : undefined;
}

export const totalOf = (histogram: Histogram): number => histogram.at(-1)?.count ?? 0;

/** How many were certainly above the limit: the bucket in which it lies counts as below. */
export function countAbove(histogram: Histogram, limit: number): number {
  const below = histogram.find(({ upTo }) => upTo >= limit)?.count ?? 0;
  return totalOf(histogram) - below;
}

/**
 * Between the bounds of a bucket observations are taken to lie evenly. Undefined without any.
 *
 * Source: histogram_quantile in https://prometheus.io/docs/prometheus/latest/querying/functions/
 */
export function quantileOf(histogram: Histogram, quantile: number): Quantile | undefined {
  const rank = quantile * totalOf(histogram);
  if (rank === 0) return undefined;
  const index = histogram.findIndex(({ count }) => count >= rank);
  const [bucket, before] = [histogram[index], histogram[index - 1]];
  if (bucket === undefined || bucket.upTo === Infinity)
    return { value: histogram.at(-2)?.upTo ?? Infinity, isMore: true };
  const [from, below] = [before?.upTo ?? 0, before?.count ?? 0];
  return { value: from + ((bucket.upTo - from) * (rank - below)) / (bucket.count - below), isMore: false };
}
