/** Whether what an agent finds may be told, and to how many agents it speaks for: from all that it knows. */
import type { ClusterState } from '../model/cluster-state.ts';
import type { Diagnosis } from '../model/finding.ts';
import type { Around } from './desk.ts';
import { presentIn } from './ranks.ts';

export interface AroundOptions {
  /** It should talk to others. */
  readonly isMeshed: boolean;
  /** It was paused a moment ago. */
  readonly isCatchingUp: boolean;
  /** Since this agent started, ms. */
  readonly runningMs: number;
  /** Unix ms. */
  readonly now: number;
}

/** Notes of others, and what they see, are here by then. */
const QUIET_MS = 30_000;
/** Who cannot join the others for so long speaks for itself: nobody else hears of what is wrong there. */
const ALONE_MS = 300_000;

/** @param state asked when something is to be told, or has ended */
export function aroundIn(diagnosis: Diagnosis, state: () => ClusterState, options: AroundOptions): Around {
  let asked: ClusterState | undefined;
  const known = (): ClusterState => (asked ??= state());
  let visible: ReadonlySet<string> | undefined;
  let there: readonly string[] | undefined;
  return {
    diagnosis,
    isBlind: !diagnosis.view.settled || options.isCatchingUp,
    paused: () => whyPaused(known(), diagnosis, options),
    present: () => (there ??= presentIn(known().self, known().mesh?.members ?? [])),
    isVisible(node) {
      visible ??= blindSpotsIn(known());
      return !visible.has(node);
    },
    view: () => viewOf(known()),
  };
}

function whyPaused(
  { mesh, meshFault }: ClusterState,
  { view }: Diagnosis,
  { isMeshed, isCatchingUp, runningMs, now }: AroundOptions,
): string | undefined {
  if (runningMs < QUIET_MS) return 'this agent has just started';
  if (isCatchingUp) return 'this agent was paused a moment ago';
  if (meshFault !== undefined && now - meshFault.since < ALONE_MS)
    return `this agent cannot talk to others: ${meshFault.why}`;
  if (!view.settled || (isMeshed && mesh === undefined && meshFault === undefined))
    return 'this agent has not joined the others yet';
  return mesh?.isolated === undefined ? undefined : 'this node is cut off from everybody';
}

/** Members of whom nothing current is known; whoever is no member any more is none of them. */
function blindSpotsIn({ self, mesh, nodes }: ClusterState): ReadonlySet<string> {
  const current = new Set(
    nodes.flatMap(({ report, freshness = 'current' }) => (freshness === 'current' ? [report.node] : [])),
  );
  return new Set(
    (mesh?.members ?? []).flatMap(({ name, state }) =>
      name !== self && state !== 'left' && !current.has(name) ? [name] : [],
    ),
  );
}

function viewOf({ self, mesh }: ClusterState): { readonly members: number; readonly known: number } {
  const members = (mesh?.members ?? []).filter(({ state }) => state !== 'left');
  return {
    members: presentIn(self, members).length,
    known: Math.max(1, members.length + (members.some(({ name }) => name === self) ? 0 : 1)),
  };
}
