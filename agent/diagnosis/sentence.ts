/** The one sentence that a person reads first. */
import type { ClusterStatus, Finding, View } from '../model/finding.ts';
import { formatInstant } from '../model/text.ts';
import type { Evidence } from './rule.ts';
import { isBehind } from './status.ts';

export function sentenceFor(
  status: ClusterStatus,
  findings: readonly Finding[],
  view: View,
  evidence: Evidence,
): string {
  switch (status) {
    case 'critical':
    case 'degraded':
      return troubled(findings, evidence.now);
    case 'unknown':
      return uncertain(view, evidence);
    case 'healthy':
      return healthy(view, evidence);
    default:
      return status satisfies never;
  }
}

function uncertain(view: View, evidence: Evidence): string {
  if (!view.settled) return `The agent on ${view.node} has just started and has not looked at everything yet.`;
  if (isBehind(evidence)) return `The agent on ${view.node} was paused and has not looked at everything again yet.`;
  return `No check on ${view.node} could look: nothing can be said from here.`;
}

function troubled(findings: readonly Finding[], now: number): string {
  const causes = findings.filter((finding) => finding.causedBy === undefined && finding.severity !== 'info');
  const [first, ...others] = causes;
  if (first === undefined) return 'Something is wrong, and no finding says what: please report this.';
  const consequences = findings.filter((finding) => finding.causedBy === first.id).map((finding) => finding.reason);
  const parts = [`${first.sentence} (since ${formatInstant(first.since, now)})`];
  if (consequences.length > 0) parts.push(`as a consequence: ${consequences.join(', ')}`);
  if (others.length > 0) parts.push(`${others.length} more ${others.length === 1 ? 'problem' : 'problems'}`);
  return `${parts.join('; ')}.`;
}

function healthy(view: View, evidence: Evidence): string {
  const named = (status: string): string[] =>
    evidence.results
      .filter((seen) => seen.node === view.node && seen.result.status === status)
      .map(({ result }) => result.check);
  const fine = named('ok').length;
  const parts = [`Nothing is wrong on ${view.node}: ${fine} ${fine === 1 ? 'check is' : 'checks are'} fine`];
  if (named('absent').length > 0) parts.push(`${named('absent').length} found nothing of their kind here`);
  if (named('unknown').length > 0) parts.push(`could not look: ${named('unknown').join(', ')}`);
  return `${parts.join('; ')}.`;
}
