/** What the store keeps of a run: its readings as samples, its changes as events. */
import type { Sample } from '../model/history.ts';
import type { TimelineEvent } from '../model/timeline.ts';
import type { CheckRun } from './runner.ts';

export function samplesOf(node: string, run: CheckRun): Sample[] {
  const readings = 'readings' in run.outcome ? (run.outcome.readings ?? []) : [];
  return readings.map(({ name, subject, value }) => ({
    at: run.startedAt,
    key: { node, check: run.check, reading: name, ...(subject !== undefined && { subject }) },
    value,
  }));
}

export function eventsOf(node: string, run: CheckRun): TimelineEvent[] {
  return run.changes.map((change) => {
    if (change.kind === 'changed') {
      const { from, to, message } = change;
      return { kind: 'changed', at: run.startedAt, node, check: run.check, from, to, message };
    }
    const { reason, subject, severity, message, since } = change.problem;
    return {
      kind: change.kind,
      at: change.kind === 'raised' ? since : run.startedAt,
      node,
      check: run.check,
      reason,
      severity,
      message,
      ...(subject !== undefined && { subject }),
    };
  });
}
