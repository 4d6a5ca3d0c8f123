/** What is new in a status, one line each. */
import type { ApiFinding, ApiStatus } from '../../http/contract.ts';
import { formatInstant } from '../../model/text.ts';

/** What was told before, and is compared with. */
export type Told = Pick<ApiStatus, 'status' | 'findings' | 'view'>;

/**
 * Lines for what changed. Figures and ages change all the time and are none. An agent that has just started knows of few
 * findings yet: what it does not mention is not over. Neither is what another agent said, which may see other things: what
 * both say is told once.
 *
 * @param now Unix ms, for instants of another day
 */
export function changesOf(
  before: Told | undefined,
  after: ApiStatus,
  now: number,
): { readonly lines: readonly string[]; readonly told: Told } {
  const isStarting = !after.view.settled;
  const known = new Map((before?.findings ?? []).map((finding) => [finding.id, finding]));
  const present = new Set(after.findings.map(({ id }) => id));
  const isSame = before === undefined || before.view.node === after.view.node;
  const over = isStarting || !isSame ? [] : [...known.values()].filter(({ id }) => !present.has(id));
  const kept = isStarting && isSame ? [...known.values()].filter(({ id }) => !present.has(id)) : [];
  const lines = [
    ...statusLines(isSame ? before : undefined, after),
    ...after.findings.flatMap((finding) => newsOf(known.get(finding.id), finding, after, now)),
    ...over.map(({ sentence, reason }) => `over: ${sentence} (${reason})`),
  ];
  return { lines, told: { ...after, findings: [...after.findings, ...kept] } };
}

function statusLines(before: Told | undefined, { status, sentence, view }: ApiStatus): string[] {
  if (before === undefined) return [`${status}: ${sentence}`];
  const isMoved = (before.view.component ?? 1) !== (view.component ?? 1) && view.settled;
  return [
    ...(before.status === status ? [] : [`${status}, was ${before.status}: ${sentence}`]),
    ...(isMoved
      ? [`${view.component ?? 1} of ${view.members} members connected, was ${before.view.component ?? 1}`]
      : []),
  ];
}

function newsOf(known: ApiFinding | undefined, finding: ApiFinding, { findings }: ApiStatus, now: number): string[] {
  const { severity, reason, sentence, since, causedBy } = finding;
  const what = `${sentence} (${reason}, since ${formatInstant(Date.parse(since), now)})`;
  const cause = findings.find(({ id }) => id === causedBy)?.reason;
  const because = cause === undefined ? '' : `, follows from ${cause}`;
  if (known === undefined) return [`raised: ${severity}${because}: ${what}`];
  if (known.severity !== severity) return [`${severity}, was ${known.severity}${because}: ${what}`];
  if (known.causedBy !== causedBy)
    return [`${cause === undefined ? 'stands for itself' : because.slice(2)} now: ${what}`];
  return namesOf(known) === namesOf(finding) ? [] : [`changed: ${what}`];
}

const namesOf = ({ nodes = [] }: ApiFinding): string => nodes.join(' ');
