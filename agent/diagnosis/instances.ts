/** The instances of one part of the control plane: which of them work, and when none does. */
import type { ControlPlanePart } from '../model/control-plane.ts';
import type { Draft, Evidence, SeenProblem } from './rule.ts';
import { formatNames } from './words.ts';

export interface Instance {
  readonly node: string;
  /** `lost`: its host is. `unknown`: its agent does not say, or could not look. */
  readonly state: 'works' | 'fails' | 'lost' | 'unknown';
}

/** All that are known, dead or alive, by the name of their node. */
export function instancesOf({ state, roles, mesh, problems }: Evidence, part: ControlPlanePart): readonly Instance[] {
  const failing = new Set(
    problems.flatMap(({ node, check, endedMs }) => (check === part && endedMs === undefined ? [node] : [])),
  );
  const isMember = (node: string): boolean =>
    mesh === undefined || (mesh.members.get(node)?.state ?? 'left') !== 'left';
  return roles
    .having(part)
    .filter(isMember)
    .map((node) => {
      if (mesh?.lost.has(node) === true) return { node, state: 'lost' };
      if (failing.has(node)) return { node, state: 'fails' };
      const { report, freshness = 'current' } = state.nodes.find((one) => one.report.node === node) ?? {};
      const result = report?.results.find(({ check }) => check === part);
      return { node, state: freshness === 'current' && result?.status === 'ok' ? 'works' : 'unknown' };
    });
}

/** Each is positively out of order, and one at least on a host that lives: the loss of hosts is told as such. */
export const noneWorks = (instances: readonly Instance[]): boolean =>
  instances.some(({ state }) => state === 'fails') &&
  instances.every(({ state }) => state === 'fails' || state === 'lost');

/** Problems that are so now, by node. */
export const living = (seen: readonly SeenProblem[]): readonly SeenProblem[] =>
  seen.filter(({ endedMs }) => endedMs === undefined).sort((a, b) => (a.node < b.node ? -1 : 1));

/**
 * One finding of what is so on several nodes. It began with the last of them: until then one was left.
 *
 * @param drafts at least one
 */
export function together(drafts: readonly [Draft, ...Draft[]], what: string): Draft {
  const [first, ...others] = drafts;
  if (others.length === 0) return first;
  const nodes = drafts.map(({ node }) => node);
  return {
    ...first,
    nodes,
    sentence: `${what} on ${formatNames(nodes)}: ${first.sentence.replace(/^[^:]*: /, '')}`,
    since: Math.max(...drafts.map(({ since }) => since)),
    observers: nodes,
    evidence: drafts.flatMap(({ evidence }) => evidence),
  };
}
