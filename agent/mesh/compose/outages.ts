/**
 * Times in which members were not reachable, and which are over: what a partition or a restart looked like, once both
 * sides can tell. All times here are on the monotonic clock.
 */
import type { Clock } from '../../base/clock.ts';
import type { Member } from '../../model/member.ts';
import type { Outage } from '../../model/mesh-state.ts';
import type { MembershipStep } from '../membership/step.ts';
import type { Period } from './lost-by.ts';
import { type Start, createSides } from './sides.ts';

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
  /** What it began with. Thousands are lost at once, and share it. */
  readonly start: Start;
}

interface Over extends Omit<Open, 'start'> {
  readonly toMs: number;
  /** Whether the member stayed here while the node was away. What the node says of these makes it a cut. */
  readonly stayed: (name: string) => boolean;
  bootedMs?: number;
}

export function createOutages(deps: OutagesDeps): Outages {
  const { self, clock } = deps;
  const startedMs = clock.monotonic();
  const sides = createSides([self, ...deps.recalled.keys()]);
  const open = openFrom(deps, sides.begin(recalledOutside(deps)));
  for (const name of open.keys()) sides.lost(name);
  let over: readonly Over[] = [];
  let seen: readonly Member[] | undefined;
  let wasIsolated = false;

  const begin = ({ name, state, sinceMs, testimony }: Member, start: Start): void => {
    const observers = testimony.filter((one) => one.state === 'lost').map(({ observer }) => observer);
    const fromMs = state === 'unreachable' ? sinceMs : clock.monotonic();
    open.set(name, { node: name, fromMs, observers, start });
    sides.lost(name);
  };
  const close = (name: string): void => {
    if (open.delete(name)) sides.back(name);
  };
  const keep = (ended: readonly Open[]): void => {
    if (ended.length === 0) return;
    const toMs = clock.monotonic();
    const stayedSince = sides.end();
    over = [...over, ...ended.map(({ start, ...span }) => ({ ...span, toMs, stayed: stayedSince(start) }))].slice(
      -MAX_KEPT,
    );
  };
  const dropRemoved = (members: readonly Member[]): void => {
    const names = new Set(members.map(({ name }) => name));
    // Whoever was removed from the cluster does not come back from an outage.
    for (const name of open.keys()) if (!names.has(name)) close(name);
    sides.expect(names);
  };

  return {
    note({ members, isolation, settled }) {
      const isIsolated = isolation === 'self';
      // What was known before the start is no news of now, and an old report may lead to who is gone.
      if (!settled || (members === seen && isIsolated === wasIsolated)) return;
      [seen, wasIsolated] = [members, isIsolated];
      dropRemoved(members);
      let start: Start | undefined;
      const ended: Open[] = [];
      for (const member of members) {
        const span = open.get(member.name);
        if (span === undefined && isGone(member, isIsolated))
          begin(member, (start ??= sides.begin(outsideOf(members))));
        else if (span !== undefined && member.state === 'alive' && member.judged) {
          close(member.name);
          ended.push(span);
        } else if (member.state === 'left') close(member.name);
      }
      keep(ended);
    },
    wasAway(sinceMs) {
      const none = { observers: [], stayed: () => false };
      over = [...over, { ...none, node: self, fromMs: Math.min(sinceMs, startedMs), toMs: startedMs }];
    },
    list(originMs) {
      const now = clock.monotonic();
      over = over.filter(({ toMs }) => now - toMs <= KEPT_MS);
      return over.map((span) => describe(span, originMs, deps));
    },
  };
}

/** Whom nobody reaches; while this node is cut off from everybody, nobody is blamed, and yet nobody is reached. */
const isGone = ({ state, inComponent }: Member, isIsolated: boolean): boolean =>
  state === 'unreachable' || (isIsolated && state === 'suspect' && !inComponent);

const outsideOf = (members: readonly Member[]): string[] =>
  members.flatMap(({ name, inComponent }) => (inComponent ? [] : name));

const recalledOutside = ({ self, recalled }: OutagesDeps): string[] =>
  [...recalled].flatMap(([name, { state }]) => (name === self || state === 'alive' || state === 'suspect' ? [] : name));

function openFrom({ self, recalled }: OutagesDeps, start: Start): Map<string, Open> {
  const lost = [...recalled].filter(([name, { state }]) => state === 'unreachable' && name !== self);
  return new Map(lost.map(([node, { sinceMs }]) => [node, { node, fromMs: sinceMs, observers: [], start }]));
}

function describe(span: Over, originMs: number, { self, lostBy, bootOf }: OutagesDeps): Outage {
  const { node, fromMs, toMs, observers, stayed } = span;
  // An older report tells of the boot before.
  const boot = span.bootedMs === undefined ? bootOf(node) : undefined;
  if (boot !== undefined && boot.saidMs >= toMs) span.bootedMs = boot.bootedMs;
  const instant = (ms: number): number => Math.round(originMs + ms);
  return {
    node,
    from: instant(fromMs),
    to: instant(toMs),
    observers: observers.length > 0 ? observers : [self],
    lostByItself: node === self ? [] : lostBy(node, { fromMs, toMs }).filter(stayed),
    ...(span.bootedMs !== undefined && { bootedAt: instant(span.bootedMs) }),
  };
}
