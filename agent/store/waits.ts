/** What was asked of the store process and has not come back, by kind. */

export type WaitKind = 'open' | 'batch' | 'publish' | 'probe';

export interface Waits {
  begin(kind: WaitKind): void;
  end(kind: WaitKind): void;
  has(kind: WaitKind): boolean;
  /** Milliseconds since the oldest of these kinds was asked for; 0 when nothing is waited for. */
  longestMs(kinds?: readonly WaitKind[]): number;
  /** The agent itself was late by that much: nobody could have been heard meanwhile. */
  forgive(lateMs: number): void;
  clear(): void;
}

export function createWaits(monotonic: () => number): Waits {
  const since = new Map<WaitKind, number>();
  return {
    begin: (kind) => void since.set(kind, monotonic()),
    end: (kind) => void since.delete(kind),
    has: (kind) => since.has(kind),
    longestMs(kinds) {
      const now = monotonic();
      const chosen = [...since].filter(([kind]) => kinds === undefined || kinds.includes(kind));
      return Math.max(0, ...chosen.map(([, at]) => now - at));
    },
    forgive(lateMs) {
      for (const [kind, at] of since) since.set(kind, at + lateMs);
    },
    clear: () => since.clear(),
  };
}
