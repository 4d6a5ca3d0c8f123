/** What is said of a node in one sentence, and what of its report may be believed. */
import type { Severity } from '../../checks/types.ts';
import { type FailOn, sightProblem } from '../model/health.ts';
import { type Member, isDown } from '../model/member.ts';
import type { NodeState } from '../model/cluster-state.ts';
import { type NodeReport, OVERDUE_INTERVALS, type ResultStatus, travelAllowanceMs } from '../model/report.ts';
import { formatDuration, formatInstant } from '../model/text.ts';
import { type CheckView, countStatuses, viewChecks } from '../model/view.ts';
import { showsControlPlane } from './groups.ts';

/** What a check looks at: a part of the cluster, or its own node. */
export type CheckArea = 'control-plane' | 'network' | 'dns' | 'node';

export const AREA_OF_CHECK: Readonly<Record<string, CheckArea>> = {
  etcd: 'control-plane',
  apiserver: 'control-plane',
  'apiserver-address': 'control-plane',
  scheduler: 'control-plane',
  'controller-manager': 'control-plane',
  'kube-proxy': 'network',
  'pod-network': 'network',
  reachability: 'network',
  overlay: 'network',
  'service-ip': 'network',
  dns: 'dns',
};

export const areaOfCheck = (check: string): CheckArea => AREA_OF_CHECK[check] ?? 'node';

/** What a report says as its reader may believe it, ages aside. */
export interface NodeGist {
  /** Of the problems that stand: `DiskFull (/data)`. */
  readonly problems: readonly string[];
  /** Why the node is unknown where no problem stands; undefined: its checks looked. */
  readonly unseen?: string;
  /** Checks that never could look. */
  readonly blind: readonly string[];
  /** Of the gravest problem that stands. */
  readonly severity?: FailOn;
  readonly counts: Record<ResultStatus, number>;
  /** Of each part of the cluster that its checks look at: whether all that can look have looked. */
  readonly areas: readonly (readonly [CheckArea, boolean])[];
  /** By its label, or what its checks found. */
  readonly isControlPlane: boolean;
  /** The same for two that say the same. */
  readonly key: string;
}

/**
 * It is kept with their report, because a report is asked about far more often than it changes: at a thousand
 * nodes each answer would look at tens of thousands of results.
 */
interface Kept {
  readonly gist: NodeGist;
  readonly freshness: NodeState['freshness'];
  /** Ages of the report between which nothing becomes overdue, ms. */
  readonly from: number;
  readonly until: number;
}

const KEPT = new WeakMap<NodeReport, Kept>();

/** @param leftOut checks that this agent leaves out, for its own node */
export function gistOf(node: NodeState, leftOut: ReadonlySet<string>): NodeGist {
  const { report, freshness, elapsedMs } = node;
  const kept = KEPT.get(report);
  if (kept !== undefined && kept.freshness === freshness && kept.from <= elapsedMs && elapsedMs <= kept.until) {
    return kept.gist;
  }
  const views = viewChecks(node, leftOut);
  const raised = views
    .filter(({ status }) => status === 'problem')
    .flatMap(({ result }) => result.problems.filter(countsForNode));
  const unseen = sightProblem(views);
  const parts = {
    problems: namesOf(raised),
    ...(raised.length > 0 && { severity: worstOf(raised) }),
    ...(unseen !== undefined && { unseen }),
    blind: views.filter(({ sight }) => sight === 'blind').map(({ result }) => result.check),
    counts: countStatuses(views),
    areas: areasOf(views),
    isControlPlane: showsControlPlane(report),
  };
  const gist = { ...parts, key: JSON.stringify(parts) };
  // The own report is made anew each time, and what is left out of it may change.
  if (freshness !== undefined) KEPT.set(report, { gist, freshness, from: elapsedMs, until: nextOverdue(node) });
  return gist;
}

/** What is absent on its node looks at nothing, and what never could look there says nothing. */
function areasOf(views: readonly CheckView[]): NodeGist['areas'] {
  const areas = new Map<CheckArea, boolean>();
  for (const { result, status, sight } of views) {
    if (status === 'absent' || sight === 'blind') continue;
    const area = areaOfCheck(result.check);
    areas.set(area, sight === 'looked' && areas.get(area) !== false);
  }
  return [...areas];
}

/** How the checks of a node are, in a sentence. */
export function sentenceOf({ problems, unseen, blind }: Pick<NodeGist, 'problems' | 'unseen' | 'blind'>): string {
  const parts = [
    ...(problems.length > 0 ? [fewOf(problems)] : []),
    ...(unseen === undefined ? [] : [unseen]),
    ...(problems.length === 0 && unseen === undefined ? ['Every check that can look found nothing wrong'] : []),
    ...(blind.length > 0 && unseen === undefined ? [`${blind.join(', ')} cannot look here`] : []),
  ];
  return `${parts.join('; ')}.`;
}

/** Whether what is held of a peer is history. */
export const isHistory = (node: NodeState | undefined, member: Member | undefined): boolean =>
  node?.freshness === 'stale' || (node?.freshness !== undefined && member !== undefined && isDown(member.state));

const MAY_LIVE: ReadonlySet<Member['state']> = new Set(['alive', 'suspect', 'unreachable']);

/** It may live and be cut off, or be off: from here nobody can tell. Of one whose host refuses, it is known. */
export const mayBeCutOff = ({ state, inComponent }: Member): boolean => !inComponent && MAY_LIVE.has(state);

/**
 * Of a node whose report is history, or that none has come of: what it is, and what it said last.
 *
 * @param sinceAt since when the member has its state, Unix ms
 * @param now Unix ms
 */
export function historySentence(
  node: NodeState | undefined,
  member: Member | undefined,
  sinceAt: number | undefined,
  now: number,
): string {
  const what = member === undefined || sinceAt === undefined ? 'Not connected' : memberWords(member, sinceAt, now);
  if (node === undefined) return `${what}; no report of it has come yet, so nothing is known of its checks.`;
  return `${what}; ${formatAge(node.elapsedMs)} ago it said: ${lastWords(node.report)}.`;
}

function memberWords({ state, inComponent, leaving, judged }: Member, sinceAt: number, now: number): string {
  const since = `since ${formatInstant(sinceAt, now)}`;
  const before = judged ? '' : ' (known from before this agent started)';
  switch (state) {
    case 'unreachable':
      return `Unreachable ${since}${before}`;
    case 'agent-down':
      return `No agent runs ${since}, its host answers${before}`;
    case 'agent-unresponsive':
      return `Its agent does not answer ${since}, its host does${before}`;
    case 'leaving':
      return `${LEAVING_WORDS[leaving ?? 'shutdown']} ${since}${before}`;
    case 'left':
      return `Left the cluster, ${since.slice('since '.length)}${before}`;
    case 'alive':
    case 'suspect':
      return inComponent ? `Connected${before}` : `Not connected${before}`;
    default:
      return state satisfies never;
  }
}

const LEAVING_WORDS = {
  restart: 'Its agent restarts',
  shutdown: 'Its agent was told to stop',
  removed: 'It is being removed',
} as const;

/** What a report said when it was made. */
function lastWords({ results }: NodeReport): string {
  const raised = results.filter(({ status }) => status === 'problem').flatMap((result) => result.problems);
  const problems = namesOf(raised.filter(countsForNode));
  if (problems.length > 0) return fewOf(problems);
  const looked = results.some(({ status }) => status === 'ok');
  return looked ? 'no problem' : 'no check could look';
}

const fewOf = (names: readonly string[]): string =>
  `${names.slice(0, 3).join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''}`;

type Graded = { readonly severity: Severity };

const countsForNode = ({ severity }: Graded): boolean => severity !== 'info';

const worstOf = (problems: readonly Graded[]): FailOn =>
  problems.some(({ severity }) => severity === 'critical') ? 'critical' : 'warning';

const namesOf = (problems: readonly { readonly reason: string; readonly subject?: string }[]): string[] => [
  ...new Set(problems.map(({ reason, subject }) => (subject ? `${reason} (${subject})` : reason))),
];

/** Whole seconds, rounded down. */
const formatAge = (ms: number): string => (ms < 1000 ? '0s' : formatDuration(Math.floor(ms / 1000) * 1000));

/** The age of a report up to which no other of its results becomes overdue. */
function nextOverdue({ report, elapsedMs }: NodeState): number {
  const allowanceMs = travelAllowanceMs(report);
  const limits = report.results
    .filter(({ ageMs }) => ageMs !== undefined)
    .map(({ ageMs = 0, intervalMs }) => OVERDUE_INTERVALS * intervalMs + allowanceMs - ageMs)
    .filter((limit) => limit >= elapsedMs);
  return Math.min(...limits, Infinity);
}
