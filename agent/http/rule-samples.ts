/** What people's own rules say, as metrics. */
import type { RulesPort } from '../model/rule-alert.ts';
import type { MetricSample } from './exposition.ts';
import { sample } from './metric-samples.ts';
import { METRICS } from './metric-table.ts';

/** @param port undefined: nobody judges any */
export function ruleSamples(port: RulesPort | undefined): MetricSample[] {
  if (port === undefined) return [];
  const [rules, firing] = [port.rules(), port.alerts().filter(({ endedAt }) => endedAt === undefined)];
  const { omitted, evaluationSeconds } = port.figures?.() ?? { omitted: 0, evaluationSeconds: 0 };
  return [
    ...(['ok', 'firing', 'unknown'] as const).map((state) =>
      sample(METRICS.rules, rules.filter((rule) => rule.state === state).length, { state }),
    ),
    ...(['info', 'warning', 'critical'] as const).map((severity) =>
      sample(METRICS.ruleAlerts, firing.filter((alert) => alert.severity === severity).length, { severity }),
    ),
    sample(METRICS.ruleAlertsOmitted, omitted),
    sample(METRICS.ruleEvaluation, evaluationSeconds),
  ];
}
