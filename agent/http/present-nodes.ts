/** Nodes and their checks: what is known of every member, and of whom a report is held. */
import type { AnyCheck } from '../../checks/types.ts';
import type { ClusterState, NodeState } from '../model/cluster-state.ts';
import { type Maintenance, maintenanceWords } from '../model/maintenance.ts';
import type { Member } from '../model/member.ts';
import type { ResultStatus } from '../model/report.ts';
import { type CheckView, viewChecks } from '../model/view.ts';
import type { ApiCheck, ApiNode, ApiNodeSummary, ApiNodes, ApiProblem } from './contract.ts';
import { type Place, placesOf } from './groups.ts';
import { type NodeGist, gistOf, historySentence, isHistory, sentenceOf } from './node-words.ts';
import { byName } from './natural-order.ts';
import { presentMaintenance } from './present-maintenance.ts';
import type { Catalogue } from './present.ts';
import { toInstant, toSeconds } from './units.ts';

/** A node of which a report is held, or which is a member, or both. */
export interface KnownNode {
  readonly name: string;
  readonly node?: NodeState;
  readonly member?: Member;
  /** Somebody works on it. */
  readonly maintenance?: Maintenance;
}

/** Every node by name, without those that left the cluster. */
export function knownNodes(state: ClusterState): KnownNode[] {
  const all = new Map<string, KnownNode>();
  for (const member of state.mesh?.members ?? []) all.set(member.name, { name: member.name, member });
  for (const node of state.nodes) {
    const { node: name } = node.report;
    all.set(name, { ...all.get(name), name, node });
  }
  for (const maintenance of state.mesh?.maintenance ?? []) {
    const known = all.get(maintenance.node);
    if (known !== undefined) all.set(known.name, { ...known, maintenance });
  }
  return [...all.values()].filter(({ member }) => member?.state !== 'left').sort((a, b) => byName(a.name, b.name));
}

/** Also one that left. */
export function findKnown(state: ClusterState, name: string): KnownNode | undefined {
  const member = state.mesh?.members.find((one) => one.name === name);
  const node = state.nodes.find(({ report }) => report.node === name);
  if (node === undefined && member === undefined) return undefined;
  const maintenance = state.mesh?.maintenance?.find((one) => one.node === name);
  return {
    name,
    ...(node !== undefined && { node }),
    ...(member !== undefined && { member }),
    ...(maintenance !== undefined && { maintenance }),
  };
}

/** @param now Unix ms */
export function presentNodes(state: ClusterState, now: number): ApiNodes {
  const about = aboutAll(state);
  return { nodes: knownNodes(state).map((known) => summarise(known, state, about, now)) };
}

/**
 * Of a large cluster nearly all nodes are alike: those against which nothing is known only by name, a tenth of the bytes.
 *
 * @param now Unix ms
 */
export function presentFew(state: ClusterState, now: number): ApiNodes {
  const { nodes } = presentNodes(state, now);
  const groups = Map.groupBy(nodes.filter(isFine), ({ role, zone }) => JSON.stringify([role, zone]));
  const fine = [...groups.values()].map((group) => {
    const [{ role, zone } = {} as Place] = group;
    const place = { ...(role !== undefined && { role }), ...(zone !== undefined && { zone }) };
    return { ...place, nodes: group.map(({ node }) => node) };
  });
  return { nodes: nodes.filter((node) => !isFine(node)), fine };
}

/** Nothing is known against it, everything was looked at, and nobody works on it. */
const isFine = ({ status, ageSeconds, freshness, member = 'alive', maintenance }: ApiNodeSummary): boolean =>
  status === 'ok' &&
  ageSeconds !== null &&
  member === 'alive' &&
  (freshness ?? 'current') === 'current' &&
  maintenance === undefined;

/** @param now Unix ms */
export function presentNode(known: KnownNode, state: ClusterState, catalogue: Catalogue, now: number): ApiNode {
  const about = aboutAll(state);
  const node = believed(known);
  const views = node === undefined ? [] : viewChecks(node, isOwn(known, state) ? about.leftOut : NONE);
  return {
    ...summarise(known, state, about, now),
    checks: node === undefined ? [] : views.map((view) => presentCheck(view, node, catalogue)),
  };
}

/** {@link knownNodes} without this one. */
export const knownPeers = (state: ClusterState): KnownNode[] =>
  knownNodes(state).filter((known) => !isOwn(known, state));

/** What tells two states of another node apart for a reader, ages and figures aside. */
export function gistOfPeer(known: KnownNode): string {
  const { member, maintenance } = known;
  const node = believed(known);
  const said = node === undefined ? '' : `${node.report.startedAt} ${gistOf(node, NONE).key}`;
  return `${member?.state} ${member?.sinceMs} ${node?.freshness} ${maintenance?.untilMs} ${maintenance?.reason} ${said}`;
}

const NONE: ReadonlySet<string> = new Set();
const NO_COUNTS: Readonly<Record<ResultStatus, number>> = { ok: 0, problem: 0, unknown: 0, absent: 0 };

/** What is the same for every node. */
interface About {
  /** Checks that this agent leaves out. */
  readonly leftOut: ReadonlySet<string>;
  readonly placeOf: ReturnType<typeof placesOf>;
}

const aboutAll = (state: ClusterState): About => ({
  leftOut: leftOutOf(state),
  placeOf: placesOf(state),
});

const isOwn = ({ name }: KnownNode, { self }: ClusterState): boolean => name === self;

/** Checks that this agent leaves out on its own node. */
export const leftOutOf = (state: ClusterState): ReadonlySet<string> => new Set(state.leftOut.map(({ check }) => check));

/** The report of a node that is down is history, also in the moment before its author counts as gone. */
const believed = ({ node, member }: KnownNode): NodeState | undefined =>
  node !== undefined && isHistory(node, member) ? { ...node, freshness: 'stale' } : node;

function summarise(known: KnownNode, state: ClusterState, about: About, now: number): ApiNodeSummary {
  const { name, member, maintenance } = known;
  const { leftOut, placeOf } = about;
  const node = believed(known);
  const memberSince = member === undefined ? undefined : instantOf(member.sinceMs, state);
  const own = isOwn(known, state);
  const gist = node === undefined ? undefined : gistOf(node, own ? leftOut : NONE);
  const seen =
    node === undefined || gist === undefined || isHistory(node, member)
      ? { status: 'unknown' as const, sentence: historySentence(node, member, memberSince, now) }
      : verdictOf(gist, own && !state.settled, node.freshness === 'lagging');
  return {
    node: name,
    status: seen.status,
    ...(seen.status === 'problem' && gist?.severity !== undefined && { severity: gist.severity }),
    ...placeOf(name, known.node?.report),
    sentence: `${maintenance === undefined ? '' : `${announced(maintenance, state, now)}. `}${seen.sentence}`,
    ...(node !== undefined && { version: node.report.version, startedAt: toInstant(node.report.startedAt) }),
    ageSeconds: node === undefined ? null : toSeconds(node.elapsedMs),
    ...(node?.freshness !== undefined && { freshness: node.freshness }),
    ...(member !== undefined && { member: member.state }),
    ...(memberSince !== undefined && { memberSince: toInstant(memberSince) }),
    ...(maintenance !== undefined && { maintenance: presentMaintenance(maintenance, state.mesh?.originMs ?? 0) }),
    counts: { ...(gist?.counts ?? NO_COUNTS) },
  };
}

/** Of a node whose report is no history. What it says of problems stands; that nothing is wrong must be recent. */
function verdictOf(
  { problems, blind, unseen }: NodeGist,
  starting: boolean,
  lagging: boolean,
): Pick<ApiNodeSummary, 'status' | 'sentence'> {
  const whys = [
    ...(starting ? ['the agent is starting'] : unseen === undefined ? [] : [unseen]),
    ...(lagging ? ['a later report is known of and has not come yet'] : []),
  ];
  const status = problems.length > 0 ? 'problem' : whys.length === 0 ? 'ok' : 'unknown';
  return { status, sentence: sentenceOf({ problems, blind, ...(whys.length > 0 && { unseen: whys.join('; ') }) }) };
}

/** `In maintenance until 15:02:00 UTC (new disk), by m1` */
const announced = (maintenance: Maintenance, { mesh }: ClusterState, now: number): string =>
  maintenanceWords(maintenance, mesh?.originMs ?? 0, now).replace(/^i/, 'I');

const instantOf = (sinceMs: number, { mesh }: ClusterState): number => (mesh?.originMs ?? 0) + sinceMs;

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
    ...(status !== result.status && ageMs !== undefined && { lastStatus: result.status }),
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
  if (stale === true) return { why: `its node is not connected; the last result was ${lastOf(result)}` };
  if (overdue) return { why: `the last result is too old to be believed; it was ${lastOf(result)}` };
  if (result.why !== undefined) return { why: result.why };
  return status === 'unknown' && ageMs === undefined ? { why: 'it has not run yet' } : {};
}

const lastOf = ({ status, why }: CheckView['result']): string => (why === undefined ? status : `${status}: ${why}`);

function presentProblem(problem: CheckView['result']['problems'][number], check: AnyCheck | undefined): ApiProblem {
  const spec = check?.reasons[problem.reason];
  const { since, ...rest } = problem;
  return { ...rest, since: toInstant(since), summary: spec?.summary ?? problem.reason, remedy: spec?.remedy ?? '' };
}
