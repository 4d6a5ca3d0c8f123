import { useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { type Chart, createChart } from '../chart.ts';
import { formatReading } from '../format.ts';
import { type Series, type Span, summarise, withGaps } from '../series.ts';
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
  const root = useRef<HTMLDivElement>(null);
  const chart = useRef<Chart | undefined>(undefined);

  useEffect(() => {
    if (root.current === null) return undefined;
    const made = createChart(root.current, { reading: series.reading, onPoint: (index) => (point.value = index) });
    chart.current = made;
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    const recolour = (): void => made.recolour();
    scheme.addEventListener('change', recolour);
    return () => {
      scheme.removeEventListener('change', recolour);
      made.destroy();
    };
  }, [series.reading]);
  useEffect(() => chart.current?.update({ columns, window, problems }), [columns, window, problems]);
  useSignalEffect(() => {
    if (theme.value !== undefined) chart.current?.recolour();
  });

  const text = (value: number | null | undefined): string =>
    value === null || value === undefined ? 'not measured' : formatReading(series.reading, value);
  const index = point.value;
  return (
    <figure class="chart">
      <figcaption>
        <span class="chart-title">{title}</span>
        {summary === undefined ? (
          <span class="chart-figures">Nothing was measured in this time.</span>
        ) : index === null || columns.times[index] === undefined ? (
          <span class="chart-figures">
            <strong class="number">{text(summary.last)}</strong>{' '}
            <span class="muted">
              {text(summary.minimum)} to {text(summary.maximum)}
            </span>
          </span>
        ) : (
          <span class="chart-figures">
            <strong class="number">{text(columns.averages[index])}</strong>{' '}
            <span class="muted">
              {columns.averages[index] === null
                ? null
                : `${text(columns.minima[index])} to ${text(columns.maxima[index])}, `}
              <Instant at={columns.times[index] * 1000} />
            </span>
          </span>
        )}
      </figcaption>
      <div
        class="chart-canvas"
        ref={root}
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
