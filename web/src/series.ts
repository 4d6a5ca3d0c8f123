/** What a chart draws, made of what the API answers; pure functions. Times are Unix seconds. */
import type { ApiEvent, ApiSeries } from '../../agent/http/contract/history.ts';

export type Series = ApiSeries['series'][number];
type Column = readonly (number | null)[];

/** Columns of equal length with a `null` in every gap, so that no line crosses what nobody measured. */
export interface Columns {
  readonly times: readonly number[];
  readonly averages: Column;
  readonly minima: Column;
  readonly maxima: Column;
}

/** Two neighbours further apart than this many steps have a gap between them. */
const GAP_STEPS = 2;

export function withGaps(series: Series): Columns {
  const times: number[] = [];
  const averages: (number | null)[] = [];
  const minima: (number | null)[] = [];
  const maxima: (number | null)[] = [];
  const push = (time: number, average: number | null, minimum: number | null, maximum: number | null): void => {
    times.push(time);
    averages.push(average);
    minima.push(minimum);
    maxima.push(maximum);
  };
  series.times.forEach((time, index) => {
    const before = times.at(-1);
    if (before !== undefined && time - before > GAP_STEPS * series.stepSeconds) {
      push(before + series.stepSeconds, null, null, null);
    }
    push(time, series.averages[index] ?? null, series.minima[index] ?? null, series.maxima[index] ?? null);
  });
  return { times, averages, minima, maxima };
}

/** Indices of values without a neighbour. */
export function lonePoints(values: ArrayLike<number | null | undefined>): number[] {
  const isGap = (index: number): boolean => values[index] === null || values[index] === undefined;
  return Array.from(values, (_, index) => index).filter(
    (index) => !isGap(index) && isGap(index - 1) && isGap(index + 1),
  );
}

export interface Summary {
  readonly minimum: number;
  readonly average: number;
  readonly maximum: number;
  /** The newest value, and when. */
  readonly last: number;
  readonly lastAt: number;
}

/** Undefined when nothing was measured. The average is over points, which are equally long. */
export function summarise(columns: Columns): Summary | undefined {
  let minimum = Infinity;
  let maximum = -Infinity;
  let sum = 0;
  let count = 0;
  let last: { readonly value: number; readonly at: number } | undefined;
  columns.averages.forEach((average, index) => {
    if (average === null) return;
    minimum = Math.min(minimum, columns.minima[index] ?? average);
    maximum = Math.max(maximum, columns.maxima[index] ?? average);
    sum += average;
    count += 1;
    last = { value: average, at: columns.times[index] ?? 0 };
  });
  return last === undefined ? undefined : { minimum, maximum, average: sum / count, last: last.value, lastAt: last.at };
}

export interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * The events that concern one of several series: those of its subject, and those that no series is the subject of.
 */
export function eventsOf(series: Series, all: readonly Series[], events: readonly ApiEvent[]): ApiEvent[] {
  const subjects = new Set(all.map((one) => one.subject));
  return events.filter((event) => event.subject === series.subject || !subjects.has(event.subject));
}

/**
 * When the check had a problem, for the shading behind its charts: from `raised` to `cleared` of each problem, merged.
 * A problem that was cleared and never raised in these events began before them; one that was not cleared lasts.
 */
export function problemSpans(events: readonly ApiEvent[], from: number, to: number): Span[] {
  const open = new Map<string, number>();
  const spans: Span[] = [];
  const oldestFirst = events.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at) || a.sequence - b.sequence);
  for (const event of oldestFirst) {
    const key = `${event.reason ?? ''}\n${event.subject ?? ''}`;
    const at = Date.parse(event.at) / 1000;
    if (event.kind === 'raised' && !open.has(key)) open.set(key, at);
    if (event.kind === 'cleared') {
      spans.push({ from: open.get(key) ?? from, to: at });
      open.delete(key);
    }
  }
  for (const start of open.values()) spans.push({ from: start, to });
  return mergeSpans(spans, from, to);
}

function mergeSpans(spans: readonly Span[], from: number, to: number): Span[] {
  const merged: Span[] = [];
  for (const span of spans.toSorted((a, b) => a.from - b.from)) {
    const next = { from: Math.max(from, span.from), to: Math.min(to, span.to) };
    const last = merged.at(-1);
    if (next.to <= next.from) continue;
    if (last !== undefined && next.from <= last.to)
      merged[merged.length - 1] = { from: last.from, to: Math.max(last.to, next.to) };
    else merged.push(next);
  }
  return merged;
}

/** Something that happened, on the time axis. Unix seconds. */
export interface Mark {
  readonly at: number;
  /** It went well or badly by that; the rest only changed. */
  readonly kind: 'bad' | 'good' | 'other';
}

export const marksOf = (events: readonly ApiEvent[]): Mark[] =>
  events.map(({ at, kind }) => ({
    at: Date.parse(at) / 1000,
    kind: kind === 'raised' || kind === 'agent-stopped' ? 'bad' : kind === 'cleared' ? 'good' : 'other',
  }));

/** So far from the pointer, as a share of what is shown. */
const NEAR = 0.01;
const MOST_AT_ONCE = 3;

/** The events beside an instant, Unix seconds: the nearest first, and few. None where there is no instant. */
export function eventsAt(events: readonly ApiEvent[], at: number | undefined, window: Span): ApiEvent[] {
  if (at === undefined) return [];
  const reach = NEAR * (window.to - window.from);
  const away = (event: ApiEvent): number => Math.abs(Date.parse(event.at) / 1000 - at);
  return events
    .filter((event) => away(event) <= reach)
    .toSorted((a, b) => away(a) - away(b))
    .slice(0, MOST_AT_ONCE);
}
