/** What the nodes see of the API servers' own addresses, put together by address. */
import { isReachable } from '../model/member.ts';
import { type CheckResult, isOverdue, travelAllowanceMs } from '../model/report.ts';
import { living } from './instances.ts';
import type { MeshEvidence } from './mesh-evidence.ts';
import { type Evidence, type SeenProblem, claimed } from './rule.ts';

const CHECK = 'apiserver-address';
const WAS_REACHED = 'ApiserverUnreachable';
export const ADDRESS_CLAIMS = [`${CHECK}/${WAS_REACHED}`, `${CHECK}/ApiserverNeverReached`];

/** What the node that has the address says of its API server. `none`: no node has it. `silent`: its agent says nothing. */
export type Home = 'works' | 'fails' | 'absent' | 'unknown' | 'silent' | 'none';

export interface ServerSight {
  readonly address: string;
  /** The node that has it; undefined: none of the cluster's. */
  readonly node?: string;
  readonly home: Home;
  /** That node does not reach its own address either. */
  readonly failsAtHome: boolean;
  /** Other nodes that do not reach it, although nothing is known to lie between; by name. */
  readonly failing: readonly SeenProblem[];
  /** Others whose way to that node is broken as a whole. */
  readonly apart: readonly SeenProblem[];
  /** Others that have had the time to look since and find nothing wrong; by name. */
  readonly reaching: readonly string[];
  /** `all`: nobody reaches it, and somebody did. `some`: some do. `open`: too few have looked. */
  readonly verdict: 'all' | 'some' | 'open';
}

/**
 * A problem is cleared with the next look of its check, a report travels, and paths are judged by probes within seconds:
 * what changed so short a time ago, beside an interval of the check, explains what is still said.
 */
const HELD_MS = 30_000;
/** A host that boots answers before its agent and its API server run. */
const BOOTS_MS = 120_000;
/** What was read may have been on its way, and a fault is dated from its first look. */
const READ_LATE_MS = 10_000;
/** Whoever looks at the same time as others has told by then. */
const TOLD_MS = 30_000;

/**
 * Of each address that somebody does not reach; sorted by address. Empty while this node is cut off from everybody. Left out
 * are addresses of nodes that are lost, going or coming: there it is the node. Where there is no other agent nobody can
 * compare.
 */
export function serverSights(evidence: Evidence): readonly ServerSight[] {
  const { mesh } = evidence;
  const seen = living(claimed(evidence, ADDRESS_CLAIMS));
  if (seen.length === 0 || mesh?.state.isolated !== undefined || mesh?.state.settled === false) return [];
  const nodes = new Map((evidence.state.kube?.apiServers ?? []).map(({ address, node }) => [address, node]));
  const looking = lookersOf(evidence);
  return [...Map.groupBy(seen, ({ problem: { subject = '' } }) => subject)]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .flatMap(
      ([address, problems]) => sightOf(evidence, { address, node: nodes.get(address), problems, looking }) ?? [],
    );
}

/** A reader of the Nodes had an answer after that moment: some API server serves, known or not. */
export const wasReadSince = ({ now, state: { kube } }: Evidence, since: number): boolean =>
  kube?.roster?.isCurrent === true && now - kube.roster.ageMs > since + READ_LATE_MS;

interface Asked {
  readonly address: string;
  readonly node: string | undefined;
  readonly problems: readonly SeenProblem[];
  readonly looking: Lookers;
}

/** By node, the result of its check; nodes that could not look, or whose word is old, are not among them. */
type Lookers = ReadonlyMap<string, CheckResult>;

function lookersOf({ state: { nodes } }: Evidence): Lookers {
  const lookers = new Map<string, CheckResult>();
  for (const { report, elapsedMs, freshness } of nodes) {
    if (freshness === 'stale' || freshness === 'lagging') continue;
    const result = report.results.find(({ check }) => check === CHECK);
    if (result === undefined || (result.status !== 'ok' && result.status !== 'problem')) continue;
    if (isOverdue(result, elapsedMs, freshness === undefined ? 0 : travelAllowanceMs(report))) continue;
    lookers.set(report.node, result);
  }
  return lookers;
}

function sightOf(evidence: Evidence, { address, node, problems, looking }: Asked): ServerSight | undefined {
  const { mesh, now } = evidence;
  const heldMs = HELD_MS + Math.max(...problems.map(({ intervalMs }) => intervalMs));
  if (node !== undefined && mesh !== undefined && isComingOrGoing(mesh, node, heldMs)) return undefined;
  const home = homeOf(evidence, node, heldMs);
  if (home === undefined || (home === 'none' && isBack(evidence, address))) return undefined;
  const wayOf = (observer: string): Way => {
    if (mesh === undefined) return 'open';
    if (node !== undefined) return wayBetween(evidence, mesh, observer, node, heldMs);
    return wasAway(mesh, observer, heldMs) ? 'unclear' : 'open';
  };
  const byNode = new Map(problems.map((one) => [one.node, one]));
  const others = [...byNode.values()].filter((one) => one.node !== node);
  const failing = others.filter((one) => wayOf(one.node) === 'open');
  const names = new Set(others.map((one) => one.node));
  const since = Math.min(...failing.map(({ problem }) => problem.since));
  const without = [...looking].filter(([name]) => name !== node && !names.has(name) && wayOf(name) === 'open');
  const reaching = without.filter(([, { intervalMs }]) => now - since >= intervalMs + TOLD_MS).map(([name]) => name);
  return {
    address,
    ...(node !== undefined && { node }),
    home,
    failsAtHome: node !== undefined && byNode.has(node),
    failing,
    apart: others.filter((one) => wayOf(one.node) === 'broken'),
    reaching: reaching.sort(),
    verdict: verdictOf(evidence, { node, failing, reaching: reaching.length, without: without.length }),
  };
}

interface Counted {
  readonly node: string | undefined;
  readonly failing: readonly SeenProblem[];
  readonly reaching: number;
  /** How many of those that look say nothing of it, yet or at all. */
  readonly without: number;
}

function verdictOf(evidence: Evidence, { node, failing, reaching, without }: Counted): ServerSight['verdict'] {
  const [first, second] = failing;
  if (first === undefined) return 'open';
  if (reaching > 0) return 'some';
  // What nobody ever reached may be out of reach by intent, as where a load balancer stands before it.
  const wasReached = failing.some(({ problem }) => problem.reason === WAS_REACHED);
  // The word of one alone tells nothing of the server unless that one reaches its host.
  const isMore = second !== undefined || (node !== undefined && reachesHost(evidence, first.node, node));
  return wasReached && isMore && failing.length > without ? 'all' : 'open';
}

function reachesHost({ mesh }: Evidence, from: string, to: string): boolean {
  const { state } = mesh?.reports.get(from)?.edges?.to(to) ?? {};
  return state !== undefined && state !== 'lost';
}

/**
 * Its host is lost, leaves, comes or has not been here for long: what others do not find on it says nothing of its servers.
 *
 * @param heldMs how long what changed explains what is still said
 */
export function isComingOrGoing(mesh: MeshEvidence, node: string, heldMs: number): boolean {
  const { members, nowMs, state } = mesh;
  if (state.removing.some((one) => one.node === node && one.isAnnounced)) return true;
  const member = members.get(node);
  if (member === undefined) return false;
  const steadyMs = member.inComponent ? heldMs : heldMs + BOOTS_MS;
  if (nowMs - member.sinceMs < steadyMs) return true;
  if (nowMs - (member.connectedSinceMs ?? -Infinity) < heldMs) return true;
  return !member.inComponent && member.state !== 'agent-down' && member.state !== 'agent-unresponsive';
}

/** Undefined: it has said something else until a moment ago. */
function homeOf({ state, now }: Evidence, node: string | undefined, heldMs: number): Home | undefined {
  if (node === undefined) return 'none';
  const seen = state.nodes.find(({ report }) => report.node === node);
  // An agent that is down or stuck is in nobody's component: what it said is history.
  if (seen === undefined || seen.freshness === 'stale') return 'silent';
  const result = seen.report.results.find(({ check }) => check === 'apiserver');
  if (result?.status === 'problem') return 'fails';
  const allowanceMs = seen.freshness === undefined ? 0 : travelAllowanceMs(seen.report);
  if (result === undefined || isOverdue(result, seen.elapsedMs, allowanceMs)) return 'unknown';
  if (now - result.since < heldMs) return undefined;
  if (seen.freshness === 'lagging' || result.status === 'unknown') return 'unknown';
  return result.status === 'ok' ? 'works' : 'absent';
}

/** Somebody reaches it again since a moment ago: the others look at it one after the other. */
const isBack = (evidence: Evidence, address: string): boolean =>
  claimed(evidence, ADDRESS_CLAIMS).some(
    ({ endedMs, problem }) => endedMs !== undefined && problem.subject === address,
  );

/** What cut it off from here may have cut it off from the server. */
const wasAway = ({ members, nowMs }: MeshEvidence, name: string, heldMs: number): boolean =>
  nowMs - (members.get(name)?.connectedSinceMs ?? -Infinity) < heldMs;

/** `unclear`: it is, or was a moment ago, another one. */
type Way = 'open' | 'broken' | 'unclear';

function wayBetween(evidence: Evidence, mesh: MeshEvidence, from: string, to: string, heldMs: number): Way {
  const isPair = (one: string, other: string): boolean =>
    (one === from && other === to) || (one === to && other === from);
  if (evidence.links.some(({ one, other }) => isPair(one, other))) return 'broken';
  const { reports, nowMs } = mesh;
  if (wasAway(mesh, from, heldMs)) return 'unclear';
  const edges = [
    [from, to],
    [to, from],
  ].flatMap(([end = '', peer = '']) => {
    const report = reports.get(end);
    const edge = report?.freshness === 'stale' ? undefined : report?.edges?.to(peer);
    return edge === undefined || edge.sampled === true ? [] : edge;
  });
  const isUnclear = edges.some(({ state, sinceMs, hindered }) => {
    const steadyMs = isReachable(state) ? heldMs : heldMs + BOOTS_MS;
    return state === 'lost' || hindered === true || nowMs - sinceMs < steadyMs;
  });
  return isUnclear ? 'unclear' : 'open';
}
