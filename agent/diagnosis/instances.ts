/** The instances of one part of the control plane: which of them work, and when none does. */
import type { ControlPlanePart } from '../model/control-plane.ts';
import { compare } from './in-order.ts';
import type { Draft, Evidence, SeenProblem } from './rule.ts';
import { formatNames } from './words.ts';

export interface Instance {
  readonly node: string;
  /** `lost`: its host is. `unknown`: its agent does not say, or could not look. */
  readonly state: 'works' | 'fails' | 'lost' | 'unknown';
}

/**
 * All that are known, dead or alive, by the name of their node. A control-plane node that does not tell may have one: it has
 * no agent, or one that does not look at this.
 *
 * @param alsoFailing nodes whose instance fails by the word of others
 */
export function instancesOf(
  evidence: Evidence,
  part: ControlPlanePart,
  alsoFailing: ReadonlySet<string> = new Set(),
): readonly Instance[] {
  const { state, roles, mesh, problems } = evidence;
  const failing = new Set(
    problems.flatMap(({ node, check, endedMs }) => (check === part && endedMs === undefined ? [node] : [])),
  );
  const isMember = (node: string): boolean =>
    mesh === undefined || (mesh.members.get(node)?.state ?? 'left') !== 'left';
  const having = new Set(roles.having(part));
  const nodes = [...new Set([...having, ...roles.controlPlane])].filter(isMember).sort();
  return nodes.flatMap((node): Instance[] => {
    const { report, freshness = 'current' } = state.nodes.find((one) => one.report.node === node) ?? {};
    const result = report?.results.find(({ check }) => check === part);
    if (!having.has(node) && result?.status === 'absent') return [];
    if (mesh?.lost.has(node) === true) return [{ node, state: 'lost' }];
    if (failing.has(node) || alsoFailing.has(node)) return [{ node, state: 'fails' }];
    return [{ node, state: freshness === 'current' && result?.status === 'ok' ? 'works' : 'unknown' }];
  });
}

/** Each is positively out of order, and one at least on a host that lives: the loss of hosts is told as such. */
export const noneWorks = (instances: readonly Instance[]): boolean =>
  instances.some(({ state }) => state === 'fails') &&
  instances.every(({ state }) => state === 'fails' || state === 'lost');

/** When the last of them came. */
export const lastSince = (seen: readonly SeenProblem[]): number =>
  Math.max(...seen.map(({ problem }) => problem.since));

/** Problems that are so now, by node. */
export const living = (seen: readonly SeenProblem[]): readonly SeenProblem[] =>
  seen.filter(({ endedMs }) => endedMs === undefined).sort((a, b) => compare(a.node, b.node));

/** Whoever restarts or upgrades a part of the cluster takes it away for less, and starts the next one when it is back. */
export const RESTART_MS = 30_000;

/** Of what may be away for a moment, as one of several of which another serves: only an info until it has lasted longer than a restart. */
export const orRestart = (draft: Draft, now: number): Draft =>
  now - draft.since < RESTART_MS ? { ...draft, severity: 'info' } : draft;

/** How an instance fails, by the end of its reason's name. */
const FAILURES = { Down: 'is down', Hung: 'does not answer', Unhealthy: 'is not healthy' } as const;

/** What a check says of an instance that does not work: `apiserver/ApiserverDown` and so on. */
export const failuresOf = (check: ControlPlanePart, name: string): string[] =>
  Object.keys(FAILURES).map((suffix) => `${check}/${name}${suffix}`);

/** `is down`. */
export const howItFails = ({ problem }: SeenProblem): string =>
  Object.entries(FAILURES).find(([suffix]) => problem.reason.endsWith(suffix))?.[1] ?? 'does not work';

/** One that fails. */
export interface Failing {
  /** Of it alone. */
  readonly draft: Draft;
  /** `is down`. */
  readonly how: string;
}

/**
 * One finding that none works. It began with the last of them: until then one was left.
 *
 * @param failing at least one
 * @param what is so for all: `No API server serves`
 */
export function noneOf(failing: readonly [Failing, ...Failing[]], instances: readonly Instance[], what: string): Draft {
  const [{ draft: first }] = failing;
  if (instances.length < 2) return first;
  const drafts = failing.map(({ draft }) => draft);
  const nodes = drafts.map(({ node }) => node);
  const lost = instances.flatMap(({ node, state }) => (state === 'lost' ? [{ node, how: 'is lost' }] : []));
  const all = [...failing.map(({ draft: { node }, how }) => ({ node, how })), ...lost];
  const parts = [...Map.groupBy(all, ({ how }) => how)].map(([how, those]) =>
    sayOf(
      those.map(({ node }) => node),
      how,
    ),
  );
  const sinces = drafts.map(({ since }) => since);
  return {
    ...first,
    ...(nodes.length > 1 && { nodes }),
    sentence: `${what} as seen from here: ${parts.join(', ')}`,
    since: Math.max(...sinces),
    beganWith: Math.min(...sinces),
    observers: nodes,
    evidence: drafts.flatMap(({ evidence }) => evidence),
    next: [...new Set(drafts.flatMap(({ next }) => next))],
  };
}

/** `that on m1 is down`, `those on m1 and m2 do not answer`. */
const sayOf = (nodes: readonly string[], how: string): string =>
  nodes.length === 1
    ? `that on ${formatNames(nodes)} ${how}`
    : `those on ${formatNames(nodes)} ${how.replace(/^is /, 'are ').replace(/^does /, 'do ')}`;
