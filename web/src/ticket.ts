/** The status as plain text, for a ticket or a chat. */
import type { ApiFinding, ApiStatus } from '../../agent/http/contract.ts';
import { formatDuration, formatFull, plural } from './format.ts';

export interface FindingGroup {
  readonly cause: ApiFinding;
  readonly consequences: readonly ApiFinding[];
}

/**
 * Causes in their order, each with what it explains, however deep. A finding whose cause is not there any more stands
 * for itself.
 */
export function groupFindings(findings: readonly ApiFinding[]): FindingGroup[] {
  const byId = new Map(findings.map((finding) => [finding.id, finding]));
  const rootOf = (finding: ApiFinding): ApiFinding => {
    let root = finding;
    // Bounded by the number of findings, in case two blame each other.
    for (let step = 0; step < findings.length; step += 1) {
      const cause = root.causedBy === undefined ? undefined : byId.get(root.causedBy);
      if (cause === undefined) return root;
      root = cause;
    }
    return finding;
  };
  const groups = Map.groupBy(findings, rootOf);
  return findings.flatMap((cause) => {
    const members = groups.get(cause);
    return members === undefined ? [] : [{ cause, consequences: members.filter((member) => member !== cause) }];
  });
}

/** `staleSince`: when the agent was last heard, if it does not answer any more (Unix ms). */
export function ticketText(status: ApiStatus, staleSince?: number): string {
  const { view } = status;
  const lines = [
    `${status.status.toUpperCase()}: ${status.sentence}`,
    `Concluded ${formatFull(Date.parse(status.at))} by Meerkat, seen from ${view.node}: ${view.component ?? view.current} of ${plural(view.members, 'member')} connected.`,
  ];
  if (status.past !== undefined) {
    lines.push(`AS OF ${formatFull(Date.parse(status.past.asked))}, by the log of ${view.node}; not the state of now.`);
  }
  if (staleSince !== undefined) {
    lines.push(`NOT CURRENT: the agent has not been heard since ${formatFull(staleSince)}.`);
  }
  groupFindings(status.findings).forEach((group, index) => {
    lines.push('', `${index + 1}. ${findingHead(group.cause)}`, ...findingBody(group.cause));
    if (group.consequences.length > 0) lines.push('   Consequences:');
    for (const consequence of group.consequences) lines.push(`   - ${findingHead(consequence)}`);
  });
  return `${lines.join('\n')}\n`;
}

function findingHead(finding: ApiFinding): string {
  const over = finding.overBy === undefined ? '' : `, over by ${formatFull(Date.parse(finding.overBy))}`;
  const since = `since ${formatFull(Date.parse(finding.since))}, for ${formatDuration(finding.forSeconds)}${over}`;
  return `[${finding.severity}] ${finding.sentence} (${finding.reason}, ${since})`;
}

function findingBody(finding: ApiFinding): string[] {
  const { node, nodes = [] } = finding;
  const about = [
    nodes.length > 1 ? `nodes ${nodes.join(', ')}` : `node ${node}`,
    ...(finding.check === undefined ? [] : [`check ${finding.check}`]),
    ...(finding.subject === undefined ? [] : [`subject ${finding.subject}`]),
  ];
  const list = (title: string, entries: readonly string[]): string[] =>
    entries.map((entry) => `   ${title}: ${entry.replaceAll('`', '')}`);
  return [
    `   About: ${about.join(', ')}`,
    ...(finding.observers.length === 0 ? [] : [`   Seen by: ${finding.observers.join(', ')}`]),
    ...(finding.dissent.length === 0 ? [] : [`   Disagree: ${finding.dissent.join(', ')}`]),
    ...list('Evidence', finding.evidence),
    ...list('Could also be', finding.alternatives),
    ...list('Next', finding.next),
  ];
}
