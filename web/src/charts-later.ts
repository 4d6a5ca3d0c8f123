/** What draws charts is a file of its own: nobody has to wait for it who opens the page. */
import { signal } from '@preact/signals';
import type { createChart } from './chart.ts';

/** Undefined before it is there. */
export const charts = signal<{ readonly createChart: typeof createChart } | undefined>(undefined);

export function loadCharts(): void {
  if (charts.peek() !== undefined) return;
  void import('./chart.ts').then(
    (file) => (charts.value = file),
    // The agent is gone, which the page says anyway; the figures of a chart stand above it as text.
    () => {},
  );
}
