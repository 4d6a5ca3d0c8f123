/** Questions to the time series and their answers. */
import type { StatusAt } from './past-status.ts';
import type { StoredEvent } from './timeline.ts';

/** One reading of one check on one node over time. */
export interface SeriesKey {
  readonly node: string;
  readonly check: string;
  readonly reading: string;
  readonly subject?: string;
}

/** A measured value of a series; `at` is Unix ms. */
export interface Sample {
  readonly at: number;
  readonly key: SeriesKey;
  readonly value: number;
}

export interface SeriesQuery {
  readonly node: string;
  readonly check: string;
  /** Undefined: every reading of the check. */
  readonly reading?: string;
  readonly subject?: string;
  /** Unix ms, `from` included, `to` not. */
  readonly from: number;
  readonly to: number;
  /** At most so many points a series come back (10 to 2,000). */
  readonly maxPoints: number;
}

/**
 * Columns of equal length. A time in which nothing was measured has a point with `null` values, so that a chart shows
 * a gap and no straight line across it.
 */
export interface SeriesPoints {
  readonly key: SeriesKey;
  /** Which resolution answered. */
  readonly resolution: 'raw' | '1m' | '15m';
  /** Milliseconds between points; two neighbours further apart than twice this have a gap between them. */
  readonly stepMs: number;
  /** Unix ms. */
  readonly times: readonly number[];
  readonly averages: readonly (number | null)[];
  readonly minima: readonly (number | null)[];
  readonly maxima: readonly (number | null)[];
}

export interface TimelineQuery {
  readonly from: number;
  readonly to: number;
  readonly node?: string;
  readonly check?: string;
  /** The newest so many (1 to 1,000). */
  readonly limit: number;
}

/** The store did not answer in time or cannot: say so, the status goes on without it. */
export type StoreAnswer<T> =
  | { readonly kind: 'answer'; readonly value: T }
  | { readonly kind: 'unavailable'; readonly message: string };

export interface HistoryPort {
  series(query: SeriesQuery): Promise<StoreAnswer<readonly SeriesPoints[]>>;
  /** Newest first. */
  timeline(query: TimelineQuery): Promise<StoreAnswer<readonly StoredEvent[]>>;
  /** What this agent concluded at this instant, Unix ms. */
  statusAt(at: number): Promise<StoreAnswer<StatusAt>>;
}
