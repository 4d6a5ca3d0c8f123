import { useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { ApiEvent } from '../../../agent/http/contract/history.ts';
import type { Chart, ChartData, ChartOptions } from '../chart.ts';
import { charts } from '../charts-later.ts';
import { formatReading } from '../format.ts';
import {
  type Columns,
  eventsAt,
  marksOf,
  type Series,
  type Span,
  type Summary,
  summarise,
  withGaps,
} from '../series.ts';
import { theme } from '../theme.ts';
import { words } from '../words/words.ts';
import { Instant } from './time.tsx';

interface ReadingChartProps {
  readonly series: Series;
  readonly title: string;
  readonly window: Span;
  readonly problems: readonly Span[];
  readonly events: readonly ApiEvent[];
  /** The reader dragged over a part of it. */
  readonly zoom: (span: Span) => void;
}

/** A chart with its figures as text above it: the newest, or those under the pointer. */
export function ReadingChart({ series, title, window, problems, events, zoom }: ReadingChartProps) {
  const { chart } = words();
  const columns = useMemo(() => withGaps(series), [series]);
  const summary = useMemo(() => summarise(columns), [columns]);
  const point = useSignal<number | null>(null);
  const text = (value: number): string => formatReading(series.reading, value);
  return (
    <figure class="chart">
      <figcaption>
        <span class="chart-title">{title}</span>
        <Figures reading={series.reading} columns={columns} summary={summary} index={point.value} />
      </figcaption>
      <div
        class="chart-canvas"
        ref={useChart(
          series.reading,
          { columns, window, problems, marks: useMemo(() => marksOf(events), [events]) },
          { onPoint: (index) => (point.value = index), onZoom: zoom },
        )}
        role="img"
        aria-label={
          summary === undefined
            ? chart.noneMeasured(title)
            : chart.summary(
                title,
                text(summary.minimum),
                text(summary.maximum),
                text(summary.average),
                text(summary.last),
              )
        }
      />
      <Happened events={eventsAt(events, point.value === null ? undefined : columns.times[point.value], window)} />
    </figure>
  );
}

interface FiguresProps {
  readonly reading: string;
  readonly columns: Columns;
  readonly summary: Summary | undefined;
  /** Under the pointer. */
  readonly index: number | null;
}

function Figures({ reading, columns, summary, index }: FiguresProps) {
  const { chart } = words();
  const text = (value: number | null | undefined): string =>
    value === null || value === undefined ? chart.notMeasured : formatReading(reading, value);
  if (summary === undefined) return <span class="chart-figures">{chart.nothing}</span>;
  const at = index === null ? undefined : columns.times[index];
  if (index === null || at === undefined) {
    return (
      <span class="chart-figures">
        <strong class="number">{text(summary.last)}</strong>{' '}
        <span class="muted">{chart.span(text(summary.minimum), text(summary.maximum))}</span>
      </span>
    );
  }
  const isMeasured = columns.averages[index] !== null;
  return (
    <span class="chart-figures">
      <strong class="number">{text(columns.averages[index])}</strong>{' '}
      <span class="muted">
        {isMeasured ? `${chart.span(text(columns.minima[index]), text(columns.maxima[index]))}${words().comma}` : null}
        <Instant at={at * 1000} />
      </span>
    </span>
  );
}

/** What happened where the pointer is. */
function Happened({ events }: { readonly events: readonly ApiEvent[] }) {
  const { chart } = words();
  if (events.length === 0) return null;
  return (
    <span class="chart-events">
      {events.map(({ at, kind, reason, message, sequence }) => (
        <span key={`${at}/${sequence}`}>
          <Instant at={at} /> {chart.event[kind]} <span lang="en">{reason ?? message}</span>
        </span>
      ))}
    </span>
  );
}

/** Keeps a canvas in the element, once charts can be drawn: made once, drawn again for new data, a new theme or another scheme of the system. */
function useChart(reading: string, data: ChartData, handlers: Omit<ChartOptions, 'reading'>) {
  const root = useRef<HTMLDivElement>(null);
  const chart = useRef<Chart | undefined>(undefined);
  const { columns, window, problems, marks } = data;
  const drawing = charts.value;
  useEffect(() => {
    if (root.current === null || drawing === undefined) return undefined;
    const made = drawing.createChart(root.current, { reading, ...handlers });
    chart.current = made;
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    const recolour = (): void => made.recolour();
    scheme.addEventListener('change', recolour);
    return () => {
      scheme.removeEventListener('change', recolour);
      made.destroy();
    };
  }, [reading, drawing]);
  useEffect(
    () => chart.current?.update({ columns, window, problems, marks }),
    [columns, window, problems, marks, drawing],
  );
  useSignalEffect(() => {
    if (theme.value !== undefined) chart.current?.recolour();
  });
  return root;
}
