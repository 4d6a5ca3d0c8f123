/** Something is missing here that others have: one look for it, soon, however many say so. */
import type { Clock } from '../../base/clock.ts';

export interface Gaps {
  /** @param peerIds who should have it, the likeliest first */
  notice(peerIds: readonly string[]): void;
  stop(): void;
}

/** At most one look in this time. */
const EVERY_MS = 1000;
/** What is missing is often under way. */
const WAIT_MS = 100;

export function createGaps(
  look: (peerIds: readonly string[]) => void,
  { clock, random }: { readonly clock: Clock; readonly random: () => number },
): Gaps {
  let lookedAt = -Infinity;
  let cancel: (() => void) | undefined;
  return {
    notice(peerIds) {
      if (cancel !== undefined) return;
      const now = clock.monotonic();
      const delayMs = Math.max(WAIT_MS * (1 + random()), lookedAt + EVERY_MS - now);
      cancel = clock.after(delayMs, () => {
        cancel = undefined;
        lookedAt = clock.monotonic();
        look(peerIds);
      });
    },
    stop() {
      cancel?.();
      cancel = undefined;
    },
  };
}
