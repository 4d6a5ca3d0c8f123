/**
 * A member that goes down and comes back again and again is one fact, not a stream of them. Serf reported 672 failures of
 * four frozen agents in two minutes; an operator needs to be told once.
 */
import type { Flapping } from '../../model/member.ts';

export interface FlappingWatch {
  /**
   * The member went down just now.
   *
   * @param isOwn asked later: whether that was of this member alone
   */
  fell(nowMs: number, isOwn: () => boolean): void;
  /** Undefined while it is steady. */
  state(nowMs: number): Flapping | undefined;
  /** When it counts as steady again, if nothing happens; Infinity when it is. */
  endsAtMs(nowMs: number): number;
}

/** One restart that fails and one more is a bad start; a third time is a habit. */
const FALLS = 3;
export const WINDOW_MS = 120_000;
/** So long without falling is steady: twice the pause between falls that still counts as a habit. */
const STEADY_AFTER_MS = 60_000;

export function createFlappingWatch(): FlappingWatch {
  let falls: { readonly atMs: number; readonly isOwn: () => boolean }[] = [];
  const state = (nowMs: number): Flapping | undefined => {
    // As of nearly all; thousands are asked.
    if (falls.length === 0) return undefined;
    falls = falls.filter(({ atMs }) => nowMs - atMs < WINDOW_MS);
    const [first] = falls;
    const last = falls.at(-1);
    if (falls.length < FALLS || first === undefined || last === undefined) return undefined;
    if (nowMs - last.atMs >= STEADY_AFTER_MS) return undefined;
    const own = falls.filter(({ isOwn }) => isOwn());
    return { falls: falls.length, sinceMs: first.atMs, isOwn: own.length >= FALLS };
  };
  return {
    fell(atMs, isOwn) {
      falls.push({ atMs, isOwn });
    },
    state,
    endsAtMs: (nowMs) => (state(nowMs) === undefined ? Infinity : (falls.at(-1)?.atMs ?? nowMs) + STEADY_AFTER_MS),
  };
}
