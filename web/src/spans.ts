/** What a chart spans: the last hours, or a part of the past that the reader zoomed into; pure functions. */
import type { Span } from './series.ts';

const HOUR = 3600;
/** Seconds. */
export const RANGES = { '3h': 3 * HOUR, '24h': 24 * HOUR, '7d': 168 * HOUR, '30d': 720 * HOUR } as const;

export type Range = keyof typeof RANGES;
export const RANGE_NAMES = Object.keys(RANGES) as Range[];

export const isRange = (text: string): text is Range => Object.hasOwn(RANGES, text);

/** Less is not zoomed into: raw samples are seconds apart. */
const MIN_SECONDS = 60;

/**
 * The time that a choice means; 3 h for one that means nothing.
 *
 * @param now Unix ms
 */
export function spanOf(choice: string, now: number): Span {
  const zoomed = zoomOf(choice);
  if (zoomed !== undefined) return zoomed;
  return { from: now / 1000 - RANGES[isRange(choice) ? choice : '3h'], to: now / 1000 };
}

/** A part of the past, from a choice as {@link zoomTo} writes it; undefined for anything else. */
export function zoomOf(choice: string): Span | undefined {
  const [from = Number.NaN, to = Number.NaN] = choice.split('..').map((text) => Date.parse(text) / 1000);
  return to - from >= MIN_SECONDS ? { from, to } : undefined;
}

/** The choice for a part of the past, widened to what can be shown. Unix seconds. */
export function zoomTo({ from, to }: Span): string {
  const missing = Math.max(0, MIN_SECONDS - (to - from)) / 2;
  return [Math.floor(from - missing), Math.ceil(to + missing)]
    .map((at) => new Date(at * 1000).toISOString())
    .join('..');
}

/** Three times as long around the same middle, not beyond now; at most 30 days. Unix seconds. */
export function widen({ from, to }: Span, now: number): Span {
  const length = Math.min(RANGES['30d'], 3 * (to - from));
  const end = Math.min(now, (from + to + length) / 2);
  return { from: end - length, to: end };
}

/** The third in the middle. Unix seconds. */
export function narrow({ from, to }: Span): Span {
  const third = (to - from) / 3;
  return { from: from + third, to: to - third };
}

/** As long, half its length earlier or later, not beyond now. Unix seconds. */
export function shift({ from, to }: Span, direction: 1 | -1, now: number): Span {
  const by = Math.min((direction * (to - from)) / 2, now - to);
  return { from: from + by, to: to + by };
}
