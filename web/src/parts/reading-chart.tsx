import { useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { type Chart, type ChartData, createChart } from '../chart.ts';
import { formatReading } from '../format.ts';
import { type Columns, type Series, type Span, type Summary, summarise, withGaps } from '../series.ts';
import { theme } from '../theme.ts';
import { Instant } from './time.tsx';

interface ReadingChartProps {
  readonly series: Series;
  readonly title: string;
  readonly window: Span;
  readonly problems: readonly Span[];
}

/** A chart with its figures as text above it: the newest, or those under the pointer. */
export function ReadingChart({ series, title, window, problems }: ReadingChartProps) {
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
        ref={useChart(series.reading, { columns, window, problems }, (index) => (point.value = index))}
        role="img"
        aria-label={
          summary === undefined
            ? `${title}: nothing was measured`
            : `${title}: from ${text(summary.minimum)} to ${text(summary.maximum)}, on average ${text(summary.average)}, last ${text(summary.last)}`
        }
      />
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
  const text = (value: number | null | undefined): string =>
    value === null || value === undefined ? 'not measured' : formatReading(reading, value);
  if (summary === undefined) return <span class="chart-figures">Nothing was measured in this time.</span>;
  const at = index === null ? undefined : columns.times[index];
  if (index === null || at === undefined) {
    return (
      <span class="chart-figures">
        <strong class="number">{text(summary.last)}</strong>{' '}
        <span class="muted">
          {text(summary.minimum)} to {text(summary.maximum)}
        </span>
      </span>
    );
  }
  const isMeasured = columns.averages[index] !== null;
  return (
    <span class="chart-figures">
      <strong class="number">{text(columns.averages[index])}</strong>{' '}
      <span class="muted">
        {isMeasured ? `${text(columns.minima[index])} to ${text(columns.maxima[index])}, ` : null}
        <Instant at={at * 1000} />
      </span>
    </span>
  );
}

/** Keeps a canvas in the element: made once, drawn again for new data, a new theme or another scheme of the system. */
function useChart(reading: string, data: ChartData, onPoint: (index: number | null) => void) {
  const root = useRef<HTMLDivElement>(null);
  const chart = useRef<Chart | undefined>(undefined);
  const { columns, window, problems } = data;
  useEffect(() => {
    if (root.current === null) return undefined;
    const made = createChart(root.current, { reading, onPoint });
    chart.current = made;
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    const recolour = (): void => made.recolour();
    scheme.addEventListener('change', recolour);
    return () => {
      scheme.removeEventListener('change', recolour);
      made.destroy();
    };
  }, [reading]);
  useEffect(() => chart.current?.update({ columns, window, problems }), [columns, window, problems]);
  useSignalEffect(() => {
    if (theme.value !== undefined) chart.current?.recolour();
  });
  return root;
}
