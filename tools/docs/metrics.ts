/** docs/metrics.md: every series that the agent exports. */
import type { MetricSpec } from '../../agent/http/metric-spec.ts';
import { METRICS, readingMetrics } from '../../agent/http/metric-table.ts';
import type { AnyCheck } from '../../checks/types.ts';
import { code, page, table } from './markdown.ts';

export const metricsPage = (checks: readonly AnyCheck[]): string =>
  page(
    '# Metrics',
    INTRODUCTION,
    '## The agent',
    metricTable(Object.values(METRICS)),
    '## Readings of the checks',
    READINGS,
    metricTable(readingMetrics(checks)),
  );

const INTRODUCTION = `
\`/metrics\` has the format of Prometheus. Units are in the names; counters end in \`_total\`. Series speak of the node
that is scraped; what it says of the cluster is the same on every node that sees the same.`.trim();

const READINGS = `
The last value that a check of this node measured. A reading of several things has a label \`subject\`. A series is
missing while its check could not look: missing is not zero.`.trim();

const metricTable = (metrics: readonly MetricSpec[]): string =>
  table(
    ['Metric', 'Type', 'Labels', 'Meaning'],
    metrics.map(({ name, type, labels, help }) => [code(name), type, labels.map(code).join(', '), help]),
  );
