/** Alerts and panels ask for metrics that there are, and say what to do. */
import { describe, expect, it } from 'vitest';
import { METRICS, readingMetrics } from '../agent/http/metric-table.ts';
import { CHECKS } from '../checks/registry.ts';
import { RULES_TEST_FILE, asSent, readAlerts, readDashboard, readYaml } from './lib/prometheus-files.ts';

const METRICS_BY_NAME = new Map(
  [...Object.values(METRICS), ...readingMetrics(CHECKS)].map((spec) => [spec.name, spec]),
);
/** What the scrape adds. */
const TARGET_LABELS = ['cluster', 'instance'];

const ALERTS = readAlerts();
const { panels, templating } = readDashboard();
const EXPRESSIONS = [
  ...ALERTS.map(({ alert, expr, annotations }) => [alert, `${expr} ${annotations['description'] ?? ''}`] as const),
  ...panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [title, asSent(expr)] as const)),
];

describe.each(EXPRESSIONS)('%s', (_, expr) => {
  const names = [...expr.matchAll(/meerkat_\w+/g)].map(([name]) => name);

  it('asks for metrics that are exported', () => {
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !METRICS_BY_NAME.has(name))).toEqual([]);
  });

  it('asks for labels that they have', () => {
    const selected = [...expr.matchAll(/(meerkat_\w+)\{([^}]*)\}/g)].flatMap(([, name = '', matchers = '']) =>
      [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => ({ name, label })),
    );
    const unknown = selected.filter(
      ({ name, label }) => !TARGET_LABELS.includes(label) && !METRICS_BY_NAME.get(name)?.labels.includes(label),
    );
    const labels = new Set(names.flatMap((name) => METRICS_BY_NAME.get(name)?.labels ?? []));
    const grouped = [...expr.matchAll(/\b(?:by|on|without|ignoring) \(([^)]*)\)/g)].flatMap(([, list = '']) =>
      list.split(',').map((label) => label.trim()),
    );

    expect(unknown).toEqual([]);
    expect(grouped.filter((label) => !TARGET_LABELS.includes(label) && !labels.has(label))).toEqual([]);
  });
});

interface RuleTests {
  readonly tests: readonly {
    readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts: readonly unknown[] }[];
  }[];
}

describe.each(ALERTS.map((rule) => [rule.alert, rule] as const))('%s', (alert, { labels, annotations }) => {
  it('has a severity, and says in sentences what it means and what to run next', () => {
    expect(labels['severity']).toMatch(/^(warning|critical)$/);
    expect(Object.keys(annotations)).toEqual(['summary', 'description', 'next']);
    for (const text of Object.values(annotations)) expect(text).toMatch(/\.(\{\{ end \}\})?$/);
    expect(annotations['next']).toMatch(/\b(curl -s|meerkat (status|members|maintenance)|kubectl -n meerkat) /);
  });

  it('is tested to fire, and to be silent', () => {
    const { tests } = readYaml(RULES_TEST_FILE) as RuleTests;
    const cases = tests
      .flatMap(({ alert_rule_test }) => alert_rule_test)
      .filter(({ alertname }) => alertname === alert);

    expect(cases.some(({ exp_alerts }) => exp_alerts.length > 0)).toBe(true);
    expect(cases.some(({ exp_alerts }) => exp_alerts.length === 0)).toBe(true);
  });
});

it('has a dashboard of few panels, each with a word on what it shows', () => {
  expect(panels.length).toBeLessThanOrEqual(8);
  expect(panels.filter(({ description }) => !description.endsWith('.'))).toEqual([]);
  expect(templating.list.map(({ name }) => name)).toEqual(['datasource', 'cluster']);
});
