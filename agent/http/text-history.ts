/** Series, events and the catalogue as text. */
import type { ApiCatalogue } from './contract.ts';
import type { ApiEvent, ApiSeries, ApiTimeline } from './contract/history.ts';
import { formatDuration, formatInstant } from '../model/text.ts';
import { formatValue } from './text-values.ts';

const COLUMNS = 60;
/** Longer names of nodes are not waited for. */
const MOST_NAME = 30;
const BARS = '▁▂▃▄▅▆▇█';
/** Nothing was measured. */
const GAP = '·';
/** Less movement than this part of the value is drawn flat: noise at full height would look like an event. */
const FLAT_RATIO = 0.01;

/** One small chart a series: each column is the highest value of its part of the time, `·` where none was measured. */
export function renderSeries({ series }: ApiSeries, now: number): string {
  if (series.length === 0) return 'Nothing was measured in this time.\n';
  return `${series.map((one) => renderOne(one, now)).join('\n\n')}\n`;
}

/** Oldest first, so that the newest is next to the prompt. */
export function renderTimeline({ events }: ApiTimeline): string {
  if (events.length === 0) return 'Nothing changed in this time.\n';
  const width = Math.min(MOST_NAME, Math.max(...events.map(({ node }) => node.length)));
  const lines = events.toReversed().map((event) => renderEvent(event, width));
  return `${lines.join('\n')}\n`;
}

export function renderCatalogue({ checks }: ApiCatalogue): string {
  const blocks = checks.map(({ check, title, description, intervalSeconds, reasons }) => [
    `${check}  ${title}, every ${formatDuration(intervalSeconds * 1000)}`,
    `  ${description}`,
    ...reasons.map(({ reason, severity, summary }) => `  ${reason} (${severity}): ${summary}`),
  ]);
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

type OneSeries = ApiSeries['series'][number];

function renderOne(one: OneSeries, now: number): string {
  const title = `${one.check} ${one.reading}${one.subject === undefined ? '' : ` (${one.subject})`} on ${one.node}`;
  const highs = numbers(one.maxima);
  if (highs.length === 0) return `${title}\n  nothing was measured in this time`;
  const lowest = Math.min(...numbers(one.minima));
  const highest = Math.max(...highs);
  const averages = numbers(one.averages);
  const average = averages.reduce((sum, value) => sum + value, 0) / Math.max(1, averages.length);
  const show = (value: number): string => formatValue(one.reading, value);
  const last = averages.at(-1) ?? highest;
  const start = (one.times[0] ?? 0) * 1000;
  const finish = (one.times.at(-1) ?? 0) * 1000;
  const span = finish > start ? `over ${formatDuration(finish - start)}` : 'one point';
  return [
    title,
    `  lowest ${show(lowest)}, average ${show(average)}, highest ${show(highest)}, last ${show(last)}`,
    `  ${chart(one, lowest, highest)}`,
    `  ${formatInstant(start, now)} to ${formatInstant(finish, now)} (${span}, ${one.resolution})`,
  ].join('\n');
}

function chart(one: OneSeries, lowest: number, highest: number): string {
  const first = one.times[0] ?? 0;
  const last = one.times.at(-1) ?? first;
  const columns = Math.min(COLUMNS, one.times.length);
  const peaks: (number | undefined)[] = Array.from({ length: columns });
  one.times.forEach((time, index) => {
    const value = one.maxima[index];
    if (value === null || value === undefined) return;
    const column = last === first ? 0 : Math.min(columns - 1, Math.floor(((time - first) / (last - first)) * columns));
    peaks[column] = Math.max(peaks[column] ?? value, value);
  });
  return peaks.map((peak) => (peak === undefined ? GAP : bar(peak, lowest, highest))).join('');
}

function bar(value: number, lowest: number, highest: number): string {
  const range = highest - lowest;
  const part = range > FLAT_RATIO * Math.max(Math.abs(highest), Math.abs(lowest)) ? (value - lowest) / range : 0;
  return BARS[Math.min(BARS.length - 1, Math.floor(part * BARS.length))] ?? GAP;
}

const numbers = (values: readonly (number | null)[]): number[] => values.filter((value) => value !== null);

function renderEvent(event: ApiEvent, width: number): string {
  const at = event.at.replace('T', ' ').replace(/\.\d+Z$/, 'Z');
  const parts = isConclusion(event) ? [conclusion(event)] : [event.kind, ...subjectOf(event), event.message];
  return [at, event.node.padEnd(width), ...parts].filter((part) => part !== '').join('  ');
}

/** What the agent that answers made of it, in its own words. */
const isConclusion = ({ kind }: ApiEvent): boolean => kind === 'concluded' || kind === 'resolved';

function conclusion({ kind, message, reason = '', severity }: ApiEvent): string {
  const grave = kind === 'concluded' && severity !== undefined ? `, ${severity}` : '';
  return `${kind === 'concluded' ? 'concluded' : 'over'}: ${message} (${reason}${grave})`;
}

function subjectOf(event: ApiEvent): string[] {
  if (event.kind === 'changed') return [event.check ?? '', `${event.from} -> ${event.to}`];
  if (event.reason === undefined) return [];
  const subject = event.subject === undefined ? '' : ` (${event.subject})`;
  return [event.check ?? '', `${event.reason}${subject}${event.severity === undefined ? '' : `, ${event.severity}`}`];
}
