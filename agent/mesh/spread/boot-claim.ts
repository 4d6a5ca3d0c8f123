/** Asks the neighbours which boot of this agent they have seen, before it says anything under a new one. */
import type { Clock } from '../../base/clock.ts';

export interface BootClaim {
  /** A neighbour holds this boot of ours; 0: none. */
  held(boot: number): void;
  /** An exchange is over. */
  done(): void;
  /** The highest boot that any neighbour holds; undefined: nobody answered in time. */
  highest(): Promise<number | undefined>;
}

export interface BootClaimDeps {
  readonly clock: Clock;
  /** Exchanges under way. */
  readonly underWay: () => number;
  /** The highest own boot in the own book, where neighbours bring what they hold. */
  readonly ownBook: () => number;
}

/** Longer than that nobody waits for a cluster that may be gone. */
export const CLAIM_MS = 3000;

export function createBootClaim({ clock, underWay, ownBook }: BootClaimDeps): BootClaim {
  let heard: number | undefined;
  let finished = false;
  const waiting = new Set<() => void>();
  /** The first answers are enough: whoever is asked has asked others before. */
  const isSettled = (): boolean => finished && heard !== undefined && underWay() === 0;
  const answer = (): number | undefined => (heard === undefined ? undefined : Math.max(heard, ownBook()));
  return {
    held: (boot) => void (heard = Math.max(heard ?? 0, boot)),
    done() {
      finished = true;
      // The exchange is off the list of those under way a moment later.
      clock.after(0, () => {
        if (isSettled()) for (const settle of waiting) settle();
      });
    },
    highest() {
      if (isSettled()) return Promise.resolve(answer());
      return new Promise((resolve) => {
        const settle = (): void => {
          cancel();
          waiting.delete(settle);
          resolve(answer());
        };
        const cancel = clock.after(CLAIM_MS, settle);
        waiting.add(settle);
      });
    },
  };
}
