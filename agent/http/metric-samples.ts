/** From the model to metrics: pure. Nothing is exported that is not so now. */
import type { AnyCheck } from '../../checks/types.ts';
import type { ClusterState } from '../model/cluster-state.ts';
import type { ClusterStatus, Diagnosis, Finding, FindingSeverity } from '../model/finding.ts';
import type { ResultStatus } from '../model/report.ts';
import type { StoreHealth } from '../model/store-health.ts';
import { type CheckView, viewChecks } from '../model/view.ts';
import type { MetricSample } from './exposition.ts';
import type { MetricSpec } from './metric-spec.ts';
import { METRICS, type ReadingMetric } from './metric-table.ts';

export const RESULT_STATUSES = ['ok', 'problem', 'unknown', 'absent'] as const satisfies readonly ResultStatus[];

/** A check has few subjects by its contract; whatever more there are must not become series. */
const MAX_SUBJECTS = 16;
/** There are about 150 reasons, and few at once; what peers of another version call theirs must not become series. */
const MAX_CAUSES = 64;
/** Of a whole zone that is gone an alert names five, and has to know that there are more. */
const MAX_NODES_OF_A_CAUSE = 6;
const MAX_CAUSE_NODES = 32;
const CLUSTER_STATUSES = ['healthy', 'degraded', 'critical', 'unknown'] as const satisfies readonly ClusterStatus[];
const SEVERITIES = ['info', 'warning', 'critical'] as const satisfies readonly FindingSeverity[];
const STORE_STATES = [
  'opening',
  'ok',
  'stalled',
  'full',
  'read-only',
  'failed',
] as const satisfies readonly StoreHealth['state'][];

export const sample = (
  family: MetricSpec,
  value: number,
  labels: Readonly<Record<string, string>> = {},
): MetricSample => ({ family, labels, value });

/**
 * What the checks of this node say.
 *
 * @param endedAt when a check's last run ended, from its age; Unix ms
 */
export function checkSamples(
  state: ClusterState,
  checks: readonly AnyCheck[],
  readings: readonly ReadingMetric[],
  endedAt: (check: string, ageMs: number) => number,
): MetricSample[] {
  const own = state.nodes.find(({ report }) => report.node === state.self);
  const views = own === undefined ? [] : viewChecks(own, new Set(state.leftOut.map(({ check }) => check)));
  const byId = new Map(checks.map((check) => [check.id, check]));
  return views.flatMap((view) => {
    const { check, durationMs } = view.result;
    return [
      ...stateset(METRICS.checkStatus, RESULT_STATUSES, view.status, 'status', { check }),
      ...problemSamples(view, byId.get(check)),
      ...(durationMs === undefined ? [] : [sample(METRICS.checkDuration, durationMs / 1000, { check })]),
      ...(view.ageMs === undefined ? [] : [sample(METRICS.checkLastRun, endedAt(check, view.ageMs) / 1000, { check })]),
      ...readingSamples(view, readings),
    ];
  });
}

export function clusterSamples({ status, view, findings }: Diagnosis): MetricSample[] {
  const causes = findings.filter(({ causedBy }) => causedBy === undefined);
  return [
    ...stateset(METRICS.clusterStatus, CLUSTER_STATUSES, status, 'status'),
    sample(METRICS.clusterMembers, view.members),
    sample(METRICS.clusterMembersCurrent, view.current),
    ...(view.component === undefined ? [] : [sample(METRICS.componentMembers, view.component)]),
    ...SEVERITIES.map((severity) =>
      sample(METRICS.findings, findings.filter((finding) => finding.severity === severity).length, { severity }),
    ),
    ...causeSamples(causes),
    ...causeNodeSamples(causes),
  ];
}

/** The gravest come first in a diagnosis, so that they are among those that are told. */
function causeSamples(causes: readonly Finding[]): MetricSample[] {
  const counts = new Map<string, { readonly labels: Readonly<Record<string, string>>; count: number }>();
  for (const { reason, severity } of causes) {
    const key = `${severity} ${reason}`;
    const known = counts.get(key);
    if (known !== undefined) known.count += 1;
    else if (counts.size < MAX_CAUSES) counts.set(key, { labels: { reason, severity }, count: 1 });
  }
  return [...counts.values()].map(({ labels, count }) => sample(METRICS.causes, count, labels));
}

/** So that an alert names the nodes, also those whose own agents say nothing any more. */
function causeNodeSamples(causes: readonly Finding[]): MetricSample[] {
  const grave = causes.filter(({ severity }) => severity !== 'info');
  const kinds = Map.groupBy(grave, ({ reason, severity }) => `${severity} ${reason}`);
  const told = [...kinds.values()].flatMap((those) => {
    const nodes = new Set(those.flatMap(({ node, nodes: all = [node] }) => all));
    const { reason = '', severity = '' } = those[0] ?? {};
    return [...nodes].slice(0, MAX_NODES_OF_A_CAUSE).map((node) => ({ reason, severity, node }));
  });
  return told.slice(0, MAX_CAUSE_NODES).map((labels) => sample(METRICS.causeNode, 1, labels));
}

export function storeSamples(store: StoreHealth): MetricSample[] {
  return [
    ...stateset(METRICS.storeState, STORE_STATES, store.state, 'state'),
    sample(METRICS.storeSize, store.sizeBytes),
    sample(METRICS.storeQueuedSamples, store.queuedSamples),
    sample(METRICS.storeDroppedSamples, store.droppedSamples),
    sample(METRICS.storeDroppedEvents, store.droppedEvents),
  ];
}

/** A problem is 0 only where the check looked: a check that cannot look exports none. */
function problemSamples({ result, status }: CheckView, check: AnyCheck | undefined): MetricSample[] {
  if (status !== 'ok' && status !== 'problem') return [];
  const raised = status === 'problem' ? result.problems : [];
  const counts = new Map(
    Object.entries(check?.reasons ?? {}).map(([reason, { severity }]) => [reason, { severity, count: 0 }]),
  );
  for (const { reason, severity } of raised) {
    counts.set(reason, { severity, count: (counts.get(reason)?.count ?? 0) + 1 });
  }
  return [...counts].map(([reason, { severity, count }]) =>
    sample(METRICS.problem, count, { check: result.check, reason, severity }),
  );
}

/** Only what was measured in a run that is recent: an old figure would look like a fresh one. */
function readingSamples({ result, status, overdue }: CheckView, metrics: readonly ReadingMetric[]): MetricSample[] {
  if (overdue || status === 'absent') return [];
  return metrics
    .filter(({ check }) => check === result.check)
    .flatMap((metric) => {
      const bySubject = new Map<string, number>();
      for (const { name, subject = '', value } of result.readings) {
        const fits = name === metric.reading && Number.isFinite(value) && bySubject.size < MAX_SUBJECTS;
        if (fits && !bySubject.has(subject)) bySubject.set(subject, value);
      }
      return [...bySubject].map(([subject, value]) => sample(metric, value, subject === '' ? {} : { subject }));
    });
}

export function stateset(
  family: MetricSpec,
  states: readonly string[],
  current: string,
  label: string,
  labels: Readonly<Record<string, string>> = {},
): MetricSample[] {
  return states.map((state) => sample(family, state === current ? 1 : 0, { ...labels, [label]: state }));
}
