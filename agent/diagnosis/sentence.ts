/** The one sentence that a person reads first. */
import type { ClusterStatus, Finding, View } from '../model/finding.ts';
import { formatInstant } from '../model/text.ts';
import { compare } from './in-order.ts';
import type { Evidence } from './rule.ts';
import { isBehind, isMinority, isUnmet } from './status.ts';
import { formatNames, plural } from './words.ts';

/**
 * Consequences that a person must read before their cause, the gravest first. Only the first of them is said: a control
 * plane that is gone takes its etcd along.
 */
const LEADS: readonly { readonly reason: string; readonly words: string }[] = [
  { reason: 'NoControlPlaneFromHere', words: 'No control plane from here' },
  { reason: 'EtcdQuorumLost', words: 'etcd has lost its quorum as seen from here' },
];

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
      return uncertain(findings, view, evidence);
    case 'healthy':
      return healthy(view, evidence);
    default:
      return status satisfies never;
  }
}

function uncertain(findings: readonly Finding[], view: View, evidence: Evidence): string {
  const isolated = findings.find(({ reason }) => reason === 'ThisNodeIsolated');
  if (isolated !== undefined)
    return `${tell(isolated, [], evidence.now)}; nothing can be said of the others from here.`;
  if (isUnmet(evidence)) return `Only ${view.node} can be judged from here: ${troubled(findings, evidence.now)}`;
  if (!view.settled) return `The agent on ${view.node} has just started and has not looked at everything yet.`;
  if (isBehind(evidence)) return `The agent on ${view.node} was paused and has not looked at everything again yet.`;
  if (!isMinority(evidence)) return `No check on ${view.node} could look: nothing can be said from here.`;
  const expected = evidence.mesh?.expected.length ?? view.members;
  const few = `Only ${view.component ?? 1} of ${expected} nodes are connected to ${view.node}, too few to judge the cluster`;
  return hasTrouble(findings) ? `${few}: ${troubled(findings, evidence.now)}` : `${few}.`;
}

const isTrouble = (finding: Finding): boolean => finding.causedBy === undefined && finding.severity !== 'info';
const hasTrouble = (findings: readonly Finding[]): boolean => findings.some(isTrouble);

function troubled(findings: readonly Finding[], now: number): string {
  const [first, ...others] = findings.filter(isTrouble);
  if (first === undefined) return 'Something is wrong, and no finding says what: please report this.';
  const consequences = findings.filter((finding) => finding.causedBy === first.id).map((finding) => finding.reason);
  const parts = [tell(first, consequences, now)];
  const rest = consequences.filter((reason) => !isSaid(reason, first.reason));
  if (rest.length > 0) parts.push(`as a consequence: ${[...new Set(rest)].join(', ')}`);
  if (others.length > 0) parts.push(`${others.length} more ${plural(others.length, 'problem', 'problems')}`);
  return `${parts.join('; ')}.`;
}

/** A member that is down is no consequence of the lost quorum but a part of it. */
const isSaid = (consequence: string, cause: string): boolean =>
  LEADS.some(({ reason }) => reason === consequence) ||
  (cause === 'EtcdQuorumLost' && consequence === 'EtcdMemberDown');

/** The cause with what it means, since when, and what else it may be. Without a full stop. */
function tell(cause: Finding, consequences: readonly string[], now: number): string {
  const lead = LEADS.find(({ reason }) => consequences.includes(reason));
  const what = `${lead === undefined ? '' : `${lead.words}: `}${cause.sentence} (since ${formatInstant(cause.since, now)})`;
  if (cause.alternatives.length === 0) return what;
  const subject = (cause.nodes ?? []).length > 1 ? 'they are' : 'it is';
  return `${what}; ${subject} ${cause.alternatives.join(', or ')}`;
}

function healthy(view: View, evidence: Evidence): string {
  const { mesh } = evidence;
  if (mesh === undefined || mesh.expected.length < 2) return healthyNode(view, evidence);
  const counts = { ok: 0, absent: 0 };
  const blind = new Map<string, string[]>();
  for (const { report, freshness } of evidence.state.nodes) {
    if (freshness === 'stale') continue;
    for (const { check, status } of report.results) {
      if (status === 'ok') counts.ok += 1;
      if (status === 'absent') counts.absent += 1;
      if (status !== 'unknown') continue;
      const nodes = blind.get(check);
      if (nodes === undefined) blind.set(check, [report.node]);
      else nodes.push(report.node);
    }
  }
  const { component, reports } = mesh;
  const absent = [...mesh.members.values()].filter(({ state, inComponent }) => state !== 'left' && !inComponent);
  const isLate = (name: string): boolean => !reports.has(name) || reports.get(name)?.freshness === 'lagging';
  const late = [...component].filter(isLate);
  const parts = [
    `Nothing is wrong on ${component.size} nodes: ${counts.ok} ${plural(counts.ok, 'check is', 'checks are')} fine`,
    ...(counts.absent > 0 ? [`${counts.absent} found nothing of their kind where they ran`] : []),
    ...(blind.size > 0
      ? [
          `could not look: ${[...blind]
            .sort(([one], [other]) => compare(one, other))
            .map(([check, nodes]) => `${check} on ${formatNames(nodes)}`)
            .join(', ')}`,
        ]
      : []),
    ...(absent.length > 0 ? [`not connected: ${formatNames(absent.map(({ name }) => name))}`] : []),
    ...(late.length > 0 ? [`no news yet of ${formatNames(late.sort())}`] : []),
  ];
  return `${parts.join('; ')}.`;
}

function healthyNode(view: View, evidence: Evidence): string {
  const named = (status: string): string[] =>
    evidence.ownResults.filter(({ result }) => result.status === status).map(({ result }) => result.check);
  const fine = named('ok').length;
  const parts = [`Nothing is wrong on ${view.node}: ${fine} ${fine === 1 ? 'check is' : 'checks are'} fine`];
  if (named('absent').length > 0) parts.push(`${named('absent').length} found nothing of their kind here`);
  if (named('unknown').length > 0) parts.push(`could not look: ${named('unknown').join(', ')}`);
  return `${parts.join('; ')}.`;
}
