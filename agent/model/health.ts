/** One word and one line for machines: node-problem-detector, probes, load balancers and scripts. */
import type { Severity } from '../../checks/types.ts';
import { asciiLine } from './ascii.ts';
import type { ClusterState, NodeState } from './cluster-state.ts';
import type { Diagnosis, Finding } from './finding.ts';
import { maintenanceWords } from './maintenance.ts';
import { formatInstant } from './text.ts';
import { type CheckView, countStatuses, viewChecks } from './view.ts';

export type HealthScope = 'node' | 'cluster' | { readonly check: string };
/** How grave a problem must be to count. */
export type FailOn = Exclude<Severity, 'info'>;
export type Verdict = 'ok' | 'problem' | 'unknown';

export interface Health {
  readonly verdict: Verdict;
  /**
   * At most 80 bytes of ASCII, most important first: `OK …`, `PROBLEM …`, `UNKNOWN …`. It holds no age, so that it
   * changes only when the state does: node-problem-detector writes every new text to the Node object.
   */
  readonly line: string;
  /** The whole sentences behind the line. */
  readonly details: readonly string[];
}

/**
 * The rule of `/health/*` and `meerkat health`.
 *
 * `ok` means looked and fine, so:
 * - A finding about this node (a problem of the check, the cluster's status) that is at least as grave as `failOn` is a
 *   `problem`, also when other checks cannot look: it was seen.
 * - Else `unknown` while the agent starts, and when any check lost its sight: overdue, out of time, left out, or unable
 *   to look where it could before; or when a program of the operator's cannot tell, whenever it could. A hung disk must not
 *   look like a healthy node.
 * - A check that never could look since the agent started, because this machine does not offer what it looks at, says
 *   nothing about the node's health and does not make it unknown for ever: the line names it. When no check looked at
 *   anything, the node is unknown all the same.
 * - That somebody works on the node excuses nothing here: it is among the details.
 * - Asked about one check, there is no such leniency: blind, overdue and `absent` are all `unknown`, with different
 *   words, because nobody saw that the thing is fine.
 *
 * @param now Unix ms
 */
export function healthOf(
  scope: HealthScope,
  state: ClusterState,
  diagnosis: Diagnosis,
  failOn: FailOn,
  now: number,
): Health {
  if (scope === 'cluster') return clusterHealth(diagnosis, failOn);
  const own = state.nodes.find(({ report }) => report.node === state.self);
  if (own === undefined) return health('unknown', 'the agent has no report of its own node yet');
  const leftOut = new Set(state.leftOut.map(({ check }) => check));
  const views = viewChecks(own, leftOut);
  if (scope === 'node') return nodeHealth(own, views, state, diagnosis, failOn, now);
  return checkHealth(scope.check, views, state, failOn, now);
}

/** True when `severity` is at least as grave as `failOn`. */
export const isAtLeast = (severity: Severity, failOn: FailOn): boolean =>
  severity === 'critical' || (severity === 'warning' && failOn === 'warning');

/** What the checks of a node say together, findings aside: `undefined` when they looked. */
export function sightProblem(views: readonly CheckView[]): string | undefined {
  const lost = views.filter(({ sight }) => sight === 'lost');
  if (lost.length > 0) return `${namesOf(lost)} cannot look now${firstReason(lost)}`;
  return views.some(({ status }) => status === 'ok' || status === 'problem') ? undefined : 'no check could look';
}

function clusterHealth(diagnosis: Diagnosis, failOn: FailOn): Health {
  const { status, sentence, view } = diagnosis;
  const details = diagnosis.findings.map((finding) => finding.sentence);
  if (status === 'critical') return health('problem', `critical: ${sentence}`, details);
  if (status === 'degraded' && failOn === 'warning') return health('problem', `degraded: ${sentence}`, details);
  if (status === 'unknown' || !view.settled) return health('unknown', sentence, details);
  if (status === 'degraded') return health('ok', `degraded: ${sentence}`, details);
  return health('ok', `healthy, ${view.current} of ${view.members} members current`);
}

function nodeHealth(
  own: NodeState,
  views: readonly CheckView[],
  state: ClusterState,
  diagnosis: Diagnosis,
  failOn: FailOn,
  now: number,
): Health {
  const self = own.report.node;
  // Of several nodes each is ill that says so itself; of those that others lost none does.
  const findings = diagnosis.findings.filter(
    ({ node, nodes, observers }) => node === self || (nodes?.includes(self) === true && observers.includes(self)),
  );
  const grave = [
    ...findings.filter(({ nodeSeverity }) => nodeSeverity === 'critical'),
    ...findings.filter(({ nodeSeverity }) => nodeSeverity === 'warning'),
  ];
  const failing = grave.filter(({ nodeSeverity }) => isAtLeast(nodeSeverity, failOn));
  const [first] = failing;
  if (first !== undefined) {
    return health('problem', findingText(first, failing.length - 1, now), [
      ...failing.map((one) => one.sentence),
      ...maintenanceOf(state, now),
    ]);
  }
  if (!state.settled) return health('unknown', 'starting: not every check has run yet');
  const blind = views.filter(({ sight }) => sight === 'blind');
  const why = sightProblem(views);
  if (why !== undefined) return health('unknown', why, whys(views));
  return health('ok', [counted(views), ...warnings(grave), ...blindness(blind)].join('; '), [
    ...grave.map((one) => one.sentence),
    ...whys(views),
  ]);
}

function checkHealth(
  check: string,
  views: readonly CheckView[],
  state: ClusterState,
  failOn: FailOn,
  now: number,
): Health {
  const view = views.find(({ result }) => result.check === check);
  const leftOut = state.leftOut.find((one) => one.check === check);
  if (leftOut !== undefined) return health('unknown', `${check} is left out: ${leftOut.why}`);
  if (view === undefined) return health('unknown', `${check} does not run on this node`);
  const { result, status } = view;
  if (status === 'problem') return problemHealth(view, failOn, now);
  if (status === 'ok') return health('ok', `${check} looked and found nothing wrong`);
  if (result.ageMs === undefined) return health('unknown', `${check} has not run yet`);
  if (view.overdue) return health('unknown', `${check} is overdue, its last result was ${result.status}`);
  const word = status === 'absent' ? 'is absent here' : 'could not look';
  return health('unknown', `${check} ${word}: ${result.why ?? 'no reason given'}`);
}

function problemHealth({ result }: CheckView, failOn: FailOn, now: number): Health {
  const sorted = [
    ...result.problems.filter(({ severity }) => severity === 'critical'),
    ...result.problems.filter(({ severity }) => severity === 'warning'),
    ...result.problems.filter(({ severity }) => severity === 'info'),
  ];
  const details = sorted.map(({ reason, message }) => `${reason}: ${message}`);
  const failing = sorted.filter(({ severity }) => isAtLeast(severity, failOn));
  const [first] = failing;
  if (first === undefined) {
    return health('ok', `${result.check}, below ${failOn}: ${details[0] ?? 'a warning'}`, details);
  }
  const more = failing.length > 1 ? ` (+${failing.length - 1})` : '';
  return health(
    'problem',
    `${first.reason} since ${formatInstant(first.since, now)}${more}: ${first.message}`,
    details,
  );
}

function findingText(finding: Finding, others: number, now: number): string {
  const more = others > 0 ? ` (+${others})` : '';
  return `${finding.reason} since ${formatInstant(finding.since, now)}${more}: ${finding.sentence}`;
}

function counted(views: readonly CheckView[]): string {
  const { ok, problem, absent } = countStatuses(views);
  const looked = ok + problem;
  return `${looked} ${looked === 1 ? 'check' : 'checks'} looked${absent > 0 ? `, ${absent} absent` : ''}`;
}

const maintenanceOf = ({ self, mesh }: ClusterState, now: number): readonly string[] =>
  (mesh?.maintenance ?? [])
    .filter(({ node }) => node === self)
    .map((one) => `${self} is ${maintenanceWords(one, mesh?.originMs ?? 0, now)}; that excuses nothing here`);

const warnings = (grave: readonly Finding[]): string[] =>
  grave[0] === undefined
    ? []
    : [`${grave.length === 1 ? 'warning' : `${grave.length} warnings`}: ${grave.map((one) => one.reason).join(', ')}`];

const blindness = (blind: readonly CheckView[]): string[] =>
  blind.length > 0 ? [`${namesOf(blind)} cannot look`] : [];

const whys = (views: readonly CheckView[]): string[] =>
  views
    .filter(({ status }) => status === 'unknown')
    .map(({ result, overdue }) => `${result.check}: ${overdue ? 'overdue' : (result.why ?? 'it has not run yet')}`);

/** At most three names, so that what follows fits on the line too. */
function namesOf(views: readonly CheckView[]): string {
  const names = views.slice(0, 3).map(({ result }) => result.check);
  return views.length > 3 ? `${names.join(', ')} and ${views.length - 3} more` : names.join(', ');
}

function firstReason([first]: readonly CheckView[]): string {
  if (first === undefined) return '';
  return first.overdue ? ': overdue' : `: ${first.result.why ?? 'it has not run yet'}`;
}

const WORDS = { ok: 'OK', problem: 'PROBLEM', unknown: 'UNKNOWN' } as const;

const health = (verdict: Verdict, text: string, details: readonly string[] = []): Health => ({
  verdict,
  line: asciiLine(`${WORDS[verdict]} ${text}`, 80),
  details,
});
