/** What other nodes are heard to say of their containers. */
import type { LivenessWord } from '../../model/liveness.ts';

/** The latest report of another node. */
export interface HeardReport {
  readonly node: string;
  readonly words: readonly LivenessWord[];
  /** Its agent is not in my component. */
  readonly isStale: boolean;
  /** Since it was made, ms. */
  readonly elapsedMs: number;
}

/** At least: longer than an agent takes to be back. */
const KEPT_MS = 600_000;

/**
 * Of an agent that is away it still counts what it condemned, until that would have proven itself: else leave that was taken is
 * given again with each agent that is restarted.
 *
 * @param proofOf a run of the watch that is so old and does not fail is well, ms
 */
export const wordsHeard = (
  reports: readonly HeardReport[],
  proofOf: (watch: string) => number,
): { readonly node: string; readonly words: readonly LivenessWord[] }[] =>
  reports.flatMap(({ node, words, isStale, elapsedMs }) => {
    const isKept = ({ watch, condemned }: LivenessWord): boolean =>
      condemned > 0 && elapsedMs < Math.max(KEPT_MS, proofOf(watch));
    const kept = isStale ? words.filter(isKept).map((one) => ({ ...one, containers: 0, failing: 0 })) : words;
    return kept.length === 0 ? [] : [{ node, words: kept }];
  });
