/** Members that go on purpose, and for how long being down is nobody's fault. */
import type { LeavingReason, MemberState } from '../../model/member.ts';

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
 * What `leaving` makes of a verdict: `leaving` for as long as the absence is expected, `left` when the member said that
 * it does not come back and is gone, else the verdict itself.
 */
export function leavingState(
  leaving: Leaving | undefined,
  verdict: MemberState,
  { inComponent, nowMs }: { inComponent: boolean; nowMs: number },
): MemberState {
  if (leaving === undefined) return verdict;
  if (leaving.reason === 'removed' && !inComponent) return 'left';
  return nowMs < leavingGraceUntil(leaving) ? 'leaving' : verdict;
}

/**
 * True when what it said of leaving is over: it is alive by verdict in a newer life, or still here when it should be back.
 * The newer life alone is not enough: until the observers have probed again they still state how the old one ended.
 */
export const isBack = (leaving: Leaving, seenBoot: number, verdict: MemberState, nowMs: number): boolean =>
  verdict === 'alive' && (seenBoot > leaving.boot || nowMs >= leavingGraceUntil(leaving));
