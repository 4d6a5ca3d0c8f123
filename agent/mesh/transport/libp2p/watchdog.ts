/**
 * Finds connections that no longer carry broadcasts. gossipsub 17 opens its two streams when a peer is identified and
 * never again: a stream that is reset, overflows, gets a frame above the limit or goes with a second connection leaves
 * the peer deaf, mute or both while the connection lives. Identifying again opens what is missing on this side; where
 * that is not enough, the connection is closed, and whoever wants the peer dials it again.
 */
import type { Clock } from '../../../base/clock.ts';

const PERIOD_MS = 1000;
/** A new connection is left alone for so long: its streams open once both sides are identified. */
const GRACE_MS = 3000;
/** Looks in a row that find the streams broken, before we identify again and before we close. */
const STRIKES_TO_IDENTIFY = 1;
const STRIKES_TO_CLOSE = 3;

export interface WatchdogDeps {
  readonly clock: Clock;
  /** Connected peers with the age of their connection. */
  readonly peers: () => readonly { readonly peerId: string; readonly ageMs: number }[];
  readonly carriesBroadcasts: (peerId: string) => boolean;
  readonly identify: (peerId: string) => void;
  readonly close: (peerId: string) => void;
}

export interface Watchdog {
  stop(): void;
  /** Connections closed so far. */
  closed(): number;
}

export function createWatchdog(deps: WatchdogDeps): Watchdog {
  let strikes = new Map<string, number>();
  let closed = 0;
  const look = (): void => {
    const next = new Map<string, number>();
    for (const { peerId, ageMs } of deps.peers()) {
      if (ageMs < GRACE_MS || deps.carriesBroadcasts(peerId)) continue;
      const count = (strikes.get(peerId) ?? 0) + 1;
      if (count >= STRIKES_TO_CLOSE) {
        closed += 1;
        deps.close(peerId);
        continue;
      }
      next.set(peerId, count);
      if (count === STRIKES_TO_IDENTIFY) deps.identify(peerId);
    }
    strikes = next;
  };
  const stop = deps.clock.every(PERIOD_MS, look);
  return { stop, closed: () => closed };
}
