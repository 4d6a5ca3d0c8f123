/**
 * Times in which members were not reachable, and which are over: what a partition or a restart looked like, once both
 * sides can tell. All times here are on the monotonic clock.
 */
import type { Clock } from '../../base/clock.ts';
import type { Member } from '../../model/member.ts';
import type { Outage } from '../../model/mesh-state.ts';
import type { MembershipStep } from '../membership/step.ts';
import type { Period } from './lost-by.ts';

export interface Outages {
  note(step: Pick<MembershipStep, 'members' | 'isolation' | 'settled'>): void;
  /** This agent ran before, and was last heard of then. */
  wasAway(sinceMs: number): void;
  /** Of the last 15 minutes. What the logs of others say is asked each time: they may come later. */
  list(originMs: number): readonly Outage[];
}

export interface OutagesDeps {
  readonly self: string;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** As they were when this agent ran last. */
  readonly recalled: ReadonlyMap<string, Pick<Member, 'state' | 'sinceMs'>>;
  /** Members that the node says it lost meanwhile, by its own event log. */
  readonly lostBy: (node: string, period: Period) => readonly string[];
  /** When the node's host booted, as its agent said at `saidMs`. */
  readonly bootOf: (node: string) => { readonly bootedMs: number; readonly saidMs: number } | undefined;
}

const KEPT_MS = 15 * 60_000;
const MAX_KEPT = 1000;

interface Open {
  readonly node: string;
  readonly fromMs: number;
  readonly observers: readonly string[];
  /** Who stayed here while the node was away. What it says of these makes it a cut. */
  readonly side: Set<string>;
}

interface Over extends Omit<Open, 'side'> {
  readonly toMs: number;
  readonly side: ReadonlySet<string>;
  bootedMs?: number;
}

export function createOutages(deps: OutagesDeps): Outages {
  const { self, clock } = deps;
  const startedMs = clock.monotonic();
  const open = openFrom(deps);
  let over: readonly Over[] = [];
  let seen: readonly Member[] | undefined;
  let wasIsolated = false;

  const begin = ({ name, state, sinceMs, testimony }: Member, members: readonly Member[]): void => {
    const observers = testimony.filter((one) => one.state === 'lost').map(({ observer }) => observer);
    const side = members.filter(({ inComponent }) => inComponent).map((member) => member.name);
    const fromMs = state === 'unreachable' ? sinceMs : clock.monotonic();
    open.set(name, { node: name, fromMs, observers, side: new Set([self, ...side]) });
    // Whoever is lost meanwhile was not on this side.
    for (const span of open.values()) for (const node of open.keys()) span.side.delete(node);
  };
  const end = (span: Open): void => {
    open.delete(span.node);
    over = [...over, { ...span, toMs: clock.monotonic() }].slice(-MAX_KEPT);
  };

  return {
    note({ members, isolation, settled }) {
      const isIsolated = isolation === 'self';
      // What was known before the start is no news of now, and an old report may lead to who is gone.
      if (!settled || (members === seen && isIsolated === wasIsolated)) return;
      [seen, wasIsolated] = [members, isIsolated];
      if (open.size > 0) dropRemoved(open, members);
      for (const member of members) {
        const span = open.get(member.name);
        if (span === undefined && isGone(member, isIsolated)) begin(member, members);
        else if (span !== undefined && member.state === 'alive' && member.judged) end(span);
        else if (member.state === 'left') open.delete(member.name);
      }
    },
    wasAway(sinceMs) {
      const none = { observers: [], side: new Set<string>() };
      over = [...over, { ...none, node: self, fromMs: Math.min(sinceMs, startedMs), toMs: startedMs }];
    },
    list(originMs) {
      const now = clock.monotonic();
      over = over.filter(({ toMs }) => now - toMs <= KEPT_MS);
      return over.map((span) => describe(span, originMs, deps));
    },
  };
}

/** Whoever was removed from the cluster does not come back from an outage. */
function dropRemoved(open: Map<string, Open>, members: readonly Member[]): void {
  const names = new Set(members.map(({ name }) => name));
  for (const name of open.keys()) if (!names.has(name)) open.delete(name);
}

/** Whom nobody reaches; while this node is cut off from everybody, nobody is blamed, and yet nobody is reached. */
const isGone = ({ state, inComponent }: Member, isIsolated: boolean): boolean =>
  state === 'unreachable' || (isIsolated && state === 'suspect' && !inComponent);

function openFrom({ self, recalled }: OutagesDeps): Map<string, Open> {
  const lost = [...recalled].filter(([name, { state }]) => state === 'unreachable' && name !== self);
  const rest = [...recalled].filter(([, { state }]) => state === 'alive' || state === 'suspect');
  const side = [self, ...rest.map(([name]) => name)];
  return new Map(
    lost.map(([node, { sinceMs }]) => [node, { node, fromMs: sinceMs, observers: [], side: new Set(side) }]),
  );
}

function describe(span: Over, originMs: number, { self, lostBy, bootOf }: OutagesDeps): Outage {
  const { node, fromMs, toMs, observers, side } = span;
  // An older report tells of the boot before.
  const boot = span.bootedMs === undefined ? bootOf(node) : undefined;
  if (boot !== undefined && boot.saidMs >= toMs) span.bootedMs = boot.bootedMs;
  const instant = (ms: number): number => Math.round(originMs + ms);
  return {
    node,
    from: instant(fromMs),
    to: instant(toMs),
    observers: observers.length > 0 ? observers : [self],
    lostByItself: node === self ? [] : lostBy(node, { fromMs, toMs }).filter((name) => side.has(name)),
    ...(span.bootedMs !== undefined && { bootedAt: instant(span.bootedMs) }),
  };
}
