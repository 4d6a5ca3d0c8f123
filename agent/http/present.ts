/** From the model to the API's shapes: pure, with the moment as an argument. */
import type { ClusterState, NodeState } from '../model/cluster-state.ts';
import type { Diagnosis, Finding } from '../model/finding.ts';
import { sightProblem } from '../model/health.ts';
import type { SeriesPoints } from '../model/history.ts';
import type { StoredEvent } from '../model/timeline.ts';
import { type CheckView, countStatuses, viewChecks } from '../model/view.ts';
import type { AnyCheck } from '../../checks/types.ts';
import type {
  ApiCatalogue,
  ApiCheck,
  ApiEvent,
  ApiFinding,
  ApiNode,
  ApiNodeSummary,
  ApiNodes,
  ApiProblem,
  ApiSeries,
  ApiStatus,
  ApiTimeline,
} from './contract.ts';

/** The checks' own texts by their ids. */
export type Catalogue = ReadonlyMap<string, AnyCheck>;

export const catalogueOf = (checks: readonly AnyCheck[]): Catalogue =>
  new Map(checks.map((check) => [check.id, check]));

export function presentStatus(diagnosis: Diagnosis, now: number): ApiStatus {
  return {
    status: diagnosis.status,
    sentence: diagnosis.sentence,
    at: toInstant(diagnosis.at),
    view: { ...diagnosis.view },
    findings: diagnosis.findings.map((finding) => presentFinding(finding, now)),
  };
}

export function presentNodes(state: ClusterState): ApiNodes {
  return { nodes: state.nodes.map((node) => summarise(node, viewsOf(node, state), state)) };
}

export function presentNode(node: NodeState, state: ClusterState, catalogue: Catalogue): ApiNode {
  const views = viewsOf(node, state);
  return {
    ...summarise(node, views, state),
    checks: views.map((view) => presentCheck(view, node, catalogue)),
  };
}

export function presentCatalogue(checks: readonly AnyCheck[]): ApiCatalogue {
  return {
    checks: checks.map((check) => ({
      check: check.id,
      title: check.title,
      description: check.description,
      intervalSeconds: toSeconds(check.intervalMs),
      readings: Object.entries(check.readings).map(([name, spec]) => ({ name, title: spec.title, unit: unitOf(name) })),
      reasons: Object.entries(check.reasons).map(([reason, { severity, summary, remedy }]) => ({
        reason,
        severity,
        summary,
        remedy,
      })),
    })),
  };
}

export function presentSeries(series: readonly SeriesPoints[]): ApiSeries {
  return {
    series: series.map(({ key, resolution, stepMs, times, averages, minima, maxima }) => ({
      ...key,
      resolution,
      stepSeconds: toSeconds(stepMs),
      times: times.map(toSeconds),
      averages: [...averages],
      minima: [...minima],
      maxima: [...maxima],
    })),
  };
}

export const presentTimeline = (events: readonly StoredEvent[]): ApiTimeline => ({ events: events.map(presentEvent) });

/** The unit that a reading's name ends with; `count` for what is counted. */
export function unitOf(reading: string): string {
  const last =
    reading
      .replace(/_total$/, '')
      .split('_')
      .at(-1) ?? '';
  return ['seconds', 'bytes', 'ratio', 'celsius'].includes(last) ? last : 'count';
}

function viewsOf(node: NodeState, state: ClusterState): CheckView[] {
  const own = node.report.node === state.self;
  return viewChecks(node, new Set(own ? state.leftOut.map(({ check }) => check) : []));
}

function summarise(node: NodeState, views: readonly CheckView[], state: ClusterState): ApiNodeSummary {
  const { report, elapsedMs } = node;
  const reasons = views.filter(({ status }) => status === 'problem').flatMap(({ result }) => result.problems);
  const starting = report.node === state.self && !state.settled;
  const unseen = starting ? 'the agent is starting' : isHistory(node) ? NOT_CONNECTED : sightProblem(views);
  return {
    node: report.node,
    status: reasons.length > 0 ? 'problem' : unseen === undefined ? 'ok' : 'unknown',
    sentence: sentenceOf(reasons, unseen, views),
    version: report.version,
    startedAt: toInstant(report.startedAt),
    ageSeconds: toSeconds(elapsedMs),
    counts: countStatuses(views),
  };
}

const isHistory = ({ freshness }: NodeState): boolean => freshness === 'stale';
const NOT_CONNECTED = 'It is not connected, and its last report is history';

function sentenceOf(
  problems: readonly { readonly reason: string; readonly subject?: string }[],
  unseen: string | undefined,
  views: readonly CheckView[],
): string {
  const named = [...new Set(problems.map(({ reason, subject }) => (subject ? `${reason} (${subject})` : reason)))];
  const more = named.length > 3 ? ` and ${named.length - 3} more` : '';
  const blind = views.filter(({ sight }) => sight === 'blind').map(({ result }) => result.check);
  const parts = [
    ...(named.length > 0 ? [`${named.slice(0, 3).join(', ')}${more}`] : []),
    ...(unseen === undefined ? [] : [unseen]),
    ...(named.length === 0 && unseen === undefined ? ['Every check that can look found nothing wrong'] : []),
    ...(blind.length > 0 && unseen === undefined ? [`${blind.join(', ')} cannot look here`] : []),
  ];
  return `${parts.join('; ')}.`;
}

function presentFinding(finding: Finding, now: number): ApiFinding {
  const { since, nodes, observers, dissent, evidence, alternatives, next, ...rest } = finding;
  return {
    ...rest,
    ...(nodes !== undefined && { nodes: [...nodes] }),
    since: toInstant(since),
    forSeconds: toSeconds(Math.max(0, now - since)),
    observers: [...observers],
    dissent: [...dissent],
    evidence: [...evidence],
    alternatives: [...alternatives],
    next: [...next],
  };
}

function presentCheck(view: CheckView, node: NodeState, catalogue: Catalogue): ApiCheck {
  const { result, status, overdue, ageMs } = view;
  const check = catalogue.get(result.check);
  return {
    check: result.check,
    title: check?.title ?? result.check,
    status,
    overdue,
    confirming: result.confirming,
    ...whyOf(view),
    // A check that never ran has no beginning of its own.
    since: toInstant(result.since > 0 ? result.since : node.report.startedAt),
    ageSeconds: ageMs === undefined ? null : toSeconds(ageMs),
    durationSeconds: result.durationMs === undefined ? null : toSeconds(result.durationMs),
    intervalSeconds: toSeconds(result.intervalMs),
    problems: result.problems.map((problem) => presentProblem(problem, check)),
    readings: result.readings.map((reading) => ({ ...reading })),
  };
}

function whyOf({ result, status, overdue, stale, ageMs }: CheckView): { readonly why?: string } {
  if (stale === true) return { why: `its node is not connected; the last result was ${result.status}` };
  if (overdue) return { why: `the last result is too old to be believed; it was ${result.status}` };
  if (result.why !== undefined) return { why: result.why };
  return status === 'unknown' && ageMs === undefined ? { why: 'it has not run yet' } : {};
}

function presentProblem(problem: CheckView['result']['problems'][number], check: AnyCheck | undefined): ApiProblem {
  const spec = check?.reasons[problem.reason];
  const { since, ...rest } = problem;
  return { ...rest, since: toInstant(since), summary: spec?.summary ?? problem.reason, remedy: spec?.remedy ?? '' };
}

function presentEvent({ at, ...event }: StoredEvent): ApiEvent {
  return { ...event, at: toInstant(at) };
}

/** Milliseconds as seconds, exact to the millisecond. */
const toSeconds = (ms: number): number => Math.round(ms) / 1000;

/** RFC 3339. A time that no calendar has becomes the epoch: one odd stamp must not cost the whole answer. */
function toInstant(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? new Date(0).toISOString() : date.toISOString();
}
