/** Answers questions to the series: which resolution, from what is stored and what is not yet, at most so many points. */
import type { SeriesKey, SeriesPoints, SeriesQuery } from '../model/history.ts';
import type { ChunkTable } from './chunk-table.ts';
import { type Points, appendPoints, fold, selectPoints } from './points.ts';
import { COARSEST, RESOLUTIONS, type Resolution, SINGLE } from './resolutions.ts';
import type { SeriesTable } from './series-table.ts';

export interface SeriesSource {
  readonly series: Pick<SeriesTable, 'find'>;
  readonly chunks: Pick<ChunkTable, 'read' | 'oldest'>;
  /** Samples that are in no chunk yet. */
  readonly open: (series: number) => Points;
  /** The same of another node's series, which is kept as roll-ups only. */
  readonly openOfPeer: (series: number) => Points;
}

const MIN_POINTS = 10;
const MAX_POINTS = 2000;
/** A query that begins a little before the limit of a resolution is still answered with it. */
const SLACK_MS = 60_000;
/** A single point says nothing of its distance to others. */
const DEFAULT_STEP_MS = 15_000;

/** Every series of the query that has points in its time. */
export function querySeries(source: SeriesSource, query: SeriesQuery, now: number): SeriesPoints[] {
  const maxPoints = Math.min(MAX_POINTS, Math.max(MIN_POINTS, Math.floor(query.maxPoints)));
  return source.series.find(query).flatMap(({ id, key }) => {
    const open = source.open(id);
    const openOfPeer = source.openOfPeer(id);
    const hasSingles =
      openOfPeer.times.length === 0 && (open.times.length > 0 || source.chunks.oldest(id, SINGLE) !== undefined);
    appendPoints(open, openOfPeer);
    const resolution = chooseResolution(source, id, open, query, now, hasSingles);
    const points = readPoints(source, id, open, resolution, query);
    return points.times.length === 0 ? [] : [shape(key, resolution, points, query, maxPoints)];
  });
}

/**
 * The finest that is kept for so long, suits the range and reaches as far back as any other does: the limit on bytes
 * may have taken the finest early.
 */
function chooseResolution(
  source: SeriesSource,
  id: number,
  open: Points,
  query: SeriesQuery,
  now: number,
  hasSingles: boolean,
): Resolution {
  const { from, to } = query;
  const newest = Math.min(...open.times);
  // The first sample of a bucket is at most its width after its start.
  const startOf = (resolution: Resolution): number =>
    Math.max(from, Math.min(newest, (source.chunks.oldest(id, resolution) ?? Infinity) + resolution.widthMs));
  const starts = new Map(RESOLUTIONS.map((resolution) => [resolution, startOf(resolution)]));
  const earliest = Math.min(...starts.values());
  const suitable = RESOLUTIONS.filter(
    ({ widthMs, keepMs, maxRangeMs }) =>
      (widthMs > 0 || hasSingles) && now - from <= keepMs + SLACK_MS && to - from <= maxRangeMs + SLACK_MS,
  );
  const whole = suitable.find((resolution) => {
    const start = starts.get(resolution) ?? Infinity;
    return start === earliest || start - earliest <= SLACK_MS + resolution.widthMs;
  });
  return whole ?? COARSEST;
}

function readPoints(
  source: SeriesSource,
  id: number,
  open: Points,
  resolution: Resolution,
  { from, to }: SeriesQuery,
): Points {
  const { widthMs } = resolution;
  const points = source.chunks.read(id, resolution, from - widthMs, to);
  appendPoints(points, open);
  if (resolution === SINGLE) return selectPoints(points, from, to);
  return fold(selectPoints(points, Math.floor(from / widthMs) * widthMs, to), widthMs);
}

/** Thins the points out where there are too many and marks the gaps between them. */
function shape(
  key: SeriesKey,
  resolution: Resolution,
  points: Points,
  { from, to }: SeriesQuery,
  maxPoints: number,
): SeriesPoints {
  const stepMs = Math.max(resolution.widthMs, usualStep(points.times));
  const columns = withGaps(points, stepMs);
  if (columns.times.length <= maxPoints) return { key, resolution: resolution.name, stepMs, ...columns };
  // Buckets start at multiples of their width and not at `from`, so there is one more of them than intervals. Whole
  // numbers of steps fall into each, else every other bucket would have one more than its neighbours.
  const evenMs = Math.max(1000, Math.round(stepMs / 1000) * 1000);
  const widthMs = Math.ceil((to - from) / (maxPoints - 1) / evenMs) * evenMs;
  const wideStepMs = Math.max(stepMs, widthMs);
  const thinned = withGaps(fold(points, widthMs), wideStepMs);
  return { key, resolution: resolution.name, stepMs: wideStepMs, ...thinned };
}

/** The median distance between neighbours; of two the smaller, which a gap does not make. */
function usualStep(times: readonly number[]): number {
  const steps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  steps.sort((a, b) => a - b);
  return steps[Math.floor((steps.length - 1) / 2)] ?? DEFAULT_STEP_MS;
}

type Columns = Pick<SeriesPoints, 'times' | 'averages' | 'minima' | 'maxima'>;

/** A point of nulls, one step after the last one, wherever nothing was measured for more than two steps. */
function withGaps(points: Points, stepMs: number): Columns {
  const times: number[] = [];
  const columns = {
    averages: [] as (number | null)[],
    minima: [] as (number | null)[],
    maxima: [] as (number | null)[],
  };
  for (const [index, time] of points.times.entries()) {
    const previous = points.times[index - 1];
    if (previous !== undefined && time - previous > 2 * stepMs) {
      times.push(previous + stepMs);
      for (const column of Object.values(columns)) column.push(null);
    }
    times.push(time);
    columns.averages.push(points.averages[index] ?? null);
    columns.minima.push(points.minima[index] ?? null);
    columns.maxima.push(points.maxima[index] ?? null);
  }
  return { times, ...columns };
}
