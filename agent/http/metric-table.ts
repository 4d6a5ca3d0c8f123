/** Every metric that is exported: one table for the exporter and for `docs/metrics.md`. */
import type { AnyCheck } from '../../checks/types.ts';
import { MESH_METRICS } from './mesh-metrics.ts';
import { type MetricSpec, counter, gauge } from './metric-spec.ts';
import { unitOf } from './units.ts';

/** A reading of a check as a metric. */
export interface ReadingMetric extends MetricSpec {
  readonly check: string;
  readonly reading: string;
}

/** The agent's own metrics. Names follow https://prometheus.io/docs/practices/naming/. */
export const METRICS = {
  buildInfo: gauge('build_info', 'Version of this agent and of Node.js; always 1.', 'version', 'node_version', 'arch'),
  checkStatus: gauge(
    'check_status',
    '1 for the state that a check of this node has, 0 for the others. A result that is overdue is unknown.',
    'check',
    'status',
  ),
  problem: gauge(
    'problem',
    'How many subjects of this node have this problem; 0 when the check looked and has not found it.',
    'check',
    'reason',
    'severity',
  ),
  checkDuration: gauge('check_duration_seconds', 'How long the last run of a check took.', 'check'),
  checkLastRun: gauge('check_last_run_timestamp_seconds', 'When the last run of a check ended, Unix time.', 'check'),
  checkRuns: counter(
    'check_runs_total',
    'Runs of a check by what they found, before confirmation.',
    'check',
    'outcome',
  ),
  checkTimeouts: counter('check_timeouts_total', 'Runs of a check that did not end within its deadline.', 'check'),
  clusterStatus: gauge(
    'cluster_status',
    '1 for the state of the cluster as this node sees it, 0 for the others.',
    'status',
  ),
  clusterMembers: gauge('cluster_members', 'Members that this agent knows.'),
  clusterMembersCurrent: gauge('cluster_members_current', 'Members whose report is current.'),
  componentMembers: gauge('cluster_component_members', 'Members that are connected to this node, itself included.'),
  memberStates: gauge(
    'member_states',
    'How many members have this state, as their observers say. Without those that left.',
    'state',
  ),
  nodeMaintenance: gauge(
    'node_maintenance',
    '1 while somebody works on this node (meerkat maintenance): what fails there is planned. Else 0.',
  ),
  maintenanceMembers: gauge('cluster_maintenance_members', 'How many members are in maintenance.'),
  notificationSends: counter(
    'notification_sends_total',
    'Messages of this agent to a receiver, by what became of them.',
    'receiver',
    'result',
  ),
  notificationsWaiting: gauge(
    'notifications_waiting',
    'Alerts, and ends of alerts, of which this agent knows and which nobody has told the receiver yet.',
    'receiver',
  ),
  notificationsFailing: gauge(
    'notifications_failing',
    '1 while no message of this agent to the receiver gets through, else 0.',
    'receiver',
  ),
  notificationDuplicates: counter(
    'notification_duplicates_total',
    'Alerts that two agents told within the delay of a rank, as the log of all shows.',
  ),
  notificationsSilenced: gauge('notifications_silenced', 'Findings that stand and are told to nobody by a silence.'),
  rules: gauge('rules', 'Rules by how they stand, as far as this node knows.', 'state'),
  ruleAlerts: gauge('rule_alerts_firing', 'Alerts of rules that fire, as far as this node knows.', 'severity'),
  ruleAlertsOmitted: gauge(
    'rule_alerts_omitted',
    'Alerts of rules that fire and of which whoever judges them had no room to tell this node.',
  ),
  ruleEvaluation: counter('rule_evaluation_seconds_total', 'What this agent has spent on rules.'),
  peerState: gauge(
    'peer_state',
    '1 for what this node sees of a neighbour, 0 for the others. unknown: nothing yet, or this node cannot send.',
    'peer',
    'state',
  ),
  peerRtt: gauge('peer_rtt_seconds', 'Round trip of the last answered probe of a neighbour.', 'peer'),
  peerLoss: gauge(
    'peer_loss_ratio',
    'Share of the last probes that were lost on the way to a neighbour, and from it.',
    'peer',
    'direction',
  ),
  ...MESH_METRICS,
  findings: gauge('findings', 'Findings of the diagnosis as this node sees them, causes and consequences.', 'severity'),
  causes: gauge(
    'causes',
    'Causes that the diagnosis finds now, without their consequences, as this node sees them; a reason without one has no series.',
    'reason',
    'severity',
  ),
  causeNode: gauge(
    'cause_node',
    'Always 1: a node that causes of a reason are about, as this node sees it; 6 nodes of a reason at most, 32 of all, and none of what is only info.',
    'reason',
    'severity',
    'node',
  ),
  storeState: gauge('store_state', '1 for the state of the time series store, 0 for the others.', 'state'),
  storeSize: gauge('store_size_bytes', 'Size of the database with its journal.'),
  storeQueuedSamples: gauge('store_queued_samples', 'Samples that wait to be written.'),
  storeDroppedSamples: counter('store_dropped_samples_total', 'Samples given up because the store did not keep up.'),
  storeDroppedEvents: counter('store_dropped_events_total', 'Events given up because the store did not keep up.'),
  eventLoopDelay: gauge(
    'event_loop_delay_seconds',
    'How late the event loop was, the worse of two minutes.',
    'statistic',
  ),
  cpu: counter('process_cpu_seconds_total', 'User and system CPU time of the agent.'),
  residentMemory: gauge('process_resident_memory_bytes', 'Resident memory of the agent.'),
  openFiles: gauge('process_open_fds', 'Open file descriptors of the agent.'),
  startTime: gauge('process_start_time_seconds', 'When the agent started, Unix time.'),
  heapUsed: gauge('nodejs_heap_used_bytes', "Memory in use on the JavaScript engine's heap."),
  externalMemory: gauge(
    'nodejs_external_memory_bytes',
    'Memory of buffers and of what else the engine holds off its heap.',
  ),
} as const satisfies Record<string, MetricSpec>;

/** The readings of the checks: `meerkat_<check>_<reading>` with the subject, where there is one, as a label. */
export function readingMetrics(checks: readonly AnyCheck[]): readonly ReadingMetric[] {
  return checks.flatMap((check) =>
    Object.entries(check.readings).map(([reading, { title }]) => ({
      check: check.id,
      reading,
      name: readingName(check.id, reading),
      type: reading.endsWith('_total') ? ('counter' as const) : ('gauge' as const),
      help: `${title.replace(/\.$/, '')} (check ${check.id}${helpUnit(reading)}).`,
      labels: ['subject'],
    })),
  );
}

/** `_count` is the suffix of histograms and summaries in Prometheus; what is counted has no unit there. */
const readingName = (check: string, reading: string): string =>
  `meerkat_${check.replaceAll('-', '_')}_${reading.replace(/_count$/, '')}`;

function helpUnit(reading: string): string {
  const unit = unitOf(reading);
  return unit === 'count' ? '' : `, ${unit}`;
}
