/** My own edges: which members I probe, how often, and what I learn of them. */
import type { Edge, EdgeState } from '../../model/member.ts';
import { EdgeMachine } from './edge.ts';
import { DOUBTING_MS, NORMAL_MS, withinBudget } from './pace.ts';

export interface OwnEdges {
  /** Members to probe from now on. Others are probed for a while longer, strangers not at all. */
  aim(targets: ReadonlySet<string>, about: AimDeps, nowMs: number): void;
  get(peer: string): EdgeMachine | undefined;
  all(): Iterable<EdgeMachine>;
  /** Edges whose state differs from when this was asked last. */
  takeChanges(): readonly EdgeChange[];
  /** Members to look at by TCP now. */
  takeLooks(nowMs: number): readonly string[];
  /**
   * Peer → mean time between two probes, ms. The same Map while nothing changes.
   *
   * @param hurriedProbes an edge is probed four times a second until so many of its probes have ended
   */
  intervals(nowMs: number, hurriedProbes: number): ReadonlyMap<string, number>;
  views(): readonly Edge[];
}

export interface AimDeps {
  readonly isExpected: (name: string) => boolean;
  /** Others do not reach it. */
  readonly isDoubted: (name: string) => boolean;
}

export interface EdgeChange {
  readonly peer: string;
  /** Undefined: not known, before or now. */
  readonly from: EdgeState | undefined;
  readonly to: EdgeState | undefined;
}

/**
 * Who observes whom moves with every member that comes and goes. An edge that is no longer needed is kept for a while,
 * so that a member that flaps does not make its observers withdraw and restate what they see. It is kept while it is in
 * doubt and as long after its state changed, too: who loses many at once becomes the observer of all of them a moment
 * later, and would begin anew.
 */
const LINGER_MS = 10_000;

export function createOwnEdges(): OwnEdges {
  const edges = new Map<string, EdgeMachine>();
  const unneededSince = new Map<string, number>();
  const stated = new Map<string, EdgeState>();
  let intervals: ReadonlyMap<string, number> = new Map();
  return {
    aim(targets, { isExpected, isDoubted }, nowMs) {
      for (const peer of targets) {
        unneededSince.delete(peer);
        if (edges.has(peer)) continue;
        const edge = new EdgeMachine(peer, nowMs);
        if (isDoubted(peer)) edge.doubt(nowMs);
        edges.set(peer, edge);
      }
      for (const [peer, edge] of edges) {
        if (targets.has(peer)) continue;
        const since = unneededSince.get(peer) ?? nowMs;
        unneededSince.set(peer, since);
        const isNews = isInDoubt(edge) || nowMs - Math.max(since, edge.sinceMs) < LINGER_MS;
        if (isExpected(peer) && isNews) continue;
        edges.delete(peer);
        unneededSince.delete(peer);
      }
    },
    get: (peer) => edges.get(peer),
    all: () => edges.values(),
    takeChanges() {
      const changes: EdgeChange[] = [];
      for (const { peer, state: to } of edges.values()) {
        const from = stated.get(peer);
        if (from === to) continue;
        if (to === undefined) stated.delete(peer);
        else stated.set(peer, to);
        changes.push({ peer, from, to });
      }
      for (const [peer, from] of stated) {
        if (edges.has(peer)) continue;
        stated.delete(peer);
        changes.push({ peer, from, to: undefined });
      }
      return changes;
    },
    takeLooks(nowMs) {
      const looks: string[] = [];
      for (const edge of edges.values()) if (edge.takeLook(nowMs)) looks.push(edge.peer);
      return looks;
    },
    intervals(nowMs, hurriedProbes) {
      const next = plan([...edges.values()], nowMs, hurriedProbes);
      if (!isSame(intervals, next)) intervals = next;
      return intervals;
    },
    views: () => [...edges.values()].map((edge) => edge.view()),
  };
}

const isInDoubt = ({ state, misses }: EdgeMachine): boolean => state === 'good' && misses > 0;

function plan(edges: readonly EdgeMachine[], nowMs: number, hurriedProbes: number): ReadonlyMap<string, number> {
  const slow = edges.filter((edge) => edge.isSlow(nowMs)).length;
  return new Map(
    edges.map((edge) => {
      const intervalMs = Math.min(edge.intervalMs(nowMs), edge.tried < hurriedProbes ? DOUBTING_MS : Infinity);
      return [edge.peer, edge.isSlow(nowMs) ? withinBudget(intervalMs, slow) : Math.min(intervalMs, NORMAL_MS)];
    }),
  );
}

const isSame = (one: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>): boolean =>
  one.size === other.size && [...other].every(([peer, interval]) => one.get(peer) === interval);
