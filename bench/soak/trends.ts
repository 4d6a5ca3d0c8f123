/** From samples to how fast each figure grows in the agents that ran on. Pure. */
import { median } from '../lib/table.ts';
import { FIGURES, type Figure, type Sample } from './sampler.ts';
import { slopeOf } from './slope.ts';

export interface Trend {
  readonly figure: Figure;
  /** Median agent at the begin and at the end of the window. */
  readonly first: number;
  readonly last: number;
  /** Per hour. */
  readonly medianSlope: number;
  readonly worstSlope: number;
  readonly worst: string;
  /** Agents that were not started again within the window. */
  readonly agents: number;
}

/** What is left out at the begin, where everything grows that is filled for the first time. */
const LEFT_OUT = 1 / 3;
const CURVE_POINTS = 10;
const HOUR = 3600;

/** Over the samples after the first third. Empty when nobody ran that long. */
export function trendsOf(samples: readonly Sample[]): readonly Trend[] {
  const end = Math.max(0, ...samples.map(({ atSeconds }) => atSeconds));
  const byAgent = Map.groupBy(
    samples.filter(({ atSeconds }) => atSeconds >= end * LEFT_OUT),
    ({ name }) => name,
  );
  const steady = [...byAgent].filter(([, own]) => new Set(own.map(({ start }) => start)).size === 1);
  return figuresOf().flatMap((figure) => trendOf(figure, steady));
}

/** The median of the agents that were never started again, at ten times. */
export function curvesOf(samples: readonly Sample[]): Readonly<Record<string, readonly number[]>> {
  const end = Math.max(1, ...samples.map(({ atSeconds }) => atSeconds));
  const restarted = new Set(samples.filter(({ start }) => start > 1).map(({ name }) => name));
  const steady = samples.filter(({ name }) => !restarted.has(name));
  const curve = (figure: Figure): number[] =>
    Array.from({ length: CURVE_POINTS }, (_, part) => {
      const own = steady.filter(({ atSeconds }) => Math.floor((atSeconds / (end + 1)) * CURVE_POINTS) === part);
      return median(own.flatMap(({ values }) => values[figure] ?? []));
    });
  return Object.fromEntries(figuresOf().map((figure) => [figure, curve(figure)]));
}

const figuresOf = (): Figure[] => Object.keys(FIGURES) as Figure[];

function trendOf(figure: Figure, agents: readonly (readonly [string, readonly Sample[]])[]): Trend[] {
  const lines = agents.flatMap(([name, samples]) => {
    const points = samples.flatMap(({ atSeconds, values }) => {
      const value = values[figure];
      return value === undefined ? [] : [{ at: atSeconds / HOUR, value }];
    });
    const slope = slopeOf(points);
    return slope === undefined ? [] : [{ name, slope, points }];
  });
  const [worst] = lines.toSorted((a, b) => b.slope - a.slope);
  if (worst === undefined) return [];
  return [
    {
      figure,
      first: median(lines.flatMap(({ points }) => points[0]?.value ?? [])),
      last: median(lines.flatMap(({ points }) => points.at(-1)?.value ?? [])),
      medianSlope: median(lines.map(({ slope }) => slope)),
      worstSlope: worst.slope,
      worst: worst.name,
      agents: lines.length,
    },
  ];
}
