/**
 * The overlay as far as it is told. Reports carry what the check `overlay` found broken and not what it found well: of
 * other nodes only bad paths are known one by one, of the node that answers all that it pings.
 */
import type { ClusterState } from '../model/cluster-state.ts';
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
  if (status !== 'problem' && !stale && name !== self) return [{ responder, links: [] }];
  const broken = problems.flatMap((problem) => brokenLink(name, problem, stale));
  return [{ responder, links: name === self ? withMeasured(name, view, broken) : broken }];
}

function brokenLink(from: string, { reason, subject, since }: RaisedProblem, stale: boolean): ApiLink[] {
  const path = PATHS[reason];
  if (path === undefined || subject === undefined) return [];
  return [{ from, to: subject, ...path, since: toInstant(since), ...(stale && { stale }) }];
}

/** Readings with a subject stay on their node: of its own paths this agent has all. One of which no ping was answered is not known. */
function withMeasured(from: string, { result, status }: CheckView, broken: readonly ApiLink[]): ApiLink[] {
  if (status === 'unknown' || status === 'absent') return [];
  const told = new Map(broken.map((link) => [link.to, link]));
  const isCutOff = result.problems.some(({ reason }) => reason === CUT_OFF);
  const round = new Map(
    result.readings.flatMap(({ name, subject = '', value }) => (name === 'rtt_seconds' ? [[subject, value]] : [])),
  );
  return result.readings
    .filter(({ name, subject }) => name === 'loss_ratio' && subject !== undefined)
    .map(({ subject: to = '', value: lossRatio }): ApiLink => {
      const rttSeconds = round.get(to);
      const link = told.get(to) ?? { from, to, since: toInstant(result.since) };
      const state = link.state ?? (isCutOff ? 'lost' : lossRatio < 1 ? 'good' : undefined);
      return {
        ...link,
        ...(state !== undefined && { state }),
        ...(rttSeconds !== undefined && lossRatio < 1 && { rttSeconds: Math.round(rttSeconds * 1e6) / 1e6 }),
        lossRatio,
      };
    });
}
