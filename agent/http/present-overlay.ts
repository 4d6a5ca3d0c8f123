/**
 * The overlay as far as it is told: what the check `overlay` of each node found broken, and in a cluster that is not large
 * the figures of all paths that are pinged.
 */
import type { ClusterState } from '../model/cluster-state.ts';
import type { OverlayEdge } from '../model/member.ts';
import type { RaisedProblem } from '../model/report.ts';
import { type CheckView, viewChecks } from '../model/view.ts';
import type { ApiLink, ApiMatrix } from './contract/links.ts';
import { isPast } from './present-mesh.ts';
import { type KnownNode, knownNodes } from './present-nodes.ts';
import { toInstant } from './units.ts';

const CHECK = 'overlay';
const CUT_OFF = 'OverlayCutOff';
/** What a reason says of the way to its subject. */
const PATHS: Readonly<Record<string, Pick<ApiLink, 'state' | 'shortOnly'>>> = {
  OverlayPathBroken: { state: 'lost' },
  OverlayMtuBroken: { state: 'good', shortOnly: true },
};

type Responder = NonNullable<ApiMatrix['responders']>[number];

/** @param about only links from this node and to it */
export function presentOverlay(state: ClusterState, about?: string): ApiMatrix {
  const { self: node } = state;
  const known = knownNodes(state);
  const names = new Set(known.map(({ name }) => name));
  const seen = known.flatMap((one) => lookOf(one, node));
  const links = seen
    .flatMap(({ links: all }) => all)
    .filter(({ from, to }) => names.has(to) && (about === undefined || from === about || to === about));
  const shown = new Set(about === undefined ? names : [about, ...links.flatMap(({ from, to }) => [from, to])]);
  return {
    node,
    nodes: [...names].filter((name) => shown.has(name)),
    links,
    responders: seen.map(({ responder }) => responder).filter((one) => shown.has(one.node)),
  };
}

/** Nothing of a node that has no such check, or of which no report is held. */
function lookOf(one: KnownNode, self: string): { readonly responder: Responder; readonly links: ApiLink[] }[] {
  const { name, node } = one;
  const stale = isPast(one, self);
  const view =
    node && viewChecks(stale ? { ...node, freshness: 'stale' } : node).find(({ result }) => result.check === CHECK);
  if (view === undefined) return [];
  const { result, status } = view;
  const { problems, why, since } = result;
  const responder: Responder = {
    node: name,
    status,
    ...((status === 'problem' || stale) && problems.some(({ reason }) => reason === CUT_OFF) && { cutOff: true }),
    ...(why !== undefined && status !== 'ok' && { why }),
    since: toInstant(since),
    ...(stale && { stale }),
  };
  const broken = new Map(
    (status === 'problem' || stale ? problems : []).flatMap((problem) => {
      const link = brokenLink(name, problem, stale);
      return link === undefined ? [] : [[link.to, link] as const];
    }),
  );
  const measured = stale || status === 'unknown' || status === 'absent' ? [] : (node?.edges?.overlay() ?? []);
  const links = measured.map((edge) => withFigures(broken.get(edge.peer), edge, name, view));
  const unmeasured = [...broken.values()].filter(({ to }) => !measured.some(({ peer }) => peer === to));
  return [{ responder, links: [...links, ...unmeasured] }];
}

function brokenLink(from: string, { reason, subject, since }: RaisedProblem, stale: boolean): ApiLink | undefined {
  const path = PATHS[reason];
  if (path === undefined || subject === undefined) return undefined;
  return { from, to: subject, ...path, since: toInstant(since), ...(stale && { stale }) };
}

/** A path of which no ping was answered, and that its check does not call broken, is not known. */
function withFigures(
  broken: ApiLink | undefined,
  { peer: to, lossRatio, rttMs }: OverlayEdge,
  from: string,
  { result }: CheckView,
): ApiLink {
  const isCutOff = result.problems.some(({ reason }) => reason === CUT_OFF);
  const link = broken ?? { from, to, since: toInstant(result.since) };
  const state = link.state ?? (isCutOff ? 'lost' : lossRatio < 1 ? 'good' : undefined);
  return {
    ...link,
    ...(state !== undefined && { state }),
    ...(rttMs !== undefined && lossRatio < 1 && { rttSeconds: Math.round(rttMs * 1000) / 1e6 }),
    lossRatio: Math.round(lossRatio * 1000) / 1000,
  };
}
