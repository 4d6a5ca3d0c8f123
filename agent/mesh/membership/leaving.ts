/** Members that go on purpose, and for how long being down is nobody's fault. */
import type { LeavingReason } from '../../model/member.ts';

export interface Leaving {
  readonly reason: LeavingReason;
  /** The life that ends. */
  readonly boot: number;
  readonly atMs: number;
}

/** After `leaving{restart}`: a rolling update pulls an image and starts the new agent. */
const RESTART_GRACE_MS = 120_000;
/** Otherwise: a killed agent is started anew by its kubelet, a host takes this long to go down. */
const GRACE_MS = 60_000;

/** How long a member's absence is expected after it said that it goes. Monotonic, ms. */
export const leavingGraceUntil = ({ reason, atMs }: Leaving): number =>
  atMs + (reason === 'restart' ? RESTART_GRACE_MS : GRACE_MS);

/** The same for a member that went down without a word. */
export const silentGraceUntil = (downSinceMs: number): number => downSinceMs + GRACE_MS;

/**
 * What `leaving` makes of a member now: `leaving` for as long as its absence is expected, `left` when it said that it
 * does not come back and is gone, undefined when the verdict counts again. A new boot ends it: it is back.
 */
export function leavingState(
  leaving: Leaving | undefined,
  { boot, inComponent, nowMs }: { boot: number; inComponent: boolean; nowMs: number },
): 'leaving' | 'left' | undefined {
  if (leaving === undefined || boot > leaving.boot) return undefined;
  if (leaving.reason === 'removed' && !inComponent) return 'left';
  return nowMs < leavingGraceUntil(leaving) ? 'leaving' : undefined;
}
