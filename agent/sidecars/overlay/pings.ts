/** Pings of one length to one address: which were answered. */
import type { OverlayPings } from '../../../checks/types.ts';

export interface Pings {
  /**
   * The next one goes out now.
   *
   * @param wasHeldUp this process did not run as it should since the last one, which therefore says nothing
   */
  begin(nonce: string, nowMs: number, wasHeldUp: boolean): void;
  /** The round trip in ms, or undefined for an echo of nothing. */
  take(nonce: string, nowMs: number): number | undefined;
  /** The last one was not answered, yet. */
  isOpen(): boolean;
  figures(): OverlayPings;
}

/** An answer that takes longer is none. */
const LATEST_MS = 10_000;
const KEPT = 5;
const WINDOW = 10;

export function createPings(): Pings {
  /** By nonce, the oldest first: when it went out, monotonic ms. */
  const open = new Map<string, number>();
  let last: string | undefined;
  let misses = 0;
  let window: readonly boolean[] = [];
  const note = (isAnswered: boolean): void => {
    window = [...window, isAnswered].slice(-WINDOW);
  };
  return {
    begin(nonce, nowMs, wasHeldUp) {
      if (last !== undefined && !wasHeldUp) {
        misses += 1;
        note(false);
      }
      last = nonce;
      open.set(nonce, nowMs);
      for (const oldest of open.keys()) if (open.size > KEPT) open.delete(oldest);
    },
    take(nonce, nowMs) {
      const sentAt = open.get(nonce);
      if (sentAt === undefined) return undefined;
      open.delete(nonce);
      if (nowMs - sentAt > LATEST_MS) return undefined;
      misses = 0;
      if (nonce === last) {
        last = undefined;
        note(true);
      }
      return nowMs - sentAt;
    },
    isOpen: () => last !== undefined,
    figures: () => ({ misses, lost: window.filter((isAnswered) => !isAnswered).length, sent: window.length }),
  };
}
