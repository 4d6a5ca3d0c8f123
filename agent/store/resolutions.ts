/** At which resolutions a series is kept, and for how long. */
import type { SeriesPoints } from '../model/history.ts';

export interface Resolution {
  readonly name: SeriesPoints['resolution'];
  /** Width of a point in milliseconds; 0: single samples. Also its name in the database. */
  readonly widthMs: number;
  readonly keepMs: number;
  /** The longest query that is answered with it. */
  readonly maxRangeMs: number;
  /** No chunk covers more than this. */
  readonly maxSpanMs: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

export const SINGLE: Resolution = {
  name: 'raw',
  widthMs: 0,
  keepMs: DAY_MS,
  maxRangeMs: 6 * HOUR_MS,
  maxSpanMs: 12 * HOUR_MS,
};

const MINUTES: Resolution = {
  name: '1m',
  widthMs: MINUTE_MS,
  keepMs: 2 * DAY_MS,
  maxRangeMs: 2 * DAY_MS,
  maxSpanMs: DAY_MS,
};

export const COARSEST: Resolution = {
  name: '15m',
  widthMs: 15 * MINUTE_MS,
  keepMs: 30 * DAY_MS,
  maxRangeMs: Number.POSITIVE_INFINITY,
  maxSpanMs: 7 * DAY_MS,
};

export const ROLL_UPS: readonly Resolution[] = [MINUTES, COARSEST];

/** Finest first. */
export const RESOLUTIONS: readonly Resolution[] = [SINGLE, ...ROLL_UPS];
