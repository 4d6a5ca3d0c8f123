/** The one sentence that a person reads first. */
import type { ClusterStatus, Finding, View } from '../model/finding.ts';
import { formatInstant } from '../model/text.ts';
import { compare } from './in-order.ts';
import { wordsFor } from './consequence-words.ts';
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

/** So much is read at a glance; of consequences, so many. A cause that needs more is told in full, without them. */
const MOST_CHARACTERS = 300;
const MOST_CONSEQUENCES = 3;

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
      return `${[...healthy(view, evidence), ...onlyTold(findings)].join('; ')}.`;
    default:
      return status satisfies never;
  }
}

function uncertain(findings: readonly Finding[], view: View, evidence: Evidence): string {
  const isolated = findings.find(({ reason }) => reason === 'ThisNodeIsolated');
  if (isolated !== undefined)
    return `${tell(isolated, new Set(), evidence.now)}; nothing can be said of the others from here.`;
  if (isUnmet(evidence)) return troubled(findings, evidence.now, `Only ${view.node} can be judged from here: `);
  if (!view.settled) return `The agent on ${view.node} has just started and has not looked at everything yet.`;
  if (isBehind(evidence)) return `The agent on ${view.node} was paused and has not looked at everything again yet.`;
  if (!isMinority(evidence)) return `No check on ${view.node} could look: nothing can be said from here.`;
  const expected = evidence.mesh?.expected.length ?? view.members;
  const few = `Only ${view.component ?? 1} of ${expected} nodes are connected to ${view.node}, too few to judge the cluster`;
  return hasTrouble(findings) ? troubled(findings, evidence.now, `${few}: `) : `${few}.`;
}

const isTrouble = (finding: Finding): boolean => finding.causedBy === undefined && finding.severity !== 'info';
const hasTrouble = (findings: readonly Finding[]): boolean => findings.some(isTrouble);

/** @param before what the sentence begins with */
function troubled(findings: readonly Finding[], now: number, before = ''): string {
  const [first, ...others] = findings.filter(isTrouble);
  if (first === undefined) return `${before}Something is wrong, and no finding says what: please report this.`;
  const consequences = consequencesOf(first, findings);
  const reasons = new Set([first, ...consequences].map(({ reason }) => reason));
  const what = tell(first, reasons, now);
  const words = wordsFor(
    first,
    consequences.filter(({ reason }) => !isSaid(reason, reasons)),
  );
  const besides = others.length > 0 ? `; ${others.length} more ${plural(others.length, 'problem', 'problems')}` : '';
  let text = '';
  for (let most = MOST_CONSEQUENCES; most >= 0; most -= 1) {
    text = `${before}${what}${followed(words, most)}${besides}.`;
    if (text.length <= MOST_CHARACTERS) break;
  }
  return text;
}

/** Direct or not: what follows from a consequence follows from the cause. */
function consequencesOf({ id }: Finding, findings: readonly Finding[]): readonly Finding[] {
  const ids = new Set([id]);
  // Each finding comes after its cause.
  return findings.filter((finding) => {
    const follows = finding.causedBy !== undefined && ids.has(finding.causedBy);
    if (follows) ids.add(finding.id);
    return follows;
  });
}

/** `; as a consequence: API server m2 not ready, DNS pods restarting and 2 more`. */
function followed(words: readonly string[], most: number): string {
  if (words.length === 0) return '';
  const shown = words.slice(0, most);
  const left = words.length - shown.length;
  if (shown.length === 0) return `; ${left} ${plural(left, 'consequence', 'consequences')}`;
  return `; as a consequence: ${shown.join(', ')}${left > 0 ? ` and ${left} more` : ''}`;
}

/** A member that is down is no consequence of the lost quorum but a part of it, and so is a link between two zones. */
const WHOLE_OF: Readonly<Record<string, string>> = {
  EtcdMemberDown: 'EtcdQuorumLost',
  LinkDown: 'ZonePathBroken',
  OneWayLink: 'ZonePathBroken',
};

const isSaid = (consequence: string, reasons: ReadonlySet<string>): boolean =>
  LEADS.some(({ reason }) => reason === consequence) || reasons.has(WHOLE_OF[consequence] ?? '');

/** The cause with what it means, since when, and what else it may be. Without a full stop. */
function tell(cause: Finding, reasons: ReadonlySet<string>, now: number): string {
  const lead = LEADS.find(({ reason }) => reason !== cause.reason && reasons.has(reason));
  const what = `${lead === undefined ? '' : `${lead.words}: `}${cause.sentence} (since ${formatInstant(cause.since, now)})`;
  if (cause.alternatives.length === 0) return what;
  const subject = (cause.nodes ?? []).length > 1 ? 'they are' : 'it is';
  return `${what}; ${subject} ${cause.alternatives.join(', or ')}`;
}

function healthy(view: View, evidence: Evidence): readonly string[] {
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
  return [
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
}

/** What is wrong with a node and does not count for the cluster: a restart would take no longer, or somebody works there. */
function onlyTold(findings: readonly Finding[]): readonly string[] {
  const told = findings.filter(
    ({ causedBy, severity, nodeSeverity }) => causedBy === undefined && severity === 'info' && nodeSeverity !== 'info',
  );
  const [first, ...others] = told;
  if (first === undefined) return [];
  return [`only told: ${first.sentence}${others.length > 0 ? ` and ${others.length} more` : ''}`];
}

function healthyNode(view: View, evidence: Evidence): readonly string[] {
  const named = (status: string): string[] =>
    evidence.ownResults.filter(({ result }) => result.status === status).map(({ result }) => result.check);
  const fine = named('ok').length;
  const parts = [`Nothing is wrong on ${view.node}: ${fine} ${fine === 1 ? 'check is' : 'checks are'} fine`];
  if (named('absent').length > 0) parts.push(`${named('absent').length} found nothing of their kind here`);
  if (named('unknown').length > 0) parts.push(`could not look: ${named('unknown').join(', ')}`);
  return parts;
}
