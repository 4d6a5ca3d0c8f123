/**
 * From what the observers state of a member to what is said of it (design section 6, "Verdict").
 *
 * One observer is never enough where there are others: it may itself be the broken one (Lifeguard, Dadgar et al., 2018).
 * Agreement of most of the K observers, and waiting until the losses of one fault have all come in, is Rapid's cut
 * detection (USENIX ATC '18, section 4.2) without its consensus: every agent answers for its own view.
 */
import type { EdgeState, Testimony } from '../../model/member.ts';

/**
 * - `nothing`: nobody states anything
 * - `fine`: every observer reaches it
 * - `doubt`: an observer does not, and no verdict follows
 * - `lost`: most observers lost it; a verdict after waiting
 * - `agent-down`, `agent-unresponsive`: a verdict at once
 */
export type Weight = 'nothing' | 'fine' | 'doubt' | 'lost' | 'agent-down' | 'agent-unresponsive';

/** In a component of two or less there is one observer only. */
const ENOUGH_FOR_TWO = 3;

/**
 * - `agent-down`, `agent-unresponsive`: at least two observers (one where the component has less than three members)
 *   state that the host refuses or that the agent is silent, and none that it is good. The larger number names it. The
 *   host answered, so this outranks any number of `lost`.
 * - `lost`: more than half of the observers, and at least two where the component has three members or more.
 * - `udp-blocked` counts as good: the agent answered over TCP. That a path drops UDP is a fact about the path.
 */
export function weigh(testimony: readonly Testimony[], componentSize: number): Weight {
  if (testimony.length === 0) return 'nothing';
  const count = (state: EdgeState): number => testimony.filter((one) => one.state === state).length;
  const [refused, unresponsive, lost] = [count('refused'), count('unresponsive'), count('lost')];
  const enough = componentSize < ENOUGH_FOR_TWO ? 1 : 2;
  if (refused + unresponsive + lost === 0) return 'fine';
  const isReached = refused + unresponsive + lost < testimony.length;
  if (refused + unresponsive >= enough && !isReached)
    return refused >= unresponsive ? 'agent-down' : 'agent-unresponsive';
  return lost >= enough && 2 * lost > testimony.length ? 'lost' : 'doubt';
}

/** Waits until the losses of one fault are in, so that members lost together are judged together. */
export interface Wave {
  /**
   * Somebody in my component lost an edge to this member just now. Once most have lost it, one more is no news: it must
   * not put off the verdict.
   */
  lossArrived(member: string, nowMs: number): void;
  /** Which of the members that most observers lost are to be judged now: all or none. */
  judge(candidates: readonly string[], nowMs: number): readonly string[];
  /** When `judge` is worth asking again; Infinity while nothing waits. */
  dueAtMs(): number;
  /** I was away: wait anew. */
  rearm(nowMs: number): void;
}

/** Observers see one fault up to a second apart, each later loss restarts the wait. */
const QUIET_MS = 500;
/** Losses that never end must not put off the verdict. */
const LONGEST_WAIT_MS = 2000;

export function createWave(): Wave {
  let firstMajorityMs: number | undefined;
  let lastLossMs = -Infinity;
  let waiting: ReadonlySet<string> = new Set();
  const dueAtMs = (): number =>
    firstMajorityMs === undefined
      ? Infinity
      : Math.min(Math.max(lastLossMs, firstMajorityMs) + QUIET_MS, firstMajorityMs + LONGEST_WAIT_MS);
  return {
    lossArrived(member, nowMs) {
      if (!waiting.has(member)) lastLossMs = nowMs;
    },
    judge(candidates, nowMs) {
      waiting = new Set(candidates);
      if (candidates.length === 0) {
        firstMajorityMs = undefined;
        return [];
      }
      firstMajorityMs ??= nowMs;
      if (nowMs < dueAtMs()) return [];
      firstMajorityMs = undefined;
      return candidates;
    },
    dueAtMs,
    rearm(nowMs) {
      if (firstMajorityMs !== undefined) firstMajorityMs = nowMs;
      lastLossMs = nowMs;
    },
  };
}
