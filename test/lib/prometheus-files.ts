/** What `deploy/` ships for Prometheus and Grafana, as its tests read it. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';

const DEPLOY = resolve(import.meta.dirname, '../../deploy');

export const RULES_FILE = resolve(DEPLOY, 'prometheus/rules.yaml');
export const RULES_TEST_FILE = resolve(DEPLOY, 'prometheus/rules.test.yaml');
export const CONFIG_FILE = resolve(DEPLOY, 'prometheus/prometheus.yaml');
const DASHBOARD_FILE = resolve(DEPLOY, 'grafana/meerkat.json');

export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface Panel {
  readonly title: string;
  readonly description: string;
  readonly targets: readonly { readonly expr: string }[];
}

interface Dashboard {
  readonly templating: { readonly list: readonly { readonly name: string }[] };
  readonly panels: readonly Panel[];
}

export const readYaml = (path: string): unknown => parse(readFileSync(path, 'utf8'));

export function readAlerts(): readonly AlertRule[] {
  const { groups } = readYaml(RULES_FILE) as { readonly groups: readonly { readonly rules: readonly AlertRule[] }[] };
  return groups.flatMap(({ rules }) => rules);
}

export const readDashboard = (): Dashboard => JSON.parse(readFileSync(DASHBOARD_FILE, 'utf8')) as Dashboard;

/** An expression of the dashboard as Grafana sends it: every cluster, and a rate over ten seconds. */
export const asSent = (expr: string): string => expr.replaceAll('$cluster', '.*').replaceAll('$__rate_interval', '10s');
