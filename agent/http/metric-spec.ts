/** What a metric is called and means. Names follow https://prometheus.io/docs/practices/naming/. */
import type { Family } from './exposition.ts';

export interface MetricSpec extends Family {
  readonly labels: readonly string[];
}

export const gauge = (name: string, help: string, ...labels: readonly string[]): MetricSpec => ({
  name: `meerkat_${name}`,
  type: 'gauge',
  help,
  labels,
});

export const counter = (name: string, help: string, ...labels: readonly string[]): MetricSpec => ({
  name: `meerkat_${name}`,
  type: 'counter',
  help,
  labels,
});
