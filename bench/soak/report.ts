/** What a soak prints at its end: a table for people, one line of JSON for machines. */
import { availableParallelism, loadavg } from 'node:os';
import { median } from '../lib/table.ts';
import type { Outcome } from './episodes.ts';
import type { SoakOptions } from './options.ts';
import { FIGURES, type Sample } from './sampler.ts';
import { type Trend, curvesOf, trendsOf } from './trends.ts';

export interface Result {
  readonly options: SoakOptions;
  readonly outcome: Outcome;
  readonly falseAccusations: number;
  readonly crashes: number;
  readonly samples: readonly Sample[];
  readonly minutes: number;
}

const MIB = 1024 * 1024;

/** True when nobody was wrong and nobody died. */
export const isClean = ({ outcome, falseAccusations, crashes }: Result): boolean =>
  outcome.standing + outcome.neverCalm + falseAccusations + crashes === 0;

export function renderResult(result: Result): string {
  const { options, outcome, falseAccusations, crashes, samples, minutes } = result;
  const trends = trendsOf(samples);
  const curves = curvesOf(samples);
  // Without any the figures are no numbers.
  const heals = outcome.heals.length > 0 ? outcome.heals.map((ms) => ms / 1000) : [Number.NaN];
  const summary = {
    agents: options.agents,
    seed: options.seed,
    minutes: round(minutes),
    load: round(loadavg()[0] ?? 0),
    cores: availableParallelism(),
    episodes: outcome.episodes,
    faults: outcome.byKind,
    healMedianSeconds: round(median(heals)),
    healWorstSeconds: round(Math.max(...heals)),
    standing: outcome.standing,
    neverCalm: outcome.neverCalm,
    falseAccusations,
    crashes,
  };
  const faults = Object.entries(outcome.byKind).map(([kind, count]) => `${kind} ${count}`);
  return [
    `\n## soak: ${options.agents} agents, ${round(minutes)} min, seed ${options.seed}, load ${summary.load} on ${summary.cores} cores`,
    `${outcome.episodes} episodes (${faults.join(', ')})`,
    `all right again after the heal: median ${summary.healMedianSeconds} s, worst ${summary.healWorstSeconds} s`,
    `wrong verdicts standing after the heal: ${outcome.standing}; never right again: ${outcome.neverCalm}; ` +
      `false accusations: ${falseAccusations}; agents that ended by themselves: ${crashes}`,
    ...trendTable(trends),
    '\nmedian of the agents that were never started again, by tenths of the time:',
    ...Object.entries(curves).map(([figure, points]) => {
      const one = points.map((value) => short(figure, value)).join('  ');
      return `${FIGURES[figure as keyof typeof FIGURES].padEnd(24)}${one}`;
    }),
    JSON.stringify({ soak: summary, trends, curves }),
  ].join('\n');
}

function trendTable(trends: readonly Trend[]): string[] {
  const rows = trends.map(({ figure, first, last, medianSlope, worstSlope, worst, agents }) => [
    FIGURES[figure],
    short(figure, first),
    short(figure, last),
    `${short(figure, medianSlope)}/h`,
    `${short(figure, worstSlope)}/h ${worst}`,
    String(agents),
  ]);
  const all = [['after the first third', 'first', 'last', 'slope, median', 'slope, worst', 'agents'], ...rows];
  const widths = (all[0] ?? []).map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return [
    '',
    ...all.map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    ),
  ];
}

const isCount = (figure: string): boolean => /Fds|Threads/.test(figure);
const short = (figure: string, value: number): string =>
  Number.isNaN(value) ? '-' : isCount(figure) ? String(round(value)) : `${round(value / MIB)} MiB`;
const round = (value: number): number => Number(value.toPrecision(3));
